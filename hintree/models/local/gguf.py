"""Load a GGUF file as a transformers model: exact dequantized weights, and the file's own tokenizer and template.

Weights and tokenizer come from the one file; nothing beside it is read. The weights take as much memory as those of
a safetensors checkpoint in the same number format: 4 bytes each in float32.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import torch
from huggingface_hub import hf_hub_download
from torch import Tensor
from tqdm import tqdm
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from hintree.errors import CheckpointError, UnknownModelError, UsageError
from hintree.models.local.gguf_config import (
    FACTORS,
    GGUFArchitecture,
    architecture_of,
    parameter_name,
    read_config,
)
from hintree.models.local.gguf_header import SERVE, GGUFHeader, GGUFTensor, read_header
from hintree.models.local.gguf_tokenizer import end_ids, read_tokenizer

ROWS_BYTES = 1 << 22
"""Bytes of a tensor that are dequantized at a time; bounds the memory beside the weights."""


def find_gguf(name: str) -> Path:
    """Return the path of a GGUF file: a local one, or ``hub-id/file.gguf`` from the cache or the hub.

    Raises:
        UnknownModelError: There is no such file.
        UsageError: The package gguf is not installed.
    """
    if find_spec("gguf") is None:
        raise UsageError(f"model {name}: a GGUF file needs the package gguf: pip install 'hintree[gguf]'")
    if Path(name).is_file():
        return Path(name)
    parts = name.split("/")
    if len(parts) < 3 or not all(parts) or parts[0] in (".", "..", "~"):
        raise UnknownModelError(
            f"no file {name!r}; give the path of a GGUF file, or one on the hub as OWNER/REPOSITORY/FILE.gguf"
        )
    try:
        return Path(hf_hub_download("/".join(parts[:2]), "/".join(parts[2:])))
    except Exception as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
        raise UnknownModelError(
            f"model {name!r} is not a local file, and could not be downloaded from the hub (no network, or no such "
            f"file): {reason.rstrip('.')}. Give the path of a GGUF file, or OWNER/REPOSITORY/FILE.gguf"
        ) from error


def load_gguf(
    name: str, path: Path, kind: Any, dtype: torch.dtype
) -> tuple[Any, PreTrainedTokenizerBase, dict[str, Any]]:
    """Load model and tokenizer from a GGUF file.

    Args:
        name: Name of the model, for errors.
        path: The file.
        kind: Auto class of transformers.
        dtype: Number format of the weights.

    Returns:
        The model, its tokenizer, and the loading info of transformers, which tells of no missing or unexpected key.

    Raises:
        CheckpointError: The file is damaged or incomplete, or something in it is not supported.
    """
    header = read_header(path, name)
    architecture = architecture_of(header, name)
    check_storage(header, name)
    config = read_config(header, name)
    tokenizer = read_tokenizer(header, name)
    weights = dict(read_weights(header, architecture, config, dtype, name))
    factors = weights.pop(FACTORS, None)
    try:
        with torch.device("meta"):
            found = type(kind.from_config(config))
        model, info = found.from_pretrained(
            None, config=config, state_dict=weights, dtype=dtype, output_loading_info=True, use_safetensors=True
        )
    except Exception as error:  # the class of any architecture may raise anything for odd settings
        raise CheckpointError(
            f"model {name}: tensors of the GGUF file do not have the shapes that its metadata state; fetch it again"
        ) from error
    check_tensors(header, architecture, info, name)
    if factors is not None:
        divide_frequencies(model, factors, name)
    if model.generation_config is not None:
        model.generation_config.eos_token_id = end_ids(header) or None
    return model, tokenizer, info


def check_tensors(header: GGUFHeader, architecture: GGUFArchitecture, info: Mapping[str, Any], name: str) -> None:
    """Raise CheckpointError unless the tensors of a file are exactly the parameters of its model."""
    unused = [t.name for t in header.tensors if t.name != FACTORS and parameter_name(architecture, t.name) is None]
    odd = {
        "tensors without a place in the model": unused or sorted(info["unexpected_keys"]),
        "parameters that the file does not hold": sorted(info["missing_keys"]),
        "tensors of another shape": sorted(map(str, info["mismatched_keys"])),
    }
    for what, names in odd.items():
        if names:
            raise CheckpointError(
                f"model {name}: {what}: {names[:3]}. It is no complete {header.architecture} model of the kind that is "
                f"read here; name the safetensors model it was made from, {SERVE}"
            )


def check_storage(header: GGUFHeader, name: str) -> None:
    """Raise CheckpointError unless every tensor can be dequantized and lies within the file."""
    size = header.path.stat().st_size
    for tensor in header.tensors:
        block, width = block_of(tensor, name)
        if tensor.shape[-1] % block:
            raise CheckpointError(
                f"model {name}: {tensor.name[:60]!r} has rows of {tensor.shape[-1]}, not of whole blocks"
            )
        if tensor.offset + prod(tensor.shape) // block * width > size:
            raise CheckpointError(
                f"model {name}: the GGUF file is truncated: {tensor.name[:60]!r} is beyond its {size:,} bytes; "
                "fetch it again"
            )


def block_of(tensor: GGUFTensor, name: str) -> tuple[int, int]:
    """Return weights and bytes per block of a tensor's format. Raises CheckpointError if it cannot be dequantized."""
    gguf = import_module("gguf")
    try:
        kind = gguf.GGMLQuantizationType(tensor.kind)
        block, width = gguf.GGML_QUANT_SIZES[kind]
        gguf.dequantize(np.zeros((1, width), np.uint8), kind)
    except (ValueError, KeyError, NotImplementedError) as error:
        known = [member.name for member in gguf.GGMLQuantizationType if member.value == tensor.kind]
        raise CheckpointError(
            f"model {name}: {tensor.name[:60]!r} is stored as {known[0] if known else f'type {tensor.kind}'}, which "
            f"the package gguf cannot dequantize; take another quantization, such as Q4_K_M or Q8_0, {SERVE}"
        ) from error
    return int(block), int(width)


