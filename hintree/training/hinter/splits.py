"""Which problems are learned from and which are held out: no problem is on both sides."""

import hashlib
from collections.abc import Sequence

from hintree.data.fields import Case
from hintree.errors import UsageError
from hintree.lab.generate import signature
from hintree.lab.parse import parse_problem
from hintree.search.core.tree import Problem
from hintree.training.hinter.hint_data import HintedSolution


def problem_key(question: str) -> str:
    """What makes two problems one: in the lab operations and numbers without names, elsewhere the words."""
    try:
        return signature(parse_problem(question.strip()))
    except UsageError:
        return " ".join(question.casefold().split())


def held_out(question: str) -> bool:
    """Whether a problem of a file without a split belongs to the tenth that is held out: a matter of its hash."""
    return int(hashlib.sha256(f"held out {problem_key(question)}".encode()).hexdigest(), 16) % 10 == 0


def as_cases(lessons: Sequence[HintedSolution]) -> list[Case]:
    """Held-out solutions as problems with their answers; those without an answer cannot be graded."""
    return [Case(Problem(one.question, one.id), one.answer, "", len(one.steps) - 1) for one in lessons if one.answer]


def check_disjoint(lessons: Sequence[HintedSolution], cases: Sequence[Case]) -> None:
    """Raise UsageError if a problem is learned from and tested on."""
    learned = {problem_key(solution.question) for solution in lessons}
    both = [case for case in cases if problem_key(case.problem.question) in learned]
    if both:
        raise UsageError(
            f"{len(both)} of {len(cases)} test problems are among the training problems, the first of them "
            f"{both[0].problem.id!r}: {both[0].problem.question[:60]!r}; give another --test"
        )
