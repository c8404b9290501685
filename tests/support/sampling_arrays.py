"""Sampling arrays of test batches, from plain lists."""

import numpy as np

from hintree.models.local.sampling import SamplingArrays


def sampling_arrays(
    noise: list[float], temperature: list[float], top_p: float = 1.0, top_k: int = 0, min_p: float = 0.0
) -> SamplingArrays:
    """Return the arrays of one step: noise and temperature of each sequence, the same truncation for all."""
    cuts = (np.full(len(noise), float(x)) for x in (top_k, top_p, min_p))
    return SamplingArrays.of(np.array([noise]), np.array(temperature), *cuts)
