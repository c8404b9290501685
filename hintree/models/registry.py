"""Any model by its name: on a server if that is a URL, else on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hintree.models.base import LanguageModel
from hintree.models.remote.address import is_address, parse_address

if TYPE_CHECKING:
    from hintree.models.remote.classifier import RemoteClassifier


def open_model(name: str, *, device: str = "auto", dtype: str = "auto") -> LanguageModel:
    """A language model by name: ``http://host:8000/v1#model-name``, or any that ``load_model`` takes.

    Raises:
        UsageError: The name has no accepted form, or the device or number format is not there.
        ModelError: It cannot be loaded or reached.
    """
    if is_address(name):
        from hintree.models.remote.model import RemoteModel

        return RemoteModel(name)
    from hintree.models.local.load import load_model

    return load_model(name, device=device, dtype=dtype)


def open_served(name: str) -> RemoteClassifier:
    """A token classifier on a server, by vLLM's ``/pooling`` or by label tokens; errors as for ``open_model``."""
    from hintree.models.remote.classifier import LabelTokens, Pooling

    return LabelTokens(name) if parse_address(name).labels else Pooling(name)
