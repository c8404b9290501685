"""Compute cluster bootstrap intervals: problems are drawn, each with all its seeds (Davison and Hinkley 1997, 3.8).

Drawing seeds within the drawn problems as well would count their variance twice and give intervals that are too wide.
"""

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
RESAMPLES = 1000


class Estimate(NamedTuple):
    """A figure with its 95 % interval, in the figure's own unit; NaN where it is not defined. ``n`` counts problems."""

    value: float
    low: float
    high: float
    n: int


@lru_cache(maxsize=4)
def weights(problems: int) -> Floats:
    """Return how often each resample draws each problem, shape [RESAMPLES, problems]; always the same numbers.

    So a resampled sum is one product with the problems' sums, and two arms are resampled alike (paired).
    """
    rng = np.random.default_rng(0)
    drawn = rng.multinomial(problems, np.full(problems, 1 / problems), size=RESAMPLES)
    return drawn.astype(np.float64)


def bootstrap(columns: Sequence[Floats], of: Callable[..., Floats]) -> Estimate:
    """Return a function of sums over attempts, with its 95 % percentile interval over problems.

    Problems for which all columns are 0 are left out: nothing was done there.

    Args:
        columns: Each of shape [problems, seeds], 0 where there is no such attempt.
        of: The figure, from one sum per column; it is also called with arrays of resampled sums.
    """
    there = np.any(columns, axis=(0, 2))
    sums = [column[there].sum(axis=1) for column in columns]
    problems = len(sums[0])
    if not problems:
        return Estimate(math.nan, math.nan, math.nan, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(of(*(each.sum() for each in sums)))
        drawn = of(*(weights(problems) @ each for each in sums))
    drawn = drawn[np.isfinite(drawn)]
    if not math.isfinite(value) or not len(drawn):
        return Estimate(math.nan, math.nan, math.nan, problems)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Estimate(value, float(low), float(high), problems)


def ratio(top: Floats, bottom: Floats) -> Estimate:
    """Return the sum of one column over that of another: a mean per attempt, a share, a cost per solved problem."""
    return bootstrap([top, bottom], lambda a, b: np.divide(a, b))
