"""Exact check of a step's arithmetic: test every ``a op b = c`` between numbers.

Sums, products and quotients of numbers are compared as fractions. Anything else is compared by the grader, which runs
sympy in worker processes that it can kill. No text is evaluated: the syntax tree is walked one operation at a time.
"""

import ast
import operator
import re
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

from hintree.grade import Verdict, grade
from hintree.scorers.base import PathScorer, Prefix
from hintree.search.core.faults import Fault
from hintree.search.core.ledger import Usage
from hintree.search.core.requests import Response

NO_EQUATION = 0.5
"""Score of a step without any equation between numbers."""
MAX_EQUATIONS, MAX_CHARACTERS = 20, 2000
"""Limits on what is checked in one step; the rest of the step is ignored."""
SPELLINGS = (
    (r"\\(?:times|cdot)|[\u00d7\u00b7]", "*"),
    (r"\\div|\u00f7", "/"),
    (r"\\[dt]?frac\{([^{}]*)\}\{([^{}]*)\}", r"(\1)/(\2)"),
    (r"[\u2212\u2013]", "-"),
    (r"\\[()\[\]]|[$€£]|\\left|\\right", " "),
    (r"(?<=\d),(?=\d{3}\b)", ""),
)
"""(pattern, replacement) pairs that bring LaTeX and typographic arithmetic into plain operators."""
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


class SymbolicCheck(PathScorer):
    """Score a step 1 if all its equations between numbers hold, 0 if one does not, 0.5 if it has none.

    An equation that exceeds the grader's limits on work does not count. Of a step that scores 0 the arithmetic is
    suspected.
    """

    def score_prefixes(self, prefixes: Sequence[Prefix]) -> list[Response[float] | Exception]:
        """Check the last step of each prefix."""
        scores = [check(prefix.steps[-1]) for prefix in prefixes]
        return [Response(score, Usage(1), fault=None if score else Fault.ARITHMETIC) for score in scores]


def check(step: str) -> float:
    """Return the score of one step: 0, 0.5 or 1."""
    pairs = [pair for pair, _ in zip(equations(step), range(MAX_EQUATIONS), strict=False)]
    found = [verdict for left, right in pairs if (verdict := holds(left, right)) is not Verdict.UNGRADED]
    return float(all(verdict is Verdict.RIGHT for verdict in found)) if found else NO_EQUATION


def holds(left: str, right: str) -> Verdict:
    """Return whether both sides are the same number; a decimal may be its rounded form, as the grader decides."""
    a, b = value(left), value(right)
    if a is None or b is None or (a != b and "." in left + right):
        return grade(left, right)
    return Verdict.of(a == b)


def value(side: str) -> Fraction | None:
    """Return the value of a side made of digits, dots, brackets and + - * /; None for anything else."""
    try:
        return walk(ast.parse(side, mode="eval").body)
    except (SyntaxError, ValueError, ZeroDivisionError, MemoryError, RecursionError):
        return None


def walk(part: ast.expr) -> Fraction:
    """Return the value of a syntax tree. Raises ValueError unless it is a sum, product or quotient of numbers."""
    if isinstance(part, ast.Constant) and type(part.value) in (int, float):
        return Fraction(str(part.value))
    if isinstance(part, ast.UnaryOp) and isinstance(part.op, ast.USub):
        return -walk(part.operand)
    if isinstance(part, ast.BinOp) and type(part.op) in OPERATIONS:
        return OPERATIONS[type(part.op)](walk(part.left), walk(part.right))
    raise ValueError("not a sum, product or quotient of numbers")


def equations(step: str) -> Iterator[tuple[str, str]]:
    """Yield (left, right) of every equation between numbers of which at least one side has an operation."""
    text = step[:MAX_CHARACTERS]
    for pattern, spelling in SPELLINGS:
        text = re.sub(pattern, spelling, text)
    text = re.sub(r"^\s*\(\d+\)\s|\bstep \d+\b", " ", text, flags=re.IGNORECASE)  # fact labels look like factors
    for sentence in SENTENCE.split(text):
        for match in EQUATION.finditer(sentence):
            before, after = sentence[: match.start()], sentence[match.end() :][:1]
            sides = [side.strip().rstrip(".") for side in (match[1] + match[2]).split("=")]
            if touches(before, match[0], after):
                continue
            for a, b in pairwise(sides):
                if is_whole_side(a) and is_whole_side(b) and has_operation(a, b):
                    yield a, b


def touches(before: str, match: str, after: str) -> bool:
    """Test if the matched text is part of a longer expression: a name, a variable, a percentage or an index."""
    cut = before[-1:].isalnum() and not match[:1].isspace()
    minus = match.strip().startswith("-") and before.rstrip()[-1:].isalnum()
    continues = after.isalpha() and not match[-1:].isspace()
    return cut or minus or continues or before.rstrip()[-1:] in ("\\", "%", "^", "_", "}")


def is_whole_side(side: str) -> bool:
    """Test if the text begins and ends with a number or a bracket and its brackets are balanced in number."""
    return CLOSED.fullmatch(side) is not None and side.count("(") == side.count(")")


def has_operation(left: str, right: str) -> bool:
    """Test if at least one side has an operation."""
    return any(OPERATION.search(side) for side in (left, right))
