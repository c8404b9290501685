"""Open a model by its name: on a server if the name is a URL or a short name of one, else in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hintree.models.base import LanguageModel
from hintree.models.head_spec import Head
from hintree.models.remote.address import is_address, parse_address
from hintree.models.vllm.name import is_vllm

if TYPE_CHECKING:
    from hintree.models.remote.classifier import RemoteClassifier
    from hintree.models.vllm.classifier import AnyVLLMClassifier


def open_model(name: str, *, device: str = "auto", dtype: str = "auto") -> LanguageModel:
    """Open a language model by name.

    A name is ``http://host:8000/v1#model-name``, ``ollama:NAME``, ``lmstudio:NAME``, or any name that ``load_model``
    takes: ``embedded:NAME``, a folder, a hub id or a GGUF file. ``vllm:NAME`` runs on vLLM in this process.

    Args:
        name: Name of the model.
        device: Device of a local model, as in ``load_model``; ignored for a server.
        dtype: Number format of a local model, as in ``load_model``; ignored for a server. With "auto", a GGUF file runs
            on llama.cpp with the weights that it stores; any other format dequantizes them for transformers.

    Raises:
        UsageError: The name has no accepted form, or the device or number format is not available.
        ModelError: The model cannot be loaded or reached.
    """
    if is_address(name):
        from hintree.models.remote.likelihood import open_remote

        return open_remote(name)
    if is_vllm(name):
        from hintree.models.vllm.model import VLLMModel

        return VLLMModel(name, device=device, dtype=dtype)
    from hintree.models.local.gguf_header import is_gguf

    if dtype == "auto" and is_gguf(name):
        from hintree.models.llama_cpp.model import open_gguf

        if (model := open_gguf(name, device)) is not None:
            return model
    from hintree.models.local.load import load_model

    return load_model(name, device=device, dtype=dtype)


def open_vllm_classifier(name: str, head: Head, *, device: str = "auto", dtype: str = "auto") -> AnyVLLMClassifier:
    """Open a classifier on vLLM in this process, by the head that is read.

    Args:
        name: ``vllm:NAME``.
        head: Declaration of the head.
        device: As for ``open_model``.
        dtype: As for ``open_model``.

    Raises:
        UsageError: vLLM is not installed or has no such head, or an argument is not accepted.
        ModelError: The model cannot be loaded.
    """
    from hintree.models.vllm.classifier import VLLMClassifier, VLLMLabelTokens

    kind = VLLMLabelTokens if head.kind == "tokens" else VLLMClassifier
    return kind(name, head, device=device, dtype=dtype)


def open_served(name: str, *, needs_template: bool = False) -> RemoteClassifier:
    """Open a classifier on a server: vLLM's ``/pooling``, or label tokens if the name has labels.

    Args:
        name: Name of the model.
        needs_template: The model reads conversations, and cannot be read without its chat template.

    Raises:
        UsageError: The name has no accepted form, or names no model.
    """
    from hintree.models.remote.classifier import LabelTokens, Pooling

    kind = LabelTokens if parse_address(name).labels else Pooling
    return kind(name, needs_template=needs_template)
