"""Difficulty settings of lab problems."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from hintree.errors import UsageError
from hintree.lab.problem import MAX_VALUE


@dataclass(frozen=True)
class Difficulty:
    """Difficulty beyond the number of steps.

    The defaults are the distribution that the shipped models are trained for and measured on.

    Attributes:
        distractors: Numbers of unneeded facts to draw from, each in 0..2.
        dead_ends: Probability in [0, 1] that a distractor is derived from needed quantities, so that it looks like the
            next step. Any other distractor only states a number.
        shuffle: Probability in [0, 1] that the facts stand in random order instead of in order of use.
        branching: Probability in [0, 1] that a second chain is opened and later joined with the first.
        largest: Largest value, at most MAX_VALUE.
        wordings: Number of wordings per relation to draw from; 1 is the plainest.
    """

    distractors: Sequence[int] = (0, 0, 1)
    dead_ends: float = 0.0
    shuffle: float = 0.0
    branching: float = 0.0
    largest: int = 99
    wordings: int = 1


KNOWN_FAMILIES = ("relations", "ages", "totals", "shopping")
"""The families that the shipped models are trained on."""
STANDARD = Difficulty()
"""The default: the distribution that the shipped models are measured on."""
TRAINING = Difficulty(distractors=(0, 1, 1))
"""The distribution that the shipped models are trained on; it has more distractors than the default."""
WIDE = Difficulty(largest=MAX_VALUE, wordings=3)
"""All families, wordings and numbers, with distractors that only state a number; no shipped model is trained on it."""
VARIED = Difficulty(distractors=(0, 0, 1), wordings=3)
"""All wordings with numbers to 99: the part of the training data beyond the default."""
EASY = Difficulty(distractors=(0,))
"""The easy split: problems of 1 to 3 steps without distractors."""
EASY_STEPS = range(1, 4)


def parse_range(text: str, what: str = "steps", numbers: str = "1 to 16", example: str = "2-8") -> range:
    """Parse a range such as "6" or "2-8". Raises UsageError."""
    first, _, last = text.partition("-")
    try:
        return range(int(first), int(last or first) + 1)
    except ValueError:
        raise UsageError(f"{what} {text!r} is not a number from {numbers} or a range such as {example}") from None


def make_difficulty(difficulty: Difficulty, given: Mapping[str, Any]) -> Difficulty:
    """Return ``difficulty`` with the fields replaced that ``given`` holds and that are not None.

    Args:
        difficulty: The defaults.
        given: New values by field name, as values or as text; other keys are ignored.

    Raises:
        UsageError: ``distractors`` is neither a number nor a range such as "0-2".
        ValueError: Another field is not a number.
    """
    given_text: dict[str, Any] = {}
    for name in (field.name for field in fields(Difficulty) if given.get(field.name) is not None):
        if name == "distractors":
            given_text[name] = parse_range(given[name], "distractors", "0 to 2", "0-2")
        else:
            given_text[name] = type(getattr(difficulty, name))(given[name])
    return replace(difficulty, **given_text)
