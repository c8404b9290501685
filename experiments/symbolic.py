"""Exact check of a step's arithmetic: does every ``a op b = c`` in it hold?

Both sides are compared by the grader: exactly, or by sympy in its killable worker processes. Nothing is evaluated here.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from hintree.experiments.grade.compare import equal
from hintree.scorers.judge import Case, Judge
from hintree.search.ledger import Usage
from hintree.search.questions import Answer

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
CLOSED = re.compile(r"\(*-?[\d(](?:.*[\d)])?", re.DOTALL)


class SymbolicCheck(Judge):
    """1 if all equations between numbers in the step hold, 0 if one does not, 0.5 if there is none."""

    def judge(self, cases: Sequence[Case]) -> list[Answer[float] | Exception]:
        """A verdict for each."""
        return [Answer(check(case.steps[-1]), Usage(1)) for case in cases]


def check(step: str) -> float:
    """The verdict on one step: 0, 0.5 or 1."""
    found = [pair for pair, _ in zip(equations(step), range(MOST), strict=False)]
    return float(all(equal(left, right) for left, right in found)) if found else NOTHING


def equations(step: str) -> Iterator[tuple[str, str]]:
    """Both sides of every equation of which one computes something, and both are numbers."""
    text = step[:LONGEST]
    for pattern, spelling in SPELLINGS:
        text = re.sub(pattern, spelling, text)
    text = re.sub(r"^\s*\(\d+\)\s|\bstep \d+\b", " ", text, flags=re.IGNORECASE)  # labels, which are no factors
    for sentence in SENTENCE.split(text):
        for match in EQUATION.finditer(sentence):
            before, behind = sentence[: match.start()].rstrip()[-1:], sentence[match.end() :][:1]
            sides = [side.strip().rstrip(".") for side in (match[1] + match[2]).split("=")]
            touches = behind.isalpha() and not match[0][-1:].isspace()
            if touches or before in ("\\", "%", "^", "_", "}"):
                continue
            yield from ((a, b) for a, b in pairwise(sides) if fits(a) and fits(b) and computes(a, b))


def fits(side: str) -> bool:
    """Whether this can be a whole side: it begins and ends with a number or a bracket, all of them closed."""
    return CLOSED.fullmatch(side) is not None and side.count("(") == side.count(")")


def computes(left: str, right: str) -> bool:
    """Whether one side has an operation."""
    return any(OPERATION.search(side) for side in (left, right))
