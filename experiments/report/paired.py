"""Paired tests of two arms on the same problems: a difference, and equivalence."""

import math
from typing import NamedTuple

import numpy as np

from hintree.statistics.bootstrap import RESAMPLES, Floats, weights

LEVEL = 0.05
"""Level of the tests."""
PRIOR = 1.5
"""Weight, in problems, of the problem won and the problem lost that a test of equivalence adds."""


class Paired(NamedTuple):
    """Numbers of problems on which one arm did better and worse, and the exact two-sided p in [0, 1]."""

    won: int
    lost: int
    p: float


def mcnemar(ours: Floats, theirs: Floats) -> Paired:
    """Compute the exact McNemar test (McNemar 1947), with the binomial distribution instead of chi-squared.

    With several seeds the attempts at one problem are not independent, so a problem is won where more of its seeds are
    right: the exact sign test over problems, which is McNemar's for one seed.

    Args:
        ours: 1 where an attempt of one arm is right, else 0; shape [problems, seeds].
        theirs: The same of the other arm.
    """
    gained = ours.sum(axis=1) - theirs.sum(axis=1)
    won, lost = int((gained > 0).sum()), int((gained < 0).sum())
    return Paired(won, lost, sign_test(won, lost))


def sign_test(won: int, lost: int) -> float:
    """Return the two-sided p of ``won`` against ``lost`` under a fair coin, in [0, 1]; 1 if both are 0."""
    n = won + lost
    tail = sum(math.comb(n, i) for i in range(min(won, lost) + 1))
    return min(1.0, float(2 * tail / 2**n))


class Equivalence(NamedTuple):
    """Result of a test of equivalence.

    margin: Largest difference that counts as none, in (0, 1).
    low, high: 90 % interval of the difference.
    p: Larger p of the two one-sided tests, in (0, 1].
    """

    margin: float
    low: float
    high: float
    p: float

    @property
    def equivalent(self) -> bool:
        """Tell whether the difference lies within the margin, at a level of 5 %."""
        return self.p < LEVEL


def equivalence(ours: Floats, theirs: Floats, both: Floats, margin: float) -> Equivalence:
    """Test that two accuracies differ by less than a margin: two one-sided tests (Schuirmann 1987), bootstrapped.

    The hypotheses "the difference is at most -margin" and "at least margin" are both to be rejected; each p is the
    share of resamples of problems, each with all its seeds, that lie beyond its margin, (count + 1) / (resamples + 1).
    Without a difference there is nothing to resample, so two problems of weight ``PRIOR`` are added, one won and one
    lost: arms that never differ are then equivalent from 3 / margin problems on, as by the rule of three (Hanley and
    Lippman-Hand 1983).

    Args:
        ours: 1 where an attempt of one arm is right, else 0; shape [problems, seeds].
        theirs: The same of the other arm.
        both: 1 where both arms have a graded attempt.
        margin: In (0, 1).
    """
    there = both.any(axis=1)
    if not there.any():
        return Equivalence(margin, -1.0, 1.0, 1.0)
    gains, tries = ((ours - theirs) * both)[there].sum(axis=1), both[there].sum(axis=1)
    added = PRIOR * float(tries.mean())
    gains, tries = np.append(gains, [added, -added]), np.append(tries, [added, added])
    drawn = weights(len(gains))
    differences = (drawn @ gains) / (drawn @ tries)
    beyond = max(int((differences <= -margin).sum()), int((differences >= margin).sum()))
    low, high = np.percentile(differences, [5, 95])
    return Equivalence(margin, float(low), float(high), (beyond + 1) / (RESAMPLES + 1))
