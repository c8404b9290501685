"""A problem with its reference answer, and the error of a row that is none."""

import math
import reprlib
from dataclasses import dataclass

from hintree.search.core.tree import Problem

LONGEST_SHOWN = 40
"""Characters of a value in an error message."""


class RowError(ValueError):
    """A row is not a problem with an answer; the message is one line and says why."""


@dataclass(frozen=True, slots=True)
class Case:
    """A problem with its reference answer. A solver gets ``problem`` only, which has no field for the answer.

    Attributes:
        problem: The question, its id, and the options of a multiple-choice question.
        reference: The final answer as it was written; for multiple choice the letter of the right option.
        family: Family or subject, "" if unknown.
        steps: Steps of the gold solution without the answer step, None if unknown.
        choices: Texts of the options, (A) first; () if the question is open.
        twin_of: Id of the problem that this one is a variant of, "" for none.
        variant: Kind of variant, such as "distractor"; "" where unknown.
    """

    problem: Problem
    reference: str
    family: str = ""
    steps: int | None = None
    choices: tuple[str, ...] = ()
    twin_of: str = ""
    variant: str = ""


def show(value: object) -> str:
    """Return a short, one-line form of any value, in bounded time."""
    return reprlib.repr(value[:LONGEST_SHOWN] if isinstance(value, str) else value)[:LONGEST_SHOWN]


def is_empty(value: object) -> bool:
    """Return True for None, NaN, blank text and empty containers, which stand for a missing value."""
    if isinstance(value, float):
        return math.isnan(value)
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, list | tuple | dict) and not value)


def check_unicode(*texts: str) -> None:
    """Raise RowError for half of a surrogate pair, which no tokenizer and no file can hold."""
    for text in texts:
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise RowError(f"half of a surrogate pair at character {error.start}") from error
