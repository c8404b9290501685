"""Language models and classifiers: prompts in, tokens with their probabilities out, independent of trees and roles.

Names that need torch are imported on first use, so that commands which run no model start without it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from hintree.models.base import (
    Classifier,
    Completion,
    GenerationRequest,
    LanguageModel,
    Piece,
    Prompt,
    Scored,
    Span,
    SupportsLoglikelihood,
    Turn,
    Usage,
)
from hintree.models.head_spec import Head
from hintree.models.labels import LabelReading, SupportsLabels
from hintree.models.remote.address import is_address, parse_address
from hintree.models.vllm.name import is_vllm, parse_engine_name

if TYPE_CHECKING:
    from hintree.models.local.load import EMBEDDED, load_classifier, load_model
    from hintree.models.registry import open_model, open_served, open_vllm_classifier

_LAZY_MODULES = {
    "EMBEDDED": "local.load",
    "load_classifier": "local.load",
    "load_model": "local.load",
    "open_model": "registry",
    "open_served": "registry",
    "open_vllm_classifier": "registry",
}
__all__ = [
    "EMBEDDED",
    "Classifier",
    "Completion",
    "GenerationRequest",
    "Head",
    "LabelReading",
    "LanguageModel",
    "Piece",
    "Prompt",
    "Scored",
    "Span",
    "SupportsLabels",
    "SupportsLoglikelihood",
    "Turn",
    "Usage",
    "is_address",
    "is_vllm",
    "load_classifier",
    "load_model",
    "open_model",
    "open_served",
    "open_vllm_classifier",
    "parse_address",
    "parse_engine_name",
]


def __getattr__(name: str) -> Any:
    """Import a name that needs torch on first use."""
    if name not in _LAZY_MODULES:
        raise AttributeError(f"module 'hintree.models' has no attribute {name!r}")
    return getattr(import_module(f"hintree.models.{_LAZY_MODULES[name]}"), name)
