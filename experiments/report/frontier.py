"""Accuracy against cost: which arms nothing beats, and the area under a budget's curve."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any


def pareto(points: Sequence[tuple[float, float]]) -> list[int]:
    """Indices of the points (cost, accuracy) that no other beats, by rising cost.

    A point is beaten by one that costs no more and is no less accurate, and is better in one of both.
    """
    order = sorted(range(len(points)), key=lambda i: (points[i][0], -points[i][1], i))
    kept: list[int] = []
    for i in order:
        if not kept or points[i][1] > points[kept[-1]][1] or points[i] == points[kept[-1]]:
            kept.append(i)
    return kept


def mean_height(x: Sequence[float], y: Sequence[Any]) -> Any:
    """Area under a curve by the trapezoid rule over its width: the mean of y between the least and the largest x.

    Args:
        x: Rising.
        y: Numbers, or arrays of numbers, one for each x.
    """
    pieces = [(b - a) * (low + high) / 2 for (a, b), (low, high) in zip(pairwise(x), pairwise(y), strict=True)]
    return sum(pieces) / (x[-1] - x[0])
