"""Pareto front of accuracy against cost, and the area under a budget curve."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any


def pareto(points: Sequence[tuple[float, float]]) -> list[int]:
    """Return the indices of the points (cost, accuracy) on the Pareto front, by rising cost.

    A point is dominated by one that costs no more, is no less accurate, and is better in one of the two.
    """
    order = sorted(range(len(points)), key=lambda i: (points[i][0], -points[i][1], i))
    kept: list[int] = []
    for i in order:
        if not kept or points[i][1] > points[kept[-1]][1] or points[i] == points[kept[-1]]:
            kept.append(i)
    return kept


def mean_height(x: Sequence[float], y: Sequence[Any]) -> Any:
    """Return the mean of y between the least and the largest x, by the trapezoid rule.

    Args:
        x: Rising.
        y: Numbers, or arrays of numbers, one for each x.
    """
    pieces = [(b - a) * (low + high) / 2 for (a, b), (low, high) in zip(pairwise(x), pairwise(y), strict=True)]
    return sum(pieces) / (x[-1] - x[0])
