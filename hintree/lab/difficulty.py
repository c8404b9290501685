"""The knobs of the lab: how hard a problem is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from hintree.errors import UsageError
from hintree.lab.problem import MAX_VALUE


@dataclass(frozen=True)
class Difficulty:
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


KNOWN_FAMILIES = ("relations", "ages", "totals", "shopping")
"""The families that the shipped models know."""
STANDARD = Difficulty()
"""The lab as it is asked by default."""
TRAINING = Difficulty(distractors=(0, 1, 1))
"""What the shipped models learn from: more distractors than they are asked."""
WIDE = Difficulty(largest=MAX_VALUE, wordings=3)
"""All that the lab can tell, with distractors that just state a number; for models that are still to be trained."""
EASY = Difficulty(distractors=(0,))
"""The easy split: no distractor; with 1 to 3 steps."""
EASY_STEPS = range(1, 4)


def parse_range(text: str, what: str = "steps", numbers: str = "1 to 10", example: str = "2-8") -> range:
    """A range from "6" or "2-8". Raises UsageError."""
    first, _, last = text.partition("-")
    try:
        return range(int(first), int(last or first) + 1)
    except ValueError:
        raise UsageError(f"{what} {text!r} is not a number from {numbers} or a range such as {example}") from None


def make_difficulty(difficulty: Difficulty, given: Mapping[str, Any]) -> Difficulty:
    """The knobs with what is given (and not None) in place of their own, as values or as text.

    Raises:
        UsageError: ``distractors`` is no number and no range such as "0-2".
        ValueError: Another knob is no number.
    """
    given_text: dict[str, Any] = {}
    for name in (field.name for field in fields(Difficulty) if given.get(field.name) is not None):
        if name == "distractors":
            given_text[name] = parse_range(given[name], "distractors", "0 to 2", "0-2")
        else:
            given_text[name] = type(getattr(difficulty, name))(given[name])
    return replace(difficulty, **given_text)
