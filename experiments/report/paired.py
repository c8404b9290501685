"""Two arms on the same problems."""

import math
from typing import NamedTuple

from hintree.statistics.bootstrap import Floats


class Paired(NamedTuple):
    """Problems on which one arm did better, on which it did worse, and the exact two-sided p, in [0, 1]."""

    won: int
    lost: int
    p: float


def mcnemar(ours: Floats, theirs: Floats) -> Paired:
    """The exact McNemar test (McNemar 1947, with the binomial distribution instead of chi-squared).

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
    """Probability that fair coins fall at least as unevenly as ``won`` to ``lost``; 1 if there is no coin."""
    n = won + lost
    tail = sum(math.comb(n, i) for i in range(min(won, lost) + 1))
    return min(1.0, float(2 * tail / 2**n))
