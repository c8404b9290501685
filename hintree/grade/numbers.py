"""Exact numbers: what most answers are, compared without floats and without another process."""

import re
from fractions import Fraction

DECIMAL = r"(?:\d++(?:\.\d*+)?|\.\d++)"
NUMBER = re.compile(
    rf"(?P<sign>[-+]?) ?(?:"
    rf"(?P<decimal>{DECIMAL})(?: ?(?:\\times|\\cdot|\*) ?10 ?\^ ?(?:\{{ ?(?P<exponent>[-+]?\d{{1,9}}) ?\}}|(?P<plain>[-+]?\d{{1,9}})))?"  # noqa: E501
    rf"|(?P<a>[-+]?{DECIMAL}) ?/ ?(?P<b>[-+]?{DECIMAL})"
    rf"|\\frac\{{ ?(?P<above>[-+]?{DECIMAL}) ?\}} ?\{{ ?(?P<below>[-+]?{DECIMAL}) ?\}}"
    rf"|\((?P<whole>\d++)\+\\frac\{{(?P<up>\d++)\}}\{{(?P<down>\d++)\}}\)"
    rf"|\( ?(?P<ra>[-+]?{DECIMAL}) ?/ ?(?P<rb>[-+]?{DECIMAL}) ?\))"
)
POWER_OF_TEN = re.compile(r"([-+]?)10 ?\^ ?\{ ?([-+]?\d{1,9}) ?\}")
LARGEST = 1000
"""Largest exponent of ten that is written out."""
LONGEST = 1500
"""Characters of a number that is read."""
CLOSE = Fraction(1, 10**6)
"""Largest distance, as a share, that a decimal may be from the exact value that it stands for."""


def read_number(text: str) -> Fraction | None:
    r"""Return the value of an integer, decimal, fraction or mixed number in normal spelling; None for anything else.

    >>> read_number(r"-\frac{1}{2}"), read_number(r"1.5 \times 10^{3}"), read_number("2x")
    (Fraction(-1, 2), Fraction(1500, 1), None)
    """
    if text.isdecimal() and len(text) < 40:
        return Fraction(int(text))
    if len(text) > LONGEST:
        return None
    match = NUMBER.fullmatch(text)
    if match is None:
        ten = POWER_OF_TEN.fullmatch(text)
        if ten is None or abs(int(ten[2])) > LARGEST:
            return None
        return (-1 if ten[1] == "-" else 1) * Fraction(10) ** int(ten[2])
    exponent = int(match["exponent"] or match["plain"] or 0)
    if abs(exponent) > LARGEST:
        return None
    below = Fraction(match["b"] or match["below"] or match["down"] or match["rb"] or 1)
    if not below:
        return None
    if match["decimal"]:
        value = Fraction(match["decimal"]) * Fraction(10) ** exponent
    else:
        above = match["a"] or match["above"] or match["up"] or match["ra"]
        value = int(match["whole"] or 0) + Fraction(above) / below
    return -value if match["sign"] == "-" else value


def same_number(reference: Fraction, answer: Fraction) -> bool:
    """Return whether two exact values are equal; a decimal may stand for one with no end, as 0.3333333 for 1/3."""
    if reference == answer:
        return True
    endless = ends(reference) != ends(answer)
    return endless and abs(reference - answer) <= CLOSE * abs(reference)


def ends(value: Fraction) -> bool:
    """Return whether the decimal places of a value end."""
    below = value.denominator
    for prime in (2, 5):
        while below % prime == 0:
            below //= prime
    return below == 1
