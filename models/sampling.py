"""Choosing the next token: counter-based noise and inverse-CDF sampling.

One uniform number per (seed, position) decides a token, so a text does not depend on what else is in its batch.
``torch.multinomial`` can give no such promise, and is slower.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def uniforms(seeds: NDArray[np.uint64], positions: NDArray[np.uint64]) -> NDArray[np.float64]:
    """One number in [0, 1) per seed and position: splitmix64 of both. Shapes [rows]."""
    with np.errstate(over="ignore"):
        x = seeds + (positions + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(((x ^ (x >> np.uint64(31))) >> np.uint64(11)) / 2.0**53, dtype=np.float64)


def choose(logits: Tensor, temperature: Tensor, top_p: Tensor, noise: Tensor) -> Tensor:
    """One token per row.

    Args:
        logits: Shape [rows, vocabulary], finite.
        temperature: Shape [rows]; 0 takes the most probable token.
        top_p: Shape [rows], in (0, 1].
        noise: Shape [rows], uniform in [0, 1).

    Returns:
        Token ids, shape [rows].
    """
    greedy = logits.argmax(-1)
    if not bool((temperature > 0).any()):
        return greedy
    heat = torch.where(temperature > 0, temperature, 1.0)
    weights = torch.softmax(logits.double() / heat[:, None], -1)
    if bool((top_p < 1).any()):
        weights = nucleus(weights, top_p)
    total = weights.cumsum(-1)
    drawn = torch.searchsorted(total, (noise.double() * total[:, -1])[:, None], right=True)[:, 0]
    last = (weights > 0).long().mul(torch.arange(weights.shape[1], device=weights.device)).argmax(-1)
    return torch.where(temperature > 0, torch.minimum(drawn, last), greedy)


def nucleus(weights: Tensor, top_p: Tensor) -> Tensor:
    """Zero all but the most probable tokens that together reach ``top_p`` (Holtzman et al. 2020)."""
    ordered, index = weights.sort(dim=-1, descending=True, stable=True)
    before = ordered.cumsum(-1) - ordered
    kept = torch.where(before < top_p[:, None], ordered, 0.0)
    return torch.zeros_like(weights).scatter(-1, index, kept)
