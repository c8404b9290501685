"""Lower bounds of forward time: CPU seconds of the linear layers alone, and of attention alone, on the same shapes."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import torch
from torch import nn
from transformers import PreTrainedConfig

from hintree.experiments.bench.clock import PassShape
from hintree.models.local.packed import PackedLinear

LINEAR = (nn.Linear, PackedLinear)
"""Linear layers, as PyTorch and as packed ones compute them."""
REPEATS = 5
"""Measured repetitions after one warm-up run."""


def floor_seconds(body: nn.Module, head: nn.Module, passes: Mapping[PassShape, int], rows: Mapping[int, int]) -> float:
    """Return the CPU seconds of all linear layers alone, on random inputs of the forwarded shapes.

    Args:
        body: The model without its head.
        head: Maps hidden states to logits.
        passes: Number of forward passes of the body, by shape [rows, queries].
        rows: Number of calls of the head, by number of hidden states.
    """
    layers = [layer for layer in body.modules() if isinstance(layer, LINEAR)]
    heads = [layer for layer in head.modules() if isinstance(layer, LINEAR)]
    with torch.inference_mode():
        total = sum(n * matmul_seconds(layers, shape) for shape, n in passes.items())
        return total + sum(n * matmul_seconds(heads, (1, count)) for count, n in rows.items())


def attention_seconds(config: PreTrainedConfig, attended: Mapping[tuple[int, int, int], int]) -> float:
    """Return the CPU seconds of PyTorch's fused attention alone, over all layers of a Llama.

    Args:
        config: The model's configuration.
        attended: Number of passes, by (rows, queries, KV slots).
    """
    heads, kv_heads = config.num_attention_heads, config.num_key_value_heads
    size = getattr(config, "head_dim", None) or config.hidden_size // heads
    total = 0.0
    with torch.inference_mode():
        for (rows, queries, slots), n in attended.items():
            query, keys = torch.randn(rows, heads, queries, size), torch.randn(rows, kv_heads, slots, size)
            attend = partial(
                nn.functional.scaled_dot_product_attention,
                *(query, keys, keys.clone()),
                attn_mask=torch.zeros(rows, 1, queries, slots),
                enable_gqa=heads != kv_heads,
            )
            total += n * config.num_hidden_layers * median_seconds(attend)
    return total


def matmul_seconds(layers: Sequence[nn.Linear | PackedLinear], shape: PassShape) -> float:
    """Return the median CPU seconds of one pass through these layers, each on random input of ``shape`` tokens."""
    inputs = {width: torch.randn(*shape, width) for width in {layer.in_features for layer in layers}}

    def once() -> None:
        for layer in layers:
            layer(inputs[layer.in_features])

    return median_seconds(once)


def median_seconds(work: Callable[[], object]) -> float:
    """Return the median CPU seconds of a function call."""
    return statistics.median(repeated(work, time.process_time))


def repeated(work: Callable[[], object], clock: Callable[[], float]) -> list[float]:
    """Return the seconds of ``REPEATS`` calls by a clock, after one warm-up call."""
    seconds = []
    for _ in range(REPEATS + 1):
        started = clock()
        work()
        seconds.append(clock() - started)
    return seconds[1:]
