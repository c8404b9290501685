"""The floor of a forward pass: how long the model's linear layers, and attention, take alone on what it was given."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import torch
from torch import nn
from transformers import PreTrainedConfig

from hintree.experiments.bench.clock import Slots

REPEATS = 5


def floor_seconds(body: nn.Module, head: nn.Module, slots: Mapping[Slots, int], rows: Mapping[int, int]) -> float:
    """CPU seconds of all linear layers alone, on inputs of the shapes that were forwarded, as often as they were.

    Args:
        body: The model without its head.
        head: From hidden states to logits.
        slots: How often the body was given so many rows of so many tokens.
        rows: How often the head was given so many hidden states.
    """
    layers = [layer for layer in body.modules() if isinstance(layer, nn.Linear)]
    heads = [layer for layer in head.modules() if isinstance(layer, nn.Linear)]
    with torch.inference_mode():
        total = sum(n * matmul_seconds(layers, shape) for shape, n in slots.items())
        return total + sum(n * matmul_seconds(heads, (1, count)) for count, n in rows.items())


def attention_seconds(config: PreTrainedConfig, attended: Mapping[tuple[int, int, int], int]) -> float:
    """CPU seconds of PyTorch's fused attention alone, in all layers of a Llama, as often as there were such shapes.

    Args:
        config: Of the model.
        attended: How often so many rows of so many queries looked at so many columns.
    """
    heads, kept = config.num_attention_heads, config.num_key_value_heads
    size = getattr(config, "head_dim", None) or config.hidden_size // heads
    total = 0.0
    with torch.inference_mode():
        for (rows, queries, columns), n in attended.items():
            query, keys = torch.randn(rows, heads, queries, size), torch.randn(rows, kept, columns, size)
            attend = partial(
                nn.functional.scaled_dot_product_attention,
                *(query, keys, keys.clone()),
                attn_mask=torch.zeros(rows, 1, queries, columns),
                enable_gqa=heads != kept,
            )
            total += n * config.num_hidden_layers * median_seconds(attend)
    return total


def matmul_seconds(layers: Sequence[nn.Linear], shape: Slots) -> float:
    """CPU seconds of these layers once, one after another, each on random input of ``shape`` tokens; the median."""
    inputs = {width: torch.randn(*shape, width) for width in {layer.in_features for layer in layers}}

    def once() -> None:
        for layer in layers:
            nn.functional.linear(inputs[layer.in_features], layer.weight, layer.bias)

    return median_seconds(once)


def median_seconds(work: Callable[[], object]) -> float:
    """CPU seconds of some work; the median."""
    return statistics.median(repeated(work, time.process_time))


def repeated(work: Callable[[], object], clock: Callable[[], float]) -> list[float]:
    """Seconds of some work by a clock, ``REPEATS`` times after one run that does not count."""
    seconds = []
    for _ in range(REPEATS + 1):
        started = clock()
        work()
        seconds.append(clock() - started)
    return seconds[1:]
