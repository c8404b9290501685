"""Split of problems into training and held-out problems; no problem is in both."""

import hashlib
from collections.abc import Sequence

from hintree.data import Case
from hintree.errors import UsageError
from hintree.lab.generate import signature
from hintree.lab.parse import parse_problem
from hintree.search.core.tree import Problem
from hintree.training.hinter.hint_data import HintedSolution


def problem_key(question: str) -> str:
    """Return a key that is equal for equal problems: the signature of a lab problem, else the words."""
    try:
        return signature(parse_problem(question.strip()))
    except UsageError:
        return " ".join(question.casefold().split())


def held_out(question: str) -> bool:
    """Return whether a problem of a file belongs to the held-out tenth, by a hash of its key."""
    return int(hashlib.sha256(f"held out {problem_key(question)}".encode()).hexdigest(), 16) % 10 == 0


def as_cases(solutions: Sequence[HintedSolution]) -> list[Case]:
    """Convert held-out solutions to cases with answers; those without an answer cannot be graded and are left out."""
    return [Case(Problem(one.question, one.id), one.answer, "", len(one.steps) - 1) for one in solutions if one.answer]


def check_disjoint(solutions: Sequence[HintedSolution], cases: Sequence[Case]) -> None:
    """Raise UsageError if a problem is both trained and tested on."""
    learned = {problem_key(solution.question) for solution in solutions}
    both = [case for case in cases if problem_key(case.problem.question) in learned]
    if both:
        raise UsageError(
            f"{len(both)} of {len(cases)} test problems are among the training problems, the first of them "
            f"{both[0].problem.id!r}: {both[0].problem.question[:60]!r}; give another --test"
        )
