"""Exact check of a step's arithmetic: does every ``a op b = c`` in it hold?

Sums, products and quotients of numbers are compared as fractions, anything else by the grader, with sympy in its
killable worker processes. No text is ever evaluated: what is parsed is walked through, one operation at a time.
"""

import ast
import operator
import re
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

from hintree.grade.compare import equal
from hintree.scorers.base import Judge, Prefix
from hintree.search.core.ledger import Usage
from hintree.search.core.requests import Response

NOTHING = 0.5
"""Score of a step without any equation between numbers."""
MOST, LONGEST = 20, 2000
"""Equations of a step that are looked at, and characters."""
SPELLINGS = (
    (r"\\(?:times|cdot)|[\u00d7\u00b7]", "*"),
    (r"\\div|\u00f7", "/"),
    (r"\\[dt]?frac\{([^{}]*)\}\{([^{}]*)\}", r"(\1)/(\2)"),
    (r"[\u2212\u2013]", "-"),
    (r"\\[()\[\]]|[$€£]|\\left|\\right", " "),
    (r"(?<=\d),(?=\d{3}\b)", ""),
)
"""Other ways to write arithmetic."""
SENTENCE = re.compile(r"[.;:,!?]\s|\n|\b(?:so|and|then)\b")
SIDE = r"[\d\s.+*/^()-]*"
EQUATION = re.compile(rf"({SIDE})((?:=\s*{SIDE})+)")
OPERATION = re.compile(r"[\d)]\s*[-+*/^]\s*[\d(]")
OPERATIONS: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
CLOSED = re.compile(r"\(*-?[\d(](?:.*[\d)])?", re.DOTALL)


class SymbolicCheck(Judge):
    """1 if all equations between numbers in the step hold, 0 if one does not, 0.5 if there is none."""

    def judge(self, cases: Sequence[Prefix]) -> list[Response[float] | Exception]:
        """A verdict for each."""
        return [Response(check(case.steps[-1]), Usage(1)) for case in cases]


def check(step: str) -> float:
    """The verdict on one step: 0, 0.5 or 1."""
    found = [pair for pair, _ in zip(equations(step), range(MOST), strict=False)]
    return float(all(holds(left, right) for left, right in found)) if found else NOTHING


def holds(left: str, right: str) -> bool:
    """Whether both sides are the same number; a decimal may stand for one whose decimals do not end."""
    a, b = value(left), value(right)
    if a is None or b is None or (a != b and "." in left + right):
        return equal(left, right)
    return a == b


def value(side: str) -> Fraction | None:
    """The number that a side of digits, dots, brackets and + - * / comes to; None if it is anything else."""
    try:
        return walk(ast.parse(side, mode="eval").body)
    except (SyntaxError, ValueError, ZeroDivisionError, MemoryError, RecursionError):
        return None


def walk(part: ast.expr) -> Fraction:
    """The number that a parsed part comes to. Raises ValueError for what is no sum, product or quotient of numbers."""
    if isinstance(part, ast.Constant) and type(part.value) in (int, float):
        return Fraction(str(part.value))
    if isinstance(part, ast.UnaryOp) and isinstance(part.op, ast.USub):
        return -walk(part.operand)
    if isinstance(part, ast.BinOp) and type(part.op) in OPERATIONS:
        return OPERATIONS[type(part.op)](walk(part.left), walk(part.right))
    raise ValueError("not a sum, product or quotient of numbers")


def equations(step: str) -> Iterator[tuple[str, str]]:
    """Both sides of every equation of which one computes something, and both are numbers."""
    text = step[:LONGEST]
    for pattern, spelling in SPELLINGS:
        text = re.sub(pattern, spelling, text)
    text = re.sub(r"^\s*\(\d+\)\s|\bstep \d+\b", " ", text, flags=re.IGNORECASE)  # labels, which are no factors
    for sentence in SENTENCE.split(text):
        for match in EQUATION.finditer(sentence):
            told, behind = sentence[: match.start()], sentence[match.end() :][:1]
            sides = [side.strip().rstrip(".") for side in (match[1] + match[2]).split("=")]
            if touches(told, match[0], behind):
                continue
            yield from ((a, b) for a, b in pairwise(sides) if fits(a) and fits(b) and computes(a, b))


def touches(before: str, match: str, behind: str) -> bool:
    """Whether an equation is part of more than it shows: of a name, a variable, a percentage, an index."""
    cut = before[-1:].isalnum() and not match[:1].isspace()
    minus = match.strip().startswith("-") and before.rstrip()[-1:].isalnum()
    more = behind.isalpha() and not match[-1:].isspace()
    return cut or minus or more or before.rstrip()[-1:] in ("\\", "%", "^", "_", "}")


def fits(side: str) -> bool:
    """Whether this can be a whole side: it begins and ends with a number or a bracket, all of them closed."""
    return CLOSED.fullmatch(side) is not None and side.count("(") == side.count(")")


def computes(left: str, right: str) -> bool:
    """Whether one side has an operation."""
    return any(OPERATION.search(side) for side in (left, right))
