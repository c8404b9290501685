"""Measure the calibration of scores: reliability, expected calibration error, and finding the first error."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hintree.statistics.bootstrap import Floats

BINS = 10


class Bin(NamedTuple):
    """Cases whose score lies in one tenth of [0, 1]: mean score, share of right ones, how many."""

    score: float
    right: float
    n: int


def reliability(scores: Floats, right: NDArray[np.bool_]) -> list[Bin]:
    """Return the non-empty bins of equal width, from low to high; the last one includes the score 1.

    Args:
        scores: In [0, 1], shape [cases].
        right: Shape [cases].
    """
    places = np.minimum((scores * BINS).astype(int), BINS - 1)
    parts = [places == i for i in range(BINS)]
    return [Bin(float(scores[p].mean()), float(right[p].mean()), int(p.sum())) for p in parts if p.any()]


def calibration_error(bins: Sequence[Bin]) -> float:
    """Return the expected calibration error (Guo et al. 2017, arXiv 1706.04599, eq. 3) in [0, 1]; NaN without cases."""
    total = sum(b.n for b in bins)
    return sum(b.n * abs(b.right - b.score) for b in bins) / total if total else float("nan")


class Trace(NamedTuple):
    """Index of a solution's first wrong step, and the index that the scores predict. Indices from 0, -1 for none."""

    true: int
    predicted: int


class Localised(NamedTuple):
    """ProcessBench's figures (Zheng et al. 2024, arXiv 2412.06559), each in [0, 1], NaN if a side is empty.

    Attributes:
        error: Share of solutions with an error whose first error was found exactly.
        correct: Share of solutions without an error in which none was found.
        f1: Harmonic mean of both.
    """

    error: float
    correct: float
    f1: float


def localised(traces: Sequence[Trace]) -> Localised:
    """Return how well the scores find the first error."""
    wrong = [t.predicted == t.true for t in traces if t.true >= 0]
    fine = [t.predicted == t.true for t in traces if t.true < 0]
    if not wrong or not fine:
        return Localised(float("nan"), float("nan"), float("nan"))
    error, correct = sum(wrong) / len(wrong), sum(fine) / len(fine)
    return Localised(error, correct, 2 * error * correct / (error + correct) if error + correct else 0.0)
