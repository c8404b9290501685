"""Weights of a checkpoint: the transformers class that reads them, and the tensors that may differ from it."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from transformers import (
    MODEL_FOR_CAUSAL_LM_MAPPING,
    MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING,
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForImageTextToText,
)

from hintree.errors import CheckpointError

KEY_LISTS = ("missing_keys", "unexpected_keys", "mismatched_keys")
"""Lists of transformers' loading report."""
DERIVED = re.compile(
    r"(attn|attention)\.(masked_bias|bias|causal_mask)$|rotary_emb\.inv_freq$|embeddings\.position_ids$"
)
"""Names of tensors that older versions of transformers saved beside the weights, and that its classes compute."""


def language_model_class(name: str, place: str) -> Any:
    """Return the automatic class that reads a language model.

    It is the one of image-text models where transformers has no class of text, or one that refuses the other weights.

    Args:
        name: Names the model in errors.
        place: A folder, or a hub id.

    Raises:
        OSError, ValueError: There is no configuration, or its type is unknown.
        CheckpointError: No class of transformers writes text in a model of this type.
    """
    config = AutoConfig.from_pretrained(place, trust_remote_code=False)
    text: Any = MODEL_FOR_CAUSAL_LM_MAPPING.get(type(config), None)
    own = text is not None and (text.config_class is type(config) or config.get_text_config() is config)
    part = text is not None and not own  # of a model with images, whose weights are here
    if text is not None and not (part and not any("vis" in key for key in ignorable(text))):
        return AutoModelForCausalLM
    if type(config) in MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING:
        return AutoModelForImageTextToText
    raise CheckpointError(
        f"model {name}: its type {config.model_type!r} is not among the text-generation models of transformers: give a "
        "causal language model such as Qwen/Qwen2.5-1.5B-Instruct"
    )


def ignorable(kind: Any) -> tuple[str, ...]:
    """Return the patterns of tensors that a class of transformers leaves out of a checkpoint."""
    return tuple(kind._keys_to_ignore_on_load_unexpected or ())


def check_keys(
    name: str,
    what: str,
    info: Mapping[str, Any],
    spare: tuple[str, ...],
    read: Callable[[str], Mapping[str, Tensor]],
) -> None:
    """Refuse a checkpoint with missing, unexpected or mismatched tensors.

    Accepted are tensors that the model's class itself ignores (transformers leaves them out of the report), those
    whose names begin with ``spare``, and those that only repeat what the class computes (``is_derived``).

    Args:
        name: Names the model in errors.
        what: Task that the class is for.
        info: Loading report of transformers.
        spare: Beginnings of accepted names.
        read: Returns the tensors whose names begin with a text.

    Raises:
        CheckpointError: A tensor is missing, unexpected or of another shape.
    """
    for kind in KEY_LISTS:
        odd = [key for key in sorted(map(str, info.get(kind) or ())) if not key.startswith(spare)]
        if kind == "unexpected_keys":
            odd = [key for key in odd if not (DERIVED.search(key) and is_derived(key, read(key)[key]))]
        if odd:
            raise CheckpointError(
                f"model {name}: {kind.replace('_', ' ')} in its weights: {odd[:3]}. It is not a complete "
                f"{what} checkpoint of its configuration"
            )


def is_derived(key: str, tensor: Tensor) -> bool:
    """Tell whether a tensor holds no weights, by its values.

    Such are a causal mask (a lower triangle of ones), the number that masked scores get, position ids from 0 on, and
    the frequencies of rotary embeddings, which fall by one factor from 1 (arXiv 2104.09864).
    """
    values = tensor.double()
    if key.endswith("masked_bias"):
        return values.numel() == 1 and float(values) <= -1e4
    if key.endswith("inv_freq"):
        ratios = values[1:] / values[:-1]
        return values.ndim == 1 and bool(values[0] == 1) and torch.allclose(ratios, ratios[:1], rtol=0.02)
    if key.endswith("position_ids"):
        return bool((values.flatten() == torch.arange(values.numel())).all())
    square = values.ndim >= 2 and values.shape[-1] == values.shape[-2]
    return square and values.numel() == values.shape[-1] ** 2 and bool((values == torch.ones_like(values).tril()).all())
