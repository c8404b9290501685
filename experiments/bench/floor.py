"""The matmul floor: how long the model's own linear layers take on what was forwarded, and nothing else."""

import statistics
import time
from collections.abc import Mapping, Sequence

import torch
from torch import nn

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


def matmul_seconds(layers: Sequence[nn.Linear], shape: Slots) -> float:
    """CPU seconds of these layers once, one after another, each on random input of ``shape`` tokens; the median."""
    inputs = {width: torch.randn(*shape, width) for width in {layer.in_features for layer in layers}}
    seconds = []
    for _ in range(REPEATS + 1):
        clock = time.process_time()
        for layer in layers:
            nn.functional.linear(inputs[layer.in_features], layer.weight, layer.bias)
        seconds.append(time.process_time() - clock)
    return statistics.median(seconds[1:])
