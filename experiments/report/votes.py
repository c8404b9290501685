"""Estimate pass@k and majority@k: the probability that one of k solutions, or their vote, is right."""

import math
from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hintree.grade import group

DRAWS = 200
"""Number of random subsets that are drawn where there are more subsets of k solutions."""


class Finished(NamedTuple):
    """Finished solution: its answer (the letter of an option), its correctness, and its score in [0, 1]."""

    answer: str
    right: bool
    score: float


def pass_at_k(n: int, right: int, k: int) -> float:
    """Return the probability that one of k drawn solutions is right, 1 - C(n-c, k) / C(n, k), for c right of n.

    The unbiased estimate of Chen et al. 2021, arXiv 2107.03374. Where there are fewer than k solutions, all are drawn.
    """
    if n == 0:
        return 0.0
    k = min(k, n)
    return 1.0 - math.comb(n - right, k) / math.comb(n, k)


def vote_at_k(solutions: Sequence[Finished], k: int, *, weighted: bool) -> float:
    """Return the probability that a vote of k solutions is right; each counts 1, or its score if ``weighted``.

    Ties go to the higher score, then to the earlier solution, as in ``search.choose``. Where there are no more than k
    solutions, all vote once.
    """
    n = len(solutions)
    if n == 0:
        return 0.0
    drawn = subsets(n, min(k, n))
    answers = np.array(group([solution.answer for solution in solutions]))[drawn]
    scores = np.array([solution.score for solution in solutions])[drawn]
    right = np.array([solution.right for solution in solutions])[drawn]
    rows = np.arange(len(drawn))[:, None]
    weight = np.zeros((len(drawn), n))
    np.add.at(weight, (rows, answers), scores if weighted else 1.0)
    behind = weight[rows, answers]
    leading = np.where(behind == behind.max(axis=1, keepdims=True), scores, -1.0)
    return float(right[rows[:, 0], leading.argmax(axis=1)].mean())


def subsets(n: int, k: int) -> NDArray[np.int64]:
    """Return all subsets of k of n, or ``DRAWS`` random ones where there are more; each rising, shape [subsets, k]."""
    if math.comb(n, k) <= DRAWS:
        return np.array(list(combinations(range(n), k)))
    order = np.argsort(np.random.default_rng(0).random((DRAWS, n)), axis=1)
    return np.sort(order[:, :k], axis=1)
