"""Language models as machines: prompts in, tokens with their probabilities out. They know no tree and no role."""

from hintree.models.base import Classifier, Completion, LanguageModel, Piece, Prompt, Request, Scored, Usage
from hintree.models.heads import Head
from hintree.models.load import EMBEDDED, load_classifier, load_model, read_tokens

__all__ = [
    "EMBEDDED",
    "Classifier",
    "Completion",
    "Head",
    "LanguageModel",
    "Piece",
    "Prompt",
    "Request",
    "Scored",
    "Usage",
    "load_classifier",
    "load_model",
    "read_tokens",
]
