"""The knobs of the lab: how hard a problem is."""

from collections.abc import Sequence
from dataclasses import dataclass

from hintree.experiments.lab.problem import MAX_VALUE


@dataclass(frozen=True)
class Knobs:
    """Difficulty beyond the number of steps; the defaults are what the shipped models know and are measured on.

    Attributes:
        distractors: Numbers of facts to draw from that the answer does not need, each in 0..2.
        dead_ends: Probability in [0, 1] that a distractor is made from needed quantities, and so looks like the next
            step; otherwise it just states a number.
        shuffle: Probability in [0, 1] that the facts stand in random order instead of in order of use.
        branching: How often a second chain is opened, to be joined with the first later on, in [0, 1].
        largest: Largest value, at most MAX_VALUE.
        wordings: How many of the ways to word a relation occur; 1 is the plainest.
    """

    distractors: Sequence[int] = (0, 0, 1)
    dead_ends: float = 0.0
    shuffle: float = 0.0
    branching: float = 0.0
    largest: int = 99
    wordings: int = 1


KNOWN = ("relations", "ages", "totals", "shopping")
"""The families that the shipped models know."""
PLAIN = Knobs()
"""The lab as it is asked by default."""
LEARNED = Knobs(distractors=(0, 1, 1))
"""What the shipped models learn from: more distractors than they are asked."""
WIDE = Knobs(largest=MAX_VALUE, wordings=3)
"""All that the lab can tell, with distractors that just state a number; for models that are still to be trained."""
EASY = Knobs(distractors=(0,))
"""The easy split: no distractor; with 1 to 3 steps."""
EASY_STEPS = range(1, 4)
