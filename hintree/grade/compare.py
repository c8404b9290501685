"""Whether an answer is right: what needs no algebra is decided here, the rest in a worker."""

import re
from functools import lru_cache

from hintree.grade.normal import normal
from hintree.grade.numbers import read_number, same_number
from hintree.grade.units import split_unit
from hintree.grade.workers import WORKERS

LONGEST = 1000
"""Characters of an answer that is read; longer ones are right only letter by letter."""
WORDS = re.compile(r"[^\W\d_][^\W\d_\s'.,-]+[^\\\d=<>^{}()]*|.*(?<![\d_])\d+\s+\d.*|\d{1,2}:\d\d(?::\d\d)?", re.DOTALL)
"""What algebra would misread: words as products of letters, numbers side by side as sums, times as quotients."""
SPACES = re.compile(r"(?<!\w)\s+|\s+(?!\w)")
CLASH = ("({", "[{", "{(", "{[")
"""Brackets of which algebra would not see the difference: a point or an interval is no set of numbers."""
NEVER = ("", "nan")
"""Answers that equal nothing, not even themselves."""


@lru_cache(maxsize=2**14)
def equal(reference: str, answer: str) -> bool:
    r"""Whether two final answers mean the same.

    Numbers are compared exactly, other answers as expressions, equations, sets or matrices (needs ``hintree[study]``),
    words without case. A decimal may stand for a value whose decimals do not end if it is within 1e-6 of it. Empty
    answers and "nan" equal nothing. A unit that only one side has is ignored, units of both sides must be the same
    (units.py). Answers longer than 1,000 characters must be the same letter by letter.

    Any text is safe: none is evaluated, and one that cannot be compared within 2 seconds and 1 GiB is not equal.

    >>> equal("1/2", r"\boxed{0.5}"), equal("1000", "$1,000"), equal("2 1/2", "21/2")
    (True, True, False)

    Raises:
        UsageError: An answer is no number, and math-verify is not installed.
        HintreeError: The worker processes cannot be started, or are killed from outside.
    """
    verdict = decide(reference, answer)
    return verdict if isinstance(verdict, bool) else WORKERS.ask(verdict)


def decide(reference: str, answer: str) -> bool | list[tuple[str, str]]:
    """The verdict, or the pairs of values of which one must be the same."""
    if max(len(reference), len(answer)) > LONGEST:
        return reference.strip() == answer.strip()
    left, right = normal(reference), normal(answer)
    if left.casefold() in NEVER or right.casefold() in NEVER:
        return False
    if same_words(left, right):
        return True
    pairs = readings(split_unit(left), split_unit(right))
    return cheaply(pairs)


def same_words(left: str, right: str) -> bool:
    """Whether two spellings differ only in case, and in spaces that separate nothing."""
    return SPACES.sub("", left.casefold()) == SPACES.sub("", right.casefold())


def readings(reference: tuple[str, str], answer: tuple[str, str]) -> list[tuple[str, str]]:
    """Pairs of values without units, one for each way to read them; none if the units differ."""
    (left, unit), (right, other) = reference, answer
    if unit and other and unit != other:
        return []
    pairs = [(left, right)]
    if unit != other and unit == "%":
        pairs.append((rf"\frac{{{left}}}{{100}}", right))
    if unit != other and other == "%":
        pairs.append((left, rf"\frac{{{right}}}{{100}}"))
    return pairs


def cheaply(pairs: list[tuple[str, str]]) -> bool | list[tuple[str, str]]:
    """True if the values of a pair are the same; else the pairs that only algebra can tell, False if there are none."""
    rest = []
    for left, right in pairs:
        a, b = read_number(left), read_number(right)
        if a is not None and b is not None:
            if same_number(a, b):
                return True
        elif same_words(left, right):
            return True
        elif not any(WORDS.fullmatch(text) for text in (left, right)) and bracket(left) + bracket(right) not in CLASH:
            rest.append((left, right))
    return rest or False


def bracket(text: str) -> str:
    """The bracket that a text starts with, if it also ends with one; else ""."""
    text = text.lstrip("\\")
    return text[0] if text[:1] in ("(", "[", "{") and text[-1:] in (")", "]", "}") else ""
