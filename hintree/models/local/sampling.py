"""Batch-invariant sampling of next tokens: counter-based noise and the inverse CDF.

One uniform number per (seed, position) decides a token, so a text does not depend on the batch composition.
``torch.multinomial`` draws from one generator for the whole batch, and is slower.
"""

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Floats = NDArray[np.float64]
PerSequence = NDArray[Any]
BELOW_ONE = 1 - 2.0**-24
"""Largest noise value: its product with a total stays below the total after rounding, in float32 too."""


def uniforms(seeds: NDArray[np.uint64], positions: NDArray[np.uint64]) -> Floats:
    """Return one number in [0, 1) per seed and position, by splitmix64; the shapes broadcast."""
    x = seeds + (positions + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(((x ^ (x >> np.uint64(31))) >> np.uint64(11)) / 2.0**53, dtype=np.float64)


class SamplingArrays(NamedTuple):
    """Sampling settings of a batch as arrays, prepared once for all steps of a decode chunk.

    Settings have shape [sequences, 1]; None stands for a setting that no sequence uses. Truncation is applied in the
    order of the fields.

    noise: Uniform in [0, 1), shape [steps, sequences, 1].
    greedy: True for sequences that take the most probable token.
    temperature: Above 0; 1 for greedy sequences.
    top_k: Number of most probable tokens to keep; infinity keeps all.
    top_p: Keep the most probable tokens that together reach this share, in (0, 1] (nucleus; Holtzman et al. 2020).
    min_p: Keep tokens of at least this probability relative to the most probable, in [0, 1] (arXiv 2407.01082).
    """

    noise: Floats
    greedy: PerSequence | None
    temperature: PerSequence | None
    top_k: PerSequence | None
    top_p: PerSequence | None
    min_p: PerSequence | None

    @classmethod
    def of(cls, noise: Floats, temperature: Floats, top_k: Floats, top_p: Floats, min_p: Floats) -> "SamplingArrays":
        """Return the arrays for noise [steps, sequences] and settings [sequences].

        Temperature 0 means greedy, and top_k 0 keeps all tokens.
        """
        greedy = temperature <= 0
        return cls(
            np.minimum(noise, BELOW_ONE)[..., None],
            used_or_none(greedy, greedy),
            used_or_none(np.where(greedy, 1.0, temperature).astype(np.float32), ~greedy & (temperature != 1)),
            used_or_none(np.where(top_k > 0, top_k, np.inf), top_k > 0),
            used_or_none(top_p, top_p < 1),
            used_or_none(min_p, min_p > 0),
        )

    def keep(self, indices: list[int]) -> "SamplingArrays":
        """Return the arrays of the sequences at ``indices``, in that order."""
        noise, *settings = self
        return SamplingArrays(noise[:, indices], *(None if values is None else values[indices] for values in settings))


def used_or_none(values: PerSequence, where: NDArray[np.bool_]) -> PerSequence | None:
    """Return the values with shape [sequences, 1], or None if no sequence uses the setting."""
    return values[:, None] if where.any() else None


def choose(logits: Tensor, probabilities: Tensor, arrays: SamplingArrays, step: int = 0) -> Tensor:
    """Sample one token per sequence.

    Args:
        logits: Shape [sequences, vocabulary], finite; not modified.
        probabilities: Softmax of the logits; not modified.
        arrays: Settings and noise of the sequences.
        step: Index of the noise to use.

    Returns:
        Token ids, shape [sequences].
    """
    if arrays.greedy is not None and arrays.greedy.all():
        return logits.argmax(-1)
    weights = probabilities
    if arrays.temperature is not None:
        weights = torch.softmax(logits / as_tensor(arrays.temperature, logits), -1)
    total = truncate(weights, arrays).cumsum(-1, dtype=widest_float(logits.device))
    drawn = torch.searchsorted(total, as_tensor(arrays.noise[step], logits) * total[:, -1:], right=True)[:, 0]
    if arrays.greedy is None:
        return drawn
    return torch.where(as_tensor(arrays.greedy, logits)[:, 0], logits.argmax(-1), drawn)


def truncate(weights: Tensor, arrays: SamplingArrays) -> Tensor:
    """Return weights [sequences, vocabulary] with truncated tokens set to 0; the most probable token is always kept."""
    if arrays.top_k is not None or arrays.top_p is not None:
        ordered, index = weights.sort(dim=-1, descending=True, stable=True)
        kept = ordered
        if arrays.top_k is not None:
            rank = torch.arange(weights.shape[1], device=weights.device)
            kept = torch.where(rank < as_tensor(arrays.top_k, weights), kept, 0.0)
        if arrays.top_p is not None:
            before, enough = kept.cumsum(-1) - kept, as_tensor(arrays.top_p, weights) * kept.sum(-1, keepdim=True)
            kept = torch.where(before < enough, kept, 0.0)
        weights = torch.zeros_like(weights).scatter(-1, index, kept)
    if arrays.min_p is not None:
        weights = torch.where(
            weights >= as_tensor(arrays.min_p, weights) * weights.amax(-1, keepdim=True), weights, 0.0
        )
    return weights


def as_tensor(values: NDArray[Any], like: Tensor) -> Tensor:
    """Return an array as a tensor on the device of ``like``, in a float type that the device has."""
    if values.dtype == np.float64 and widest_float(like.device) != torch.float64:
        values = values.astype(np.float32)
    return torch.from_numpy(values).to(like.device)


def widest_float(device: torch.device) -> torch.dtype:
    """Return the float type of highest precision on a device; Apple's have no float64."""
    return torch.float32 if device.type == "mps" else torch.float64
