r"""Equations: an unknown and its value ("x = 5", "f(x) = 2x", "Total cost = $5"), or two sides of any kind."""

import re
from dataclasses import dataclass

from hintree.grade.regions import relation

INDEX = r"(?: ?_ ?(?:\{ ?\w{1,8} ?\}|\w))?'{0,2}"
UNKNOWN = re.compile(
    rf"(?:[a-zA-Z]{INDEX}|\\(?:alpha|beta|gamma|delta|theta|lambda|mu|phi|sigma|omega|rho|ell|Delta){INDEX}"
    rf"|[a-zA-Z]{INDEX} ?(?:\^ ?\{{? ?-1 ?\}}?)? ?\( ?[^()=]{{1,20}} ?\)|(?:m ?)?\\angle ?\{{? ?[A-Z]{{1,3}} ?\}}?|(?:\\overline ?\{{ ?)?[A-Z]{{2}}(?: ?\}})?"  # noqa: E501
    rf"|\( ?[a-zA-Z]{INDEX}(?: ?, ?[a-zA-Z]{INDEX}){{1,5}} ?\)|[a-z]?(?:[A-Z][a-z]{{2,15}}|[a-z]{{4,15}})(?: [a-zA-Z]{{1,15}}){{0,5}})"  # noqa: E501
)
"""The left side of "x = 5": a letter, a function of one, an angle, a segment, a tuple of letters, or words."""
FUNCTION = re.compile(rf"[a-zA-Z]{INDEX} ?\( ?([a-z]) ?\)")
LETTER = re.compile(r"(?<![a-zA-Z\\])[a-zA-Z](?![a-zA-Z])|\\(?:alpha|beta|gamma|theta|lambda|mu)(?![a-zA-Z])")


@dataclass(frozen=True, slots=True)
class Equation:
    """An equation.

    Attributes:
        text: All of it.
        unknown: Its left side if that is one unknown, without spaces, else "".
        left: Its left side.
        right: Its last side.
    """

    text: str
    unknown: str
    left: str
    right: str


def read_equation(text: str) -> Equation | None:
    """Return the equation that an answer is, None if it is none; the unknown may stand on either side."""
    if "=" not in text:
        return None
    sides, signs = relation(text)
    if not signs or any(sign != "=" for sign in signs) or not all(sides):
        return None
    if UNKNOWN.fullmatch(sides[0]):
        return Equation(text, sides[0].replace(" ", ""), sides[0], sides[-1])
    if len(sides) == 2 and UNKNOWN.fullmatch(sides[1]) and not letters(sides[0]):
        return Equation(text, sides[1].replace(" ", ""), sides[1], sides[0])
    return Equation(text, "", sides[0], sides[-1])


def letters(text: str) -> set[str]:
    """Return the letters of a formula that stand alone."""
    return set(LETTER.findall(text))


def is_function(unknown: str) -> bool:
    """Return whether an unknown is a function of a letter, "f(x)"."""
    return bool(FUNCTION.fullmatch(unknown))
