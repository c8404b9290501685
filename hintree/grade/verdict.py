"""Verdicts, and the two ways in which those of the parts of an answer combine."""

from collections.abc import Iterable
from enum import Enum


class Verdict(Enum):
    """The result of grading an answer.

    Attributes:
        RIGHT: The answer means the same as the reference.
        WRONG: It means something else, or nothing that can be read.
        UNGRADED: Deciding takes more work than the limits allow; nothing is known about the answer.
    """

    RIGHT = "right"
    WRONG = "wrong"
    UNGRADED = "ungraded"

    @classmethod
    def of(cls, right: bool) -> "Verdict":
        """Return RIGHT or WRONG."""
        return cls.RIGHT if right else cls.WRONG


def all_of(verdicts: Iterable[Verdict]) -> Verdict:
    """Return RIGHT if every part is right, WRONG as soon as one is wrong, else UNGRADED."""
    result = Verdict.RIGHT
    for verdict in verdicts:
        if verdict is Verdict.WRONG:
            return verdict
        if verdict is Verdict.UNGRADED:
            result = verdict
    return result


def any_of(verdicts: Iterable[Verdict]) -> Verdict:
    """Return RIGHT as soon as one reading is right, UNGRADED if one that is ungraded might be, else WRONG."""
    result = Verdict.WRONG
    for verdict in verdicts:
        if verdict is Verdict.RIGHT:
            return verdict
        if verdict is Verdict.UNGRADED:
            result = verdict
    return result
