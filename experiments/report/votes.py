"""What k solutions are worth: that one of them is right, and that a vote among them is."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

DRAWS = 100
"""Random subsets that stand for all subsets of k solutions."""


class Finished(NamedTuple):
    """A finished solution: its answer in canonical form, whether it is right, and its trajectory score in [0, 1]."""

    answer: str
    right: bool
    score: float


def pass_at_k(n: int, right: int, k: int) -> float:
    """Probability that one of k solutions, drawn from n of which some are right, is right: 1 - C(n-c, k) / C(n, k).

    The unbiased estimate of Chen et al. 2021, arXiv 2107.03374. Where there are fewer than k solutions, all are drawn.
    """
    if n == 0:
        return 0.0
    k = min(k, n)
    return 1.0 - math.comb(n - right, k) / math.comb(n, k)


def vote_at_k(solutions: Sequence[Finished], k: int, *, weighted: bool) -> float:
    """Probability that the vote of k of the solutions is right; each counts 1, or its score if ``weighted``.

    Ties go to the higher score, then to the earlier solution, as in ``search.choose``. Where there are no more than k
    solutions all vote once; else random subsets do.
    """
    n = len(solutions)
    if n == 0:
        return 0.0
    rng = np.random.default_rng(0)
    drawn = np.sort(np.argsort(rng.random((DRAWS if k < n else 1, n)), axis=1)[:, :k], axis=1)
    codes = {solution.answer: i for i, solution in enumerate(solutions)}
    answers = np.array([codes[solution.answer] for solution in solutions])[drawn]
    scores = np.array([solution.score for solution in solutions])[drawn]
    right = np.array([solution.right for solution in solutions])[drawn]
    rows = np.arange(len(drawn))[:, None]
    weight = np.zeros((len(drawn), n))
    np.add.at(weight, (rows, answers), scores if weighted else 1.0)
    behind = weight[rows, answers]
    leading = np.where(behind == behind.max(axis=1, keepdims=True), scores, -1.0)
    return float(right[rows[:, 0], leading.argmax(axis=1)].mean())
