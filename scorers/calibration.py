"""Calibration: make a score equal to the probability that the step is right.

The methods are temperature scaling (Guo et al. 2017, arXiv 1706.04599, section 4.2) and isotonic regression (Zadrozny
and Elkan 2002). They are fitted on labelled steps and stored in the PRM's declaration.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hintree.scorers.spec import PRMSpec

EDGE = 1e-6
"""Scores are clipped to [EDGE, 1 - EDGE] before their log odds are taken, so a saturated score stays finite."""
Floats = NDArray[np.float64]


def calibrate(spec: PRMSpec, score: float) -> float:
    """Apply the declaration's calibration to a score; the result is in [0, 1]. NaN stays NaN."""
    if spec.temperature != 1.0:
        score = 1 / (1 + math.exp(-log_odds(score) / spec.temperature))
    if spec.isotonic:
        score = float(np.interp(score, [x for x, _ in spec.isotonic], [y for _, y in spec.isotonic]))
    return score


def log_odds(score: float) -> float:
    """Return ln(p / (1 - p)) of a score clipped to [EDGE, 1 - EDGE]."""
    p = min(max(score, EDGE), 1 - EDGE)
    return math.log(p / (1 - p))


def fit_temperature(scores: Floats, right: NDArray[np.bool_]) -> float:
    """Return the temperature in [0.05, 20] with the smallest log loss (golden-section search over its logarithm).

    Args:
        scores: In [0, 1], shape [steps].
        right: Labels of the steps, shape [steps].
    """
    odds = np.array([log_odds(score) for score in scores])
    signs = np.where(right, 1.0, -1.0)

    def loss(log_temperature: float) -> float:
        return float(np.logaddexp(0, -signs * odds / math.exp(log_temperature)).mean())

    low, high, golden = math.log(0.05), math.log(20), (math.sqrt(5) - 1) / 2
    for _ in range(60):
        a, b = high - golden * (high - low), low + golden * (high - low)
        low, high = (low, b) if loss(a) <= loss(b) else (a, high)
    return round(math.exp((low + high) / 2), 4)


def fit_isotonic(scores: Floats, right: NDArray[np.bool_]) -> tuple[tuple[float, float], ...]:
    """Fit isotonic regression by pooling adjacent violators; return the step function's corners, <= 2 a level.

    Args:
        scores: In [0, 1], shape [steps], at least one.
        right: Labels of the steps, shape [steps].
    """
    levels: list[list[float]] = []  # first score, last score, mean label, count
    for score in np.unique(scores):
        same = right[scores == score]
        levels.append([float(score), float(score), float(same.mean()), float(len(same))])
        while len(levels) > 1 and levels[-2][2] >= levels[-1][2]:
            *_, last = levels
            before = levels[-2]
            n = before[3] + last[3]
            levels[-2:] = [[before[0], last[1], (before[2] * before[3] + last[2] * last[3]) / n, n]]
    corners = [(x, level[2]) for level in levels for x in dict.fromkeys(level[:2])]
    return tuple((round(x, 6), round(y, 6)) for x, y in drop_duplicates(corners))


def drop_duplicates(corners: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Drop corners whose score equals an earlier one to six digits; the last of them is kept."""
    return list({round(x, 6): (x, y) for x, y in corners}.values())
