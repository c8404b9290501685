"""Quantities: a number with its unit, or several of one kind, as "3 hours and 20 minutes"."""

import re
from fractions import Fraction

from hintree.grade.numbers import read_number
from hintree.grade.unit_tables import SIZE
from hintree.grade.units import cut, named
from hintree.grade.words import spelled

PART = re.compile(
    r"(?:^|(?<=[ ,]))(?P<number>\d{1,15}(?:\.\d{1,9})?|\(\d{1,9}\+\\frac\{\d{1,9}\}\{\d{1,9}\}\)|\d{1,9}/\d{1,9}|(?!and )[a-z]{3,9}(?:-[a-z]{3,5})?) ?"  # noqa: E501
    r"(?P<unit>[a-zA-Z]{1,12})\.?(?=$|[ ,])"
)
RELATION = re.compile(r"\\(?:le|ge|ne|in|\{)(?![a-zA-Z])")
FEET = re.compile(r"(\d{1,6}) ?' ?(\d{1,3}(?:\.\d{1,3})?) ?\"")


def total(text: str) -> tuple[int, Fraction] | None:
    """Return the kind of a compound quantity and its sum in the smallest unit of the kind; None for other texts.

    >>> total("3 hours and 20 minutes") == total("3 h 20 min"), total("3 hours")
    (True, None)
    """
    if len(text) > 120:
        return None
    text = FEET.sub(r"\1 ft \2 in", text)
    kind, size, value, end = -1, Fraction(0), Fraction(0), 0
    found = list(PART.finditer(text))
    if len(found) < 2:
        return None
    for match in found:
        between = text[end : match.start()].strip(" ,")
        number, unit = read_number(spelled(match["number"])), named(match["unit"])
        if between not in (("and", "") if end else ("",)) or number is None or unit not in SIZE:
            return None
        if kind not in (-1, SIZE[unit][0]) or (end and SIZE[unit][1] >= size):
            return None
        (kind, size), end = SIZE[unit], match.end()
        value += number * size
    return (kind, value) if not text[end:].strip(" .") else None


def single(text: str) -> tuple[int, Fraction] | None:
    """Return the kind of a quantity with one unit and its size in the smallest unit of the kind."""
    value, words = cut(text)
    number, unit = read_number(value), named(words) if words else ""
    if number is None or unit not in SIZE:
        return None
    kind, size = SIZE[unit]
    return kind, number * size


def money(text: str) -> tuple[int, Fraction] | None:
    """Return a bare number as an amount of dollars; None if it is no number."""
    number = read_number(text)
    kind, size = SIZE["$"]
    return None if number is None else (kind, number * size)


def read_ratio(text: str) -> list[str] | None:
    """Return the terms of a ratio "4:5" or "4 to 5"; None for other texts."""
    if len(text) > 200 or ("\\" in text and ":" not in text) or RELATION.search(text):
        return None
    text = text.removesuffix(" ratio")
    terms = [term.strip() for term in text.replace(" to ", ":").split(":")]
    plain = all(
        term and (term[0].isalnum() or term[0] in "-\\(.") and not any(c in term for c in "<>=|,") for term in terms
    )
    return terms if len(terms) > 1 and plain and not any(len(term) > 40 for term in terms) else None
