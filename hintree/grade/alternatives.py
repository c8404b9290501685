"""One number in two spellings: "1/2 (0.5)", "0.5, or 1/2", "1/3 (about 0.33)"."""

import re
from fractions import Fraction

from hintree.grade.numbers import read_number, same_number
from hintree.grade.units import cut, named, ratio

SEPARATOR = re.compile(r" \(|,? (?:or|i\.e\.,?|that is,?) ")
"""Text between the two spellings."""
LEAD = re.compile(r"(?:or|i\.e\.,?|that is,?|about|approximately|roughly|\\approx) ?")
LONGEST = 160
"""Characters of a text that is read here."""
ROUNDING = Fraction(1, 100)
"""Largest difference, as a share, of a value in brackets that is a rounded one."""


def first_spelling(text: str) -> str:
    """Return the first of two spellings of one number; any other text as it is.

    >>> first_spelling("1/2 (0.5)"), first_spelling("0.5, or 1/2"), first_spelling("2 or 3")
    ('1/2', '0.5', '2 or 3')
    """
    match = SEPARATOR.search(text) if len(text) <= LONGEST else None
    if match is None or (match[0] == " (" and not text.endswith(")")):
        return text
    first, rest = text[: match.start()], text[match.end() :]
    second = LEAD.sub("", rest.removesuffix(")") if match[0] == " (" else rest, count=1)
    return first if first != second and same_quantity(first, second) else text


def same_quantity(first: str, second: str) -> bool:
    """Return whether two texts are one number with its unit, but for rounding."""
    (left, unit), (right, other) = cut(first), cut(second)
    x, y = read_number(left), read_number(right)
    if x is None or y is None:
        return False
    if (named(unit) == "%") != (named(other) == "%"):
        x, y = (x / 100, y) if named(unit) == "%" else (x, y / 100)
        unit = other = ""
    scale = ratio(unit, other) if unit and other else Fraction(1)
    return scale is not None and (same_number(x * scale, y) or abs(x * scale - y) <= ROUNDING * abs(x * scale))
