"""Bootstrap intervals: problems are drawn, and for every drawn problem its seeds (Efron and Tibshirani 1993, ch. 8)."""

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
def weights(problems: int, seeds: int) -> Floats:
    """How often each resample draws each attempt, shape [RESAMPLES, problems * seeds]; always the same numbers.

    So a resampled sum is one product with the attempts' values, and two arms are resampled alike (paired).
    """
    rng = np.random.default_rng(0)
    drawn = rng.multinomial(problems, np.full(problems, 1 / problems), size=RESAMPLES)
    each = rng.multinomial(drawn * seeds, np.full(seeds, 1 / seeds))
    return each.reshape(RESAMPLES, problems * seeds).astype(np.float64)


def bootstrap(columns: Sequence[Floats], of: Callable[..., Floats]) -> Estimate:
    """A function of sums over attempts, with its percentile interval.

    Problems and seeds for which all columns are 0 are left out: nothing was done there.

    Args:
        columns: Each of shape [problems, seeds], 0 where there is no such attempt.
        of: The figure, from one sum per column; it is also called with arrays of resampled sums.
    """
    there = np.any(columns, axis=0)
    columns = [column[there.any(axis=1)][:, there.any(axis=0)] for column in columns]
    problems, seeds = columns[0].shape
    if not problems:
        return Estimate(math.nan, math.nan, math.nan, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(of(*(column.sum() for column in columns)))
        drawn = of(*(weights(problems, seeds) @ column.ravel() for column in columns))
    drawn = drawn[np.isfinite(drawn)]
    if not math.isfinite(value) or not len(drawn):
        return Estimate(math.nan, math.nan, math.nan, problems)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Estimate(value, float(low), float(high), problems)


def ratio(top: Floats, bottom: Floats) -> Estimate:
    """The sum of one column over that of another: a mean per attempt, a share, a cost per solved problem."""
    return bootstrap([top, bottom], lambda a, b: np.divide(a, b))
