"""Language models as machines: prompts in, tokens with their probabilities out. They know no tree and no role."""

from hintree.models.address import is_address, parse_address
from hintree.models.base import Classifier, Completion, LanguageModel, Piece, Prompt, Reader, Request, Scored, Usage
from hintree.models.heads import Head
from hintree.models.load import EMBEDDED, load_classifier, load_model, read_tokens
from hintree.models.open import open_model, open_served

__all__ = [
    "EMBEDDED",
    "Classifier",
    "Completion",
    "Head",
    "LanguageModel",
    "Piece",
    "Prompt",
    "Reader",
    "Request",
    "Scored",
    "Usage",
    "is_address",
    "load_classifier",
    "load_model",
    "open_model",
    "open_served",
    "parse_address",
    "read_tokens",
]
