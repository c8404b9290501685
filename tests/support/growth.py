"""Compare the CPU time of work on a short and on a long text; a busy machine distorts the ratio less than the times."""

import time
from collections.abc import Callable

TIMES = 8
"""Length of the long text over that of the short one: linear work takes 8 times as long, quadratic work 64 times."""
LIMIT = 20.0
TRIES = 5


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds of this process for one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def is_linear(work: Callable[[str], object], text: Callable[[int], str], length: int, *, bound: float) -> bool:
    """True if work on ``text(length)`` takes under ``bound`` CPU seconds a character, or grows no faster than its text.

    The bound is only a screen, set for a quiet machine: whatever passes it is quick and needs no second look. For the
    rest the verdict is the ratio to a text of an eighth of the length, by the least times of several turns.
    """
    if seconds(lambda: work(text(length))) <= bound * length:
        return True
    short, long = float("inf"), float("inf")
    for _ in range(TRIES):
        short = min(short, seconds(lambda: work(text(length // TIMES))))
        long = min(long, seconds(lambda: work(text(length))))
        if long <= max(LIMIT * short, bound * length):
            return True
    return False