def read_weights(
    header: GGUFHeader, architecture: GGUFArchitecture, config: Any, dtype: torch.dtype, name: str
) -> Iterator[tuple[str, Tensor]]:
    """Yield the parameters of a file under their names in transformers, in ``dtype``; ``FACTORS`` in float32.

    A tensor without a counterpart keeps its name, so that the model reports it as unexpected.
    """
    data = np.memmap(header.path, np.uint8, "r")
    for tensor in tqdm(header.tensors, desc=f"reading {header.path.name}", unit="tensor", delay=2, mininterval=1):
        if tensor.name == FACTORS:
            yield FACTORS, dequantized(data, tensor, torch.float32, name)
            continue
        key = parameter_name(architecture, tensor.name)
        shift = architecture.shifted and tensor.name.endswith("norm.weight")
        weights = dequantized(data, tensor, torch.float32 if shift else dtype, name)
        if shift:
            weights = (weights - 1).to(dtype)
        if architecture.permuted and (".attn_q." in tensor.name or ".attn_k." in tensor.name):
            heads = config.num_attention_heads if ".attn_q." in tensor.name else config.num_key_value_heads
            weights = in_halves(weights, heads)
        yield key or tensor.name, weights


def dequantized(data: np.ndarray, tensor: GGUFTensor, dtype: torch.dtype, name: str) -> Tensor:
    """Return a tensor's weights in ``dtype``, dequantized a few rows at a time."""
    gguf = import_module("gguf")
    block, width = block_of(tensor, name)
    row = tensor.shape[-1] // block * width
    rows = prod(tensor.shape) // tensor.shape[-1] if tensor.shape[-1] else 0
    stored = data[tensor.offset : tensor.offset + rows * row].reshape(rows, row)
    found = torch.empty(rows, tensor.shape[-1], dtype=dtype)
    some = max(1, ROWS_BYTES // max(1, row))
    for first in range(0, rows, some):
        part = gguf.dequantize(np.array(stored[first : first + some]), gguf.GGMLQuantizationType(tensor.kind))
        found[first : first + some] = torch.from_numpy(part)
    return found.view(tensor.shape)


def in_halves(weights: Tensor, heads: int) -> Tensor:
    """Return rows of queries or keys in the order of transformers: the two of a rotated pair are half a head apart.

    Args:
        weights: Shape [heads x head size, ...]; the two of a pair are adjacent, as llama.cpp stores them.
        heads: Number of heads.
    """
    if not heads or weights.shape[0] % (2 * heads):
        return weights
    pairs = weights.view(heads, -1, 2, *weights.shape[1:])
    return pairs.transpose(1, 2).reshape(weights.shape)


def divide_frequencies(model: PreTrainedModel, factors: Tensor, name: str) -> None:
    """Divide the rotary frequencies of a model, shape [head size / 2], by the file's factors, in place."""
    rotary: Any = model.base_model.rotary_emb
    if factors.shape != rotary.inv_freq.shape or not bool((factors > 0).all()):
        raise CheckpointError(f"model {name}: {FACTORS} does not fit heads of {2 * len(rotary.inv_freq)}")
    with torch.no_grad():
        rotary.inv_freq.div_(factors)
    rotary.original_inv_freq = rotary.inv_freq.clone()
