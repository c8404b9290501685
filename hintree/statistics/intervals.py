"""Intervals for what an experiment counted."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Share(NamedTuple):
    """A share k / n with its 95 % Wilson interval, all in [0, 1]."""

    value: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        return f"{100 * self.value:.1f} % [{100 * self.low:.1f}, {100 * self.high:.1f}]"

    def rounded(self) -> dict[str, float]:
        """For JSON, to four digits."""
        return {name: round(x, 4) for name, x in self._asdict().items()}


def share(k: int, n: int) -> Share:
    """K of n, with the 95 % Wilson score interval (Wilson 1927); n = 0 gives the whole interval [0, 1]."""
    if n == 0:
        return Share(0.0, 0.0, 1.0, 0)
    z, p = 1.959964, k / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return Share(p, max(0.0, centre - half), min(1.0, centre + half), n)


def auc(scores: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Area under the ROC curve: how often a right case scores above a wrong one, ties half. NaN if a side is empty.

    Args:
        scores: Shape [cases].
        right: Shape [cases].
    """
    order = np.argsort(scores, kind="stable")
    _, start, count = np.unique(scores[order], return_index=True, return_counts=True)
    ranks = np.empty(len(scores))
    ranks[order] = np.repeat(start + (count + 1) / 2, count)
    hits, misses = int(right.sum()), int((~right).sum())
    if not hits or not misses:
        return math.nan
    return float((ranks[right].sum() - hits * (hits + 1) / 2) / (hits * misses))


def auc_interval(
    scores: NDArray[np.float64], right: NDArray[np.bool_], groups: NDArray[np.int64], resamples: int = 500
) -> Share:
    """AUC with its 95 % bootstrap interval; whole groups (problems) are drawn, since their steps belong together.

    All NaN if all cases are right or all wrong.
    """
    if math.isnan(point := auc(scores, right)):
        return Share(math.nan, math.nan, math.nan, len(scores))
    rng = np.random.default_rng(0)
    members = [np.flatnonzero(groups == g) for g in np.unique(groups)]
    drawn = []
    for _ in range(resamples):
        index = np.concatenate([members[i] for i in rng.integers(len(members), size=len(members))])
        drawn.append(auc(scores[index], right[index]))
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    return Share(point, float(low), float(high), len(scores))


def mean_interval(values: NDArray[np.float64], resamples: int = 2000) -> Share:
    """Mean with its 95 % bootstrap interval over cases; of paired differences in [-1, 1] if that is what is given.

    Args:
        values: Shape [cases].
        resamples: How often the cases are drawn anew.
    """
    rng = np.random.default_rng(0)
    drawn = [values[rng.integers(len(values), size=len(values))].mean() for _ in range(resamples)]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Share(float(values.mean()), float(low), float(high), len(values))
