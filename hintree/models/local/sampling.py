"""Batch-invariant sampling of next tokens: counter-based noise and the inverse CDF.

One uniform number per (seed, position) decides a token, so a text does not depend on the batch composition.
``torch.multinomial`` draws from one generator for the whole batch, and is slower.
"""

from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

Floats = NDArray[np.float64]
PerSequence = NDArray[Any]
BELOW_ONE = 1 - 2.0**-24
"""Largest noise value: its product with a total stays below the total after rounding, in float32 too."""
CANDIDATES = 512
"""Most probable tokens that are sorted first for top_k and top_p; sorting 150,000 takes as long as a decode pass."""
BLOCK, SEVERAL = 128, 32
"""Tokens in a block of ``inverse_cdf``, of which most vocabularies are a multiple; least number of blocks."""
LEAST_TEMPERATURE = 1e-30
"""Lower temperatures are raised to it: logits divided by it stay finite in float32."""


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
        above_zero = np.where(greedy, 1.0, np.maximum(temperature, LEAST_TEMPERATURE))
        return cls(
            np.minimum(noise, BELOW_ONE)[..., None],
            used_or_none(greedy, greedy),
            used_or_none(above_zero.astype(np.float32), ~greedy & (temperature != 1)),
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


def choose(logits: Tensor, weights: Tensor, arrays: SamplingArrays, step: int = 0) -> Tensor:
    """Sample one token per sequence.

    Args:
        logits: Shape [sequences, vocabulary], finite, the largest of each row 0; not modified.
        weights: exp(logits); not modified.
        arrays: Settings and noise of the sequences.
        step: Index of the noise to use.

    Returns:
        Token ids, shape [sequences].
    """
    if arrays.greedy is not None and arrays.greedy.all():
        return logits.argmax(-1)
    if arrays.temperature is not None:
        weights = (logits / as_tensor(arrays.temperature, logits)).exp_()
    drawn = inverse_cdf(truncate(weights, arrays), as_tensor(arrays.noise[step], logits))
    if arrays.greedy is None:
        return drawn
    return torch.where(as_tensor(arrays.greedy, logits)[:, 0], logits.argmax(-1), drawn)


def inverse_cdf(weights: Tensor, noise: Tensor) -> Tensor:
    """Return the first index at which the running sum of each row exceeds its noise times the sum of the row.

    A large row is summed block by block, in the format of the weights, and only one block token by token in float64,
    since a running sum of 150,000 tokens in float64 takes longer than three softmaxes. Rounding moves the border
    between two blocks by about 1e-7 of the row's sum.

    Args:
        weights: Shape [rows, n], >= 0; a row's sum is above 0.
        noise: Shape [rows, 1], in [0, ``BELOW_ONE``].

    Returns:
        Shape [rows].
    """
    widest = widest_float(weights.device)
    if weights.shape[1] < SEVERAL * BLOCK:
        return first_above(weights.cumsum(-1, dtype=widest), noise)[:, 0]
    missing = -weights.shape[1] % BLOCK
    blocks = (F.pad(weights, (0, missing)) if missing else weights).unflatten(-1, (-1, BLOCK))
    sums = blocks.sum(-1).to(widest)
    total = sums.cumsum(-1)
    block = first_above(total, noise)
    rest = (noise * total[:, -1:] - total.gather(-1, block)) / sums.gather(-1, block) + 1  # of the block's sum
    inside = blocks.take_along_dim(block[..., None], 1)[:, 0].cumsum(-1, dtype=widest)
    return (block * BLOCK + first_above(inside, rest.clamp(0, BELOW_ONE)))[:, 0]


def first_above(sums: Tensor, shares: Tensor) -> Tensor:
    """Return the first index of each row whose running sum exceeds a share of the last one; shapes [rows, n or 1]."""
    return torch.searchsorted(sums, shares * sums[:, -1:], right=True)


def truncate(weights: Tensor, arrays: SamplingArrays) -> Tensor:
    """Return weights [sequences, vocabulary] with truncated tokens set to 0; the most probable token is always kept."""
    if arrays.top_k is not None or arrays.top_p is not None:
        weights = keep_most_probable(weights, arrays)
    if arrays.min_p is not None:
        weights = torch.where(
            weights >= as_tensor(arrays.min_p, weights) * weights.amax(-1, keepdim=True), weights, 0.0
        )
    return weights


def keep_most_probable(weights: Tensor, arrays: SamplingArrays, candidates: int = CANDIDATES) -> Tensor:
    """Apply top_k and top_p; of equal tokens, the first are kept.

    Only the most probable tokens are sorted at first, and all of them if a sequence keeps more.

    Args:
        weights: Probabilities, shape [sequences, vocabulary]; not modified.
        arrays: Settings of the sequences.
        candidates: Number of tokens of each sequence to sort at first.

    Returns:
        Weights with truncated tokens set to 0.
    """
    every = candidates >= weights.shape[1]
    ordered, index = sorted_stably(weights) if every else sorted_candidates(weights, candidates)
    kept, total = ordered, ordered.sum(-1, keepdim=True) if every else weights.sum(-1, keepdim=True)
    if arrays.top_k is not None:
        rank, top_k = torch.arange(ordered.shape[1], device=weights.device), as_tensor(arrays.top_k, weights)
        kept = torch.where(rank < top_k, kept, 0.0)
        total = torch.where(top_k < weights.shape[1], kept.sum(-1, keepdim=True), total)
    if arrays.top_p is not None:
        before, enough = kept.cumsum(-1) - kept, as_tensor(arrays.top_p, weights) * total
        kept = torch.where(before < enough, kept, 0.0)
    least = torch.where(kept > 0, ordered, 1.0).amin(-1)
    if not every and bool((least <= ordered[:, -1]).any()):  # tokens beyond the candidates may be kept too
        return keep_most_probable(weights, arrays, weights.shape[1])
    return torch.zeros_like(weights).scatter(-1, index, kept)


def sorted_stably(weights: Tensor) -> tuple[Tensor, Tensor]:
    """Return each row's weights in descending order, the first of equal ones first, and their indices."""
    ordered, index = weights.sort(dim=-1, descending=True, stable=True)
    return ordered, index


def sorted_candidates(weights: Tensor, candidates: int) -> tuple[Tensor, Tensor]:
    """Return the largest weights as ``sorted_stably`` does; of those that equal the least one, any may be left out."""
    index = weights.topk(candidates, sorted=False).indices.sort(-1).values
    ordered, order = sorted_stably(weights.gather(-1, index))
    return ordered, index.gather(-1, order)


def as_tensor(values: NDArray[Any], like: Tensor) -> Tensor:
    """Return an array as a tensor on the device of ``like``, in a float type that the device has."""
    if values.dtype == np.float64 and widest_float(like.device) != torch.float64:
        values = values.astype(np.float32)
    return torch.from_numpy(values).to(like.device)


def widest_float(device: torch.device) -> torch.dtype:
    """Return the float type of highest precision on a device; Apple's have no float64."""
    return torch.float32 if device.type == "mps" else torch.float64
