"""Grouping answers that mean the same, for votes."""

from collections.abc import Sequence
from importlib.util import find_spec

from hintree.grade.choices import Choices, letter_of
from hintree.grade.errors import GraderError
from hintree.grade.grading import decide, grade
from hintree.grade.verdict import Verdict


def group(answers: Sequence[str], choices: Choices | None = None) -> list[int]:
    r"""Return the class of each answer, numbered from 0 in the order in which the classes appear.

    An answer belongs to the first class whose first answer it equals, so the classes are disjoint whatever the
    equality of the grader. Verdicts are cached; plain numbers and words start no worker. Where algebra is needed and
    math-verify is not installed, and where a comparison is ungraded, answers are different.

    Args:
        answers: The answers.
        choices: The options of multiple choice: a letter and the text of its option are then one answer.

    >>> group(["1/2", "3", r"\frac{1}{2}", "0.5", "Blue", "blue"])
    [0, 1, 0, 0, 2, 2]
    """
    if choices:
        answers = [letter_of(answer, choices) or answer for answer in answers]
    first: list[str] = []
    known: dict[str, int] = {}
    classes: list[int] = []
    for answer in answers:
        number = known.get(answer)
        if number is None:
            number = next((i for i, other in enumerate(first) if same(other, answer)), len(first))
            if number == len(first):
                first.append(answer)
            known[answer] = number
        classes.append(number)
    return classes


def same(left: str, right: str) -> bool:
    """Return whether two answers of a vote are known to mean the same; "75" and "75%" do in either order."""
    if "%" in right or "percent" in right:
        left, right = right, left
    if find_spec("math_verify") is None:
        return decide(left, right, None, lambda *_: Verdict.UNGRADED) is Verdict.RIGHT
    try:
        return grade(left, right) is Verdict.RIGHT
    except GraderError:
        return False
