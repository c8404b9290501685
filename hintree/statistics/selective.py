"""Measure confidence in answers: calibration, ranking, and the risk of answering only where it is high."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hintree.statistics.bootstrap import Estimate, Floats, bootstrap
from hintree.statistics.calibration import BINS

RESAMPLES = 500
"""Resamples of problems for figures that are no function of sums."""
Bools = NDArray[np.bool_]


def calibration_gap(confidence: Floats, right: Floats, made: Floats) -> Estimate:
    """Return the expected calibration error of answers, in [0, 1] (Guo et al. 2017, arXiv 1706.04599, eq. 3).

    ECE = sum over ten bins of equal width of n_b / n |accuracy_b - mean confidence_b| = sum_b |R_b - C_b| / n, where
    R_b and C_b are the sums of right answers and of confidences in a bin. So it is a function of sums, and its interval
    is the cluster bootstrap over problems. Chance differences add to every |R_b - C_b|, more so in resamples: the
    interval leans upward, and its lower end is set to the value where it would lie above it.

    Args:
        confidence: In [0, 1], shape [problems, seeds].
        right: 1 where the answer is right, same shape.
        made: 1 where there is a graded attempt, same shape.
    """
    places = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = [(right - confidence) * made * (places == bin) for bin in range(BINS)]
    found = bootstrap([made, *gaps], lambda n, *bins: sum(abs(gap) for gap in bins) / n)
    return found._replace(low=min(found.low, found.value))


def risk_coverage(confidence: Floats, right: Bools) -> Floats:
    """Return the risk-coverage curve: the share of wrong answers among the k most confident ones, for k = 1, ..., n.

    The selective risk of Geifman and El-Yaniv 2017 (arXiv 1705.08500, eq. 2) at coverage k / n. Answers of equal
    confidence come in random order: the curve is the expectation over these orders.

    Args:
        confidence: Shape [n].
        right: Shape [n].
    """
    order = np.argsort(-confidence, kind="stable")
    _, ties, sizes = np.unique(-confidence[order], return_inverse=True, return_counts=True)
    wrong = np.bincount(ties, weights=~right[order], minlength=len(sizes)) / np.maximum(sizes, 1)
    return np.cumsum(wrong[ties]) / np.arange(1, len(order) + 1)


def aurc(confidence: Floats, right: Bools) -> float:
    """Return the area under the risk-coverage curve: its mean over k, in [0, 1]; NaN without an answer.

    Confidence without information gives the share of wrong answers; lower is better.
    """
    return float(risk_coverage(confidence, right).mean()) if len(right) else math.nan


def with_interval(
    figure: Callable[[Floats, Bools], float], confidence: Floats, right: Bools, problems: NDArray[np.int64]
) -> Estimate:
    """Return a figure of confidences with its 95 % bootstrap interval; problems are drawn, each with all its answers.

    Args:
        figure: ``auc`` or ``aurc``.
        confidence: In [0, 1], shape [n].
        right: Shape [n].
        problems: Number of each answer's problem, shape [n].
    """
    members = [np.flatnonzero(problems == problem) for problem in np.unique(problems)]
    value = figure(confidence, right)
    if math.isnan(value):
        return Estimate(math.nan, math.nan, math.nan, len(members))
    rng = np.random.default_rng(0)
    drawn = np.empty(RESAMPLES)
    for draw in range(RESAMPLES):
        rows = np.concatenate([members[i] for i in rng.integers(len(members), size=len(members))])
        drawn[draw] = figure(confidence[rows], right[rows])
    low, high = np.percentile(drawn[np.isfinite(drawn)], [2.5, 97.5])
    return Estimate(value, float(low), float(high), len(members))
