"""Language models as machines: prompts in, tokens with their probabilities out. They know no tree and no role."""

from hintree.models.address import is_address, parse_address
from hintree.models.base import Classifier, Completion, LanguageModel, Piece, Prompt, Reader, Request, Scored, Usage
from hintree.models.load import EMBEDDED, load_classifier, load_model
from hintree.models.open import open_classifier, open_model

__all__ = [
    "EMBEDDED",
    "Classifier",
    "Completion",
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
    "open_classifier",
    "open_model",
    "parse_address",
]
