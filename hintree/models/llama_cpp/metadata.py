"""Checks of a GGUF file's metadata against its tensors, and the sizes that follow from them.

llama.cpp ends the whole process where the two contradict each other, so they are compared before it reads the file.
"""

import math
import re
from collections.abc import Sequence
from typing import Any

from hintree.errors import CheckpointError
from hintree.models.local.gguf_config import ARCHITECTURES, LONGEST_CONTEXT
from hintree.models.local.gguf_header import GGUFHeader, GGUFTensor

MOST_LAYERS = 512
"""Number of layers up to which llama.cpp reads a model."""
LARGEST = 1 << 31
"""Bound of whole numbers in the metadata."""
LAYER = re.compile(r"blk\.(\d+)\.")


def own_metadata(header: GGUFHeader) -> dict[str, Any]:
    """Return the metadata of the file's architecture, without its name before the keys."""
    prefix = f"{header.architecture}."
    return {key.removeprefix(prefix): value for key, value in header.metadata.items() if key.startswith(prefix)}


def check_metadata(header: GGUFHeader, name: str) -> None:
    """Raise CheckpointError if the metadata contradict the tensors, or hold a number that no model has."""
    own = own_metadata(header)
    if odd := odd_value(own) or contradiction(header, own):
        raise CheckpointError(
            f"model {name}: the metadata of the GGUF file are damaged: {odd}; fetch or convert it again"
        )


def odd_value(own: dict[str, Any]) -> str:
    """Return what is wrong with one of the values; "" if nothing is."""
    for key, value in own.items():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, float) and not math.isfinite(item):
                return f"{key[:60]} is not finite"
            if isinstance(item, float) and item < 0 and key.endswith("epsilon"):
                return f"{key[:60]} is {item}"
            if isinstance(item, int) and not -LARGEST < item < LARGEST:
                return f"{key[:60]} is {item}"
    for key, least, most in (
        ("block_count", 1, MOST_LAYERS),
        ("context_length", 1, LONGEST_CONTEXT),
        ("embedding_length", 1, LARGEST),
    ):
        if not isinstance(own.get(key), int) or not least <= own[key] <= most:
            return f"{key} is {str(own.get(key))[:40]}"
    if not own.get("rope.freq_base", 1.0) > 0:
        return f"rope.freq_base is {own['rope.freq_base']}"
    return ""


def contradiction(header: GGUFHeader, own: dict[str, Any]) -> str:
    """Return what in the metadata does not fit the tensors; "" if all does."""
    tensors = {tensor.name: tensor for tensor in header.tensors}
    layers = {int(found[1]) for found in map(LAYER.match, tensors) if found}
    if layers != set(range(own["block_count"])):
        return f"block_count is {own['block_count']}, and there are {len(layers)} layers"
    width, embedding = own["embedding_length"], tensors.get("token_embd.weight")
    if embedding is None or len(embedding.shape) != 2 or embedding.shape[1] != width:
        return f"embedding_length is {width}, and token_embd.weight has another shape"
    heads = numbers(own.get("attention.head_count"), 1)
    key_size = own.get("attention.key_length", width // max(1, *heads))
    value_size = own.get("attention.value_length", key_size)
    rotated = own.get("rope.dimension_count", key_size)
    if not 0 < rotated <= key_size or (header.architecture in ARCHITECTURES and rotated < key_size):
        return f"rope.dimension_count is {rotated} for heads of {key_size}"
    for part, count, size in (
        ("attn_q", heads, key_size),
        ("attn_k", numbers(own.get("attention.head_count_kv"), max(heads)), key_size),
        ("attn_v", numbers(own.get("attention.head_count_kv"), max(heads)), value_size),
    ):
        for layer in layers:
            tensor, n = tensors.get(f"blk.{layer}.{part}.weight"), count[layer if len(count) > layer else 0]
            known = header.architecture in ARCHITECTURES  # whose projections hold nothing but heads of one size
            if tensor is not None and not (tensor.shape[0] == n * size if known else fits(tensor, n, size, own)):
                return f"{tensor.name} has {tensor.shape[0]} rows for {n} heads of {size}"
    return ""


def fits(tensor: GGUFTensor, heads: int, size: int, own: dict[str, Any]) -> bool:
    """Tell whether a projection has rows for all heads, or a multiple of them, such as for gates.

    Layers with a sliding window may have heads of another size, and latent attention states none.
    """
    sizes = {size, *(own[key] for key in own if re.search(r"(key|value)_length\w+$", key) and own[key])}
    return heads > 0 and any(tensor.shape[0] % (heads * s) == 0 for s in sizes if s)


def cell_bytes(header: GGUFHeader, exact: bool) -> int:
    """Return the bytes of the keys and values of one token, in float32 if ``exact`` is true, else in 16 bits."""
    own = own_metadata(header)
    heads = numbers(own.get("attention.head_count"), 1)
    groups = numbers(own.get("attention.head_count_kv"), max(heads))
    size = own.get("attention.key_length") or own["embedding_length"] // max(1, *heads)
    per_layer = sum(groups) if len(groups) > 1 else groups[0] * own["block_count"]
    return max(1, int(2 * per_layer * size * (4 if exact else 2)))


def numbers(value: object, default: int) -> Sequence[int]:
    """Return a value that is one number or one for each layer as a list; the default in place of anything else."""
    items = value if isinstance(value, list) and value else [value]
    return [item if isinstance(item, int) and item >= 0 else default for item in items]
