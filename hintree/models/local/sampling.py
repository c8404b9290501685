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
Column = NDArray[Any]
BELOW_ONE = 1 - 2.0**-24
"""Times any number it is below that number, however it is rounded, in float32 too."""


def uniforms(seeds: NDArray[np.uint64], positions: NDArray[np.uint64]) -> Floats:
    """One number in [0, 1) per seed and position: splitmix64 of both. Shapes [rows]."""
    x = seeds + (positions + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(((x ^ (x >> np.uint64(31))) >> np.uint64(11)) / 2.0**53, dtype=np.float64)


class Draws(NamedTuple):
    """How some rows draw their next tokens, made ready once for all steps: in a step, every small operator counts.

    Arrays have shape [rows, 1]; None stands for what no row asks for. What may be drawn is cut in this order.

    noise: Uniform in [0, 1), shape [steps, rows, 1].
    greedy: Rows that take the most probable token.
    heat: Temperature; 1 for greedy rows.
    top_k: Keep so many of the most probable tokens; infinity keeps all.
    top_p: Of these, keep the most probable that together reach this probability, in (0, 1] (Holtzman et al. 2020).
    min_p: Keep tokens at least so probable, relative to the most probable, in [0, 1] (arXiv 2407.01082).
    """

    noise: Floats
    greedy: Column | None
    heat: Column | None
    top_k: Column | None
    top_p: Column | None
    min_p: Column | None

    @classmethod
    def of(cls, noise: Floats, temperature: Floats, top_k: Floats, top_p: Floats, min_p: Floats) -> "Draws":
        """From noise [steps, rows] and settings [rows], of which temperature 0 is greedy and top_k 0 keeps all."""
        greedy = temperature <= 0
        return cls(
            np.minimum(noise, BELOW_ONE)[..., None],
            asked(greedy, greedy),
            asked(np.where(greedy, 1.0, temperature).astype(np.float32), ~greedy & (temperature != 1)),
            asked(np.where(top_k > 0, top_k, np.inf), top_k > 0),
            asked(top_p, top_p < 1),
            asked(min_p, min_p > 0),
        )

    def keep(self, stay: list[int]) -> "Draws":
        """Those of some of the rows."""
        noise, *rest = self
        return Draws(noise[:, stay], *(None if values is None else values[stay] for values in rest))


def asked(values: Column, where: NDArray[np.bool_]) -> Column | None:
    """The values as a column if they say anything anywhere."""
    return values[:, None] if where.any() else None


def choose(logits: Tensor, chances: Tensor, draws: Draws, step: int = 0) -> Tensor:
    """One token per row.

    Args:
        logits: Shape [rows, vocabulary], finite.
        chances: Their softmax.
        draws: How each row draws.
        step: Which numbers of its noise to take.

    Returns:
        Token ids, shape [rows].
    """
    if draws.greedy is not None and draws.greedy.all():
        return logits.argmax(-1)
    weights = chances if draws.heat is None else torch.softmax(logits / there(draws.heat, logits), -1)
    total = cut_off(weights, draws).cumsum(-1, dtype=widest(logits.device))
    drawn = torch.searchsorted(total, there(draws.noise[step], logits) * total[:, -1:], right=True)[:, 0]
    return drawn if draws.greedy is None else torch.where(there(draws.greedy, logits)[:, 0], logits.argmax(-1), drawn)


def cut_off(weights: Tensor, draws: Draws) -> Tensor:
    """Zero what may not be drawn; the most probable token always stays. Shapes [rows, vocabulary]."""
    if draws.top_k is not None or draws.top_p is not None:
        ordered, index = weights.sort(dim=-1, descending=True, stable=True)
        kept = ordered
        if draws.top_k is not None:
            rank = torch.arange(weights.shape[1], device=weights.device)
            kept = torch.where(rank < there(draws.top_k, weights), kept, 0.0)
        if draws.top_p is not None:
            before, enough = kept.cumsum(-1) - kept, there(draws.top_p, weights) * kept.sum(-1, keepdim=True)
            kept = torch.where(before < enough, kept, 0.0)
        weights = torch.zeros_like(weights).scatter(-1, index, kept)
    if draws.min_p is not None:
        weights = torch.where(weights >= there(draws.min_p, weights) * weights.amax(-1, keepdim=True), weights, 0.0)
    return weights


def there(values: NDArray[Any], like: Tensor) -> Tensor:
    """An array as a tensor where another one lies."""
    if values.dtype == np.float64 and widest(like.device) != torch.float64:
        values = values.astype(np.float32)
    return torch.from_numpy(values).to(like.device)


def widest(device: torch.device) -> torch.dtype:
    """The numbers of the most digits that a device has: Apple's have no float64."""
    return torch.float32 if device.type == "mps" else torch.float64
