"""Exact numbers: what most answers are, compared without floats and without another process."""

import re
from fractions import Fraction

DECIMAL = r"(?:\d+\.?\d*|\.\d+)"
NUMBER = re.compile(
    rf"(?P<sign>[-+]?)\s*(?:"
    rf"(?P<decimal>{DECIMAL})(?:\s*(?:\\times|\\cdot|\*)\s*10\s*\^\s*\{{?\s*(?P<exponent>[-+]?\d+)\s*\}}?)?"
    rf"|(?P<a>[-+]?{DECIMAL})\s*/\s*(?P<b>[-+]?{DECIMAL})"
    rf"|\\frac\{{\s*(?P<above>[-+]?{DECIMAL})\s*\}}\{{\s*(?P<below>[-+]?{DECIMAL})\s*\}}"
    rf"|\((?P<whole>\d+)\+\\frac\{{(?P<up>\d+)\}}\{{(?P<down>\d+)\}}\))"
)
LARGEST = 1000
"""Largest exponent of ten that is written out."""
CLOSE = Fraction(1, 10**6)
"""How far, as a share, a decimal may be from the exact value that it stands for."""


def read_number(text: str) -> Fraction | None:
    r"""The value of an integer, decimal, fraction or mixed number in normal spelling; None for anything else.

    >>> read_number(r"-\frac{1}{2}"), read_number(r"1.5 \times 10^{3}"), read_number("2x")
    (Fraction(-1, 2), Fraction(1500, 1), None)
    """
    match = NUMBER.fullmatch(text)
    if match is None or abs(int(match["exponent"] or 0)) > LARGEST:
        return None
    below = Fraction(match["b"] or match["below"] or match["down"] or 1)
    if not below:
        return None
    if match["decimal"]:
        value = Fraction(match["decimal"]) * Fraction(10) ** int(match["exponent"] or 0)
    else:
        value = int(match["whole"] or 0) + Fraction(match["a"] or match["above"] or match["up"]) / below
    return -value if match["sign"] == "-" else value


def same_number(reference: Fraction, answer: Fraction) -> bool:
    """Whether two exact values are equal; a decimal may stand for one with no end, such as 0.3333333 for 1/3."""
    if reference == answer:
        return True
    endless = ends(reference) != ends(answer)
    return endless and abs(reference - answer) <= CLOSE * abs(reference)


def ends(value: Fraction) -> bool:
    """Whether the decimal places of a value end."""
    below = value.denominator
    for prime in (2, 5):
        while below % prime == 0:
            below //= prime
    return below == 1
