"""Expressions, equations, sets and matrices, by math-verify on sympy. Only the worker processes import this.

math-verify reads LaTeX with a grammar and never evaluates Python, but some texts keep it busy for hours or make it want
gigabytes: nothing here is safe without the limits of worker.py.
"""

import logging

from math_verify import LatexExtractionConfig, parse, verify
from sympy import Abs, Basic, Expr, Float, I, MatrixBase, Rational, nan, zoo
from sympy.core.relational import Relational

from hintree.grade.numbers import CLOSE

DIGITS = 40
"""Digits to which numbers are computed."""

logging.getLogger("math_verify").setLevel(logging.CRITICAL)  # it warns that its own time limits are off: ours are on


def same_value(reference: str, answer: str) -> bool:
    """Whether two answers in normal spelling mean the same; what cannot be read is the same as nothing."""
    left, right = read(reference), read(answer)
    if left is None or right is None:
        return False
    if is_number(left) and is_number(right):
        return same_number(left, right)
    left, right = exact(left), exact(right)
    return any(
        verify(a, b, numeric_precision=DIGITS, allow_set_relation_comp=True, timeout_seconds=None)
        for a, b in ((left, right), (right, left))
    )


def read(text: str) -> Basic | MatrixBase | None:
    """An answer as a sympy object with i as the imaginary unit; None if it cannot be read, or is not defined."""
    found = parse(f"${text}$", [LatexExtractionConfig()], fallback_mode="no_fallback", parsing_timeout=None)
    if not found or not isinstance(found[0], Basic | MatrixBase) or found[0].has(nan, zoo):
        return None
    return found[0].xreplace({symbol: I for symbol in found[0].free_symbols if str(symbol) == "i"})


def is_number(value: Basic | MatrixBase) -> bool:
    """Whether this is one number, and not a set, relation, matrix or anything with variables."""
    return isinstance(value, Expr) and not isinstance(value, Relational) and not value.free_symbols


def same_number(left: Expr, right: Expr) -> bool:
    """Whether two numbers are equal; a decimal may stand for an exact value from which it is CLOSE of it away."""
    if left == right:
        return True
    share = Rational(CLOSE) if left.has(Float) != right.has(Float) else Rational(1, 10 ** (DIGITS - 10))
    a, b = (exact(value).doit() for value in (left, right))
    if not (a.is_finite and b.is_finite):
        return bool(a.is_infinite and a == b)
    return bool(Abs(a - b).evalf(DIGITS) <= (share * Abs(a)).evalf(DIGITS))


def exact(value: Basic | MatrixBase) -> Basic | MatrixBase:
    """With every decimal as the fraction that was written, so that nothing is rounded when values are compared."""
    return value.xreplace({number: Rational(str(number)) for number in value.atoms(Float)})
