"""Choosing the next token: counter-based noise and inverse-CDF sampling.

One uniform number per (seed, position) decides a token, so a text does not depend on what else is in its batch.
``torch.multinomial`` can give no such promise, and is slower.
"""

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Floats = NDArray[np.float64]
BELOW_ONE = 1 - 2.0**-52
"""Times any number it is below that number, however it is rounded."""


def uniforms(seeds: NDArray[np.uint64], positions: NDArray[np.uint64]) -> Floats:
    """One number in [0, 1) per seed and position: splitmix64 of both. Shapes [rows]."""
    x = seeds + (positions + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(((x ^ (x >> np.uint64(31))) >> np.uint64(11)) / 2.0**53, dtype=np.float64)


class Cuts(NamedTuple):
    """What may not be drawn, per row; each an array of shape [rows], applied in this order.

    top_k: Keep so many of the most probable tokens; 0 keeps all.
    top_p: Of these, keep the most probable that together reach this probability, in (0, 1] (Holtzman et al. 2020).
    min_p: Keep tokens at least so probable, relative to the most probable, in [0, 1] (arXiv 2407.01082).
    """

    top_k: Floats
    top_p: Floats
    min_p: Floats


def choose(logits: Tensor, temperature: Floats, noise: Floats, cuts: Cuts) -> Tensor:
    """One token per row.

    Args:
        logits: Shape [rows, vocabulary], finite.
        temperature: Shape [rows]; 0 takes the most probable token.
        noise: Shape [rows], uniform in [0, 1).
        cuts: Tokens that may not be drawn.

    Returns:
        Token ids, shape [rows].
    """
    hot = temperature > 0
    if not hot.any():
        return logits.argmax(-1)
    heat = column(np.where(hot, temperature, 1.0), logits)
    weights = cut_off(torch.softmax(logits / heat.float(), -1), cuts)
    total = weights.cumsum(-1, dtype=torch.float64)
    share = column(np.minimum(noise, BELOW_ONE), logits)
    drawn = torch.searchsorted(total, share * total[:, -1:], right=True)[:, 0]
    return drawn if hot.all() else torch.where(column(hot, logits)[:, 0], drawn, logits.argmax(-1))


def cut_off(weights: Tensor, cuts: Cuts) -> Tensor:
    """Zero what may not be drawn; the most probable token always stays. Shapes [rows, vocabulary]."""
    size = weights.shape[1]
    if (cuts.top_k > 0).any() or (cuts.top_p < 1).any():
        ordered, index = weights.sort(dim=-1, descending=True, stable=True)
        few = column(np.where(cuts.top_k > 0, cuts.top_k, size), weights)
        ordered = torch.where(torch.arange(size, device=weights.device) < few, ordered, 0.0)
        before = ordered.cumsum(-1) - ordered
        enough = column(cuts.top_p, weights) * ordered.sum(-1, keepdim=True)
        weights = torch.zeros_like(weights).scatter(-1, index, torch.where(before < enough, ordered, 0.0))
    if (cuts.min_p > 0).any():
        weights = torch.where(weights >= column(cuts.min_p, weights) * weights.amax(-1, keepdim=True), weights, 0.0)
    return weights


def column(values: NDArray[Any], like: Tensor) -> Tensor:
    """An array of shape [rows] as a tensor of shape [rows, 1] where another one lies."""
    return torch.from_numpy(values).to(like.device)[:, None]
