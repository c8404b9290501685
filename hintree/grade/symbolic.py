"""Expressions, equations and sets, by math-verify on sympy. Only the worker processes import this.

math-verify reads LaTeX with a grammar and never evaluates Python, but some texts keep it busy for hours or make it want
gigabytes: nothing here is safe without the limits of limits.py, steps.py and worker.py.
"""

import logging

from math_verify import LatexExtractionConfig, parse, verify
from sympy import (
    Abs,
    Basic,
    Expr,
    FiniteSet,
    Float,
    I,
    MatrixBase,
    Poly,
    PolynomialError,
    Rational,
    S,
    expand,
    factor_list,
    nan,
    nsimplify,
    numer,
    simplify,
    solveset,
    together,
    zoo,
)
from sympy.core.relational import Relational

from hintree.grade.numbers import CLOSE
from hintree.grade.steps import Stopped

DIGITS = 40
"""Digits to which numbers are computed."""
DEGREE = 60
"""Largest degree of an equation."""
TERMS = 300
"""Most terms of an equation, and most operations of an expression."""

logging.getLogger("math_verify").setLevel(logging.CRITICAL)  # it warns that its own time limits are off: ours are on


def same_value(reference: str, answer: str) -> bool:
    """Return whether two answers in normal spelling mean the same; what cannot be read is the same as nothing."""
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
    """Return an answer as a sympy object with i as the imaginary unit; None if it cannot be read, or is not defined.

    Raises:
        Stopped: It has more operations than the limit.
    """
    found = parse(f"${text}$", [LatexExtractionConfig()], fallback_mode="no_fallback", parsing_timeout=None)
    if not found or not isinstance(found[0], Basic | MatrixBase) or found[0].has(nan, zoo):
        return None
    if isinstance(found[0], Basic) and found[0].count_ops() > TERMS:
        raise Stopped
    return found[0].xreplace({symbol: I for symbol in found[0].free_symbols if str(symbol) == "i"})


def is_number(value: Basic | MatrixBase) -> bool:
    """Return whether this is one number, and not a set, relation, matrix or anything with variables."""
    return isinstance(value, Expr) and not isinstance(value, Relational) and not value.free_symbols


def same_number(left: Expr, right: Expr) -> bool:
    """Return whether two numbers are equal; a decimal may stand for an exact value that is CLOSE of it away."""
    if left == right:
        return True
    share = Rational(CLOSE) if left.has(Float) != right.has(Float) else Rational(1, 10 ** (DIGITS - 10))
    a, b = (exact(value).doit() for value in (left, right))
    if not (a.is_finite and b.is_finite):
        return bool(a.is_infinite and a == b)
    return bool(Abs(a - b).evalf(DIGITS) <= (share * Abs(a)).evalf(DIGITS))


def exact(value: Basic | MatrixBase) -> Basic | MatrixBase:
    """Return a value with every decimal as the fraction that was written, so that comparing rounds nothing."""
    return value.xreplace({number: Rational(str(number)) for number in value.atoms(Float)})


def same_equation(reference: str, answer: str) -> bool:
    """Return whether two equations have the same solutions over their unknowns."""
    left, right = difference(reference), difference(answer)
    if left is None or right is None:
        return False
    left, right = expand(left), expand(right)
    if left.is_zero or right.is_zero or left.free_symbols != right.free_symbols or not left.free_symbols:
        return False
    if left - right == 0 or left + right == 0:
        return True
    try:
        return factors(left) == factors(right)
    except PolynomialError:
        quotient = simplify(left / right)
        if not quotient.free_symbols and quotient.is_zero is False:
            return True
        return same_solutions(left, right)


def difference(text: str) -> Expr | None:
    """Return the left side of an equation minus its right side."""
    left, _, right = text.partition("=")
    a, b = read(left.strip()), read(right.strip())
    if not isinstance(a, Expr) or not isinstance(b, Expr) or a.is_Relational or b.is_Relational:
        return None
    return exact(a - b)


def factors(side: Expr) -> frozenset[Expr]:
    """Return the irreducible factors of the numerator with unknowns, each with a leading coefficient of 1.

    Raises:
        PolynomialError: The numerator is no polynomial.
        Stopped: Its degree or its number of terms is above the limit.
    """
    above = numer(together(side))
    unknowns = sorted(above.free_symbols, key=str)
    poly = Poly(above, *unknowns)
    if poly.total_degree() > DEGREE or len(poly.terms()) > TERMS:
        raise Stopped
    if any(coefficient.free_symbols for coefficient in poly.coeffs()):
        raise PolynomialError("an unknown is no generator")
    _, found = factor_list(above, *unknowns)
    return frozenset(Poly(factor, *unknowns).monic().as_expr() for factor, _ in found)


def same_solutions(left: Expr, right: Expr) -> bool:
    """Return whether two equations in one real unknown have the same finite set of solutions."""
    if len(left.free_symbols) != 1:
        return False
    (unknown,) = left.free_symbols
    a, b = (solveset(side, unknown, S.Reals) for side in (left, right))
    if not (isinstance(a, FiniteSet) and isinstance(b, FiniteSet)):
        return bool(a == b) and not a.is_empty
    rest = [nsimplify(value) for value in b]
    return len(a) == len(b) > 0 and all(any(simplify(x - y) == 0 for y in rest) for x in a)
