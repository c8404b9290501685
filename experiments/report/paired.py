"""Paired tests of two arms on the same problems."""

import math
from typing import NamedTuple

from hintree.statistics.bootstrap import Floats


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
