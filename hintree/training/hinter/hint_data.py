"""Lessons: solutions with a hint before each of their steps, from the lab, from files, from a teacher's words."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from hintree.data.fields import RowError, read_row
from hintree.data.files import Row
from hintree.data.sources import lab_problems, rows_of
from hintree.errors import UsageError
from hintree.lab.inject_error import inject_error
from hintree.lab.oracle import next_hint
from hintree.lab.problem import LabProblem
from hintree.policies.answers import find_answer
from hintree.policies.leaks import NUMBER, fit_to_teach
from hintree.training.shipped.rows import steps_of

CHECK_HINT = "check the last step again."
"""The hint after a step that is known to be wrong."""


@dataclass(frozen=True, slots=True)
class HintedSolution:
    """One solution to learn hints from.

    Attributes:
        id: The problem's name.
        question: Its text.
        answer: Its final answer: what no hint may say.
        steps: The solution, step by step; it may hold mistakes.
        hints: For each step the hint that leads to it from the steps before; None where none is known or fit to teach.
    """

    id: str
    question: str
    answer: str
    steps: tuple[str, ...]
    hints: tuple[str | None, ...]


DrawSolution = Callable[[random.Random], HintedSolution]
"""Draws a lesson; each of them has a hint."""


def hinted_lab_solution(rng: random.Random, problem: LabProblem, *, with_errors: bool) -> HintedSolution:
    """A lab problem with its exact hints; ``astray`` puts mistakes into the first steps, which the hints then mend."""
    steps = steps_of(problem)
    if with_errors:
        steps = steps_of(problem, inject_error(rng, problem, steps[: rng.randint(1, len(steps) - 1)]))
    hints = [next_hint(problem, steps[:i]) for i in range(len(steps))]
    return drop_unfit_hints(HintedSolution(problem.id, problem.question, "", tuple(steps), tuple(hints)))


def drop_unfit_hints(solution: HintedSolution) -> HintedSolution:
    """The lesson without the hints that are not fit to teach."""
    kept = [
        hint if hint and fit_to_teach(hint, solution.question, solution.steps[:i], solution.answer) else None
        for i, hint in enumerate(solution.hints)
    ]
    return replace(solution, hints=tuple(kept))


def from_lab(source: str, with_errors: float) -> tuple[list[HintedSolution], DrawSolution]:
    """The lessons of a source "lab:...", and how to draw them, a share ``astray`` in [0, 1] of them with mistakes."""
    problems = list(lab_problems(source))

    def draw(rng: random.Random) -> HintedSolution:
        return hinted_lab_solution(rng, rng.choice(problems), with_errors=rng.random() < with_errors)

    return [hinted_lab_solution(random.Random(0), problem, with_errors=False) for problem in problems], draw


def draw_from(lessons: Sequence[HintedSolution], with_errors: float) -> DrawSolution:
    """Draws one of the lessons, a share ``astray`` in [0, 1] of them with a mistake.

    Raises:
        UsageError: None of them has a hint.
    """
    useful = [solution for solution in lessons if any(solution.hints)]
    if not useful:
        raise UsageError("no solution has a hint that is fit to teach; give others, or another --teacher")

    def draw(rng: random.Random) -> HintedSolution:
        solution = rng.choice(useful)
        return insert_wrong_step(rng, solution) if rng.random() < with_errors else solution

    return draw


def insert_wrong_step(rng: random.Random, solution: HintedSolution) -> HintedSolution:
    """The lesson with one step first written wrong (its last number changed), and then the hint to check it."""
    places = [i for i, step in enumerate(solution.steps[:-1]) if NUMBER.search(step)]
    if not places:
        return solution
    k = rng.choice(places)
    last = list(NUMBER.finditer(solution.steps[k]))[-1]
    slip = str(rng.choice([n for n in range(2, 100) if str(n) != last[0]]))
    wrong = solution.steps[k][: last.start()] + slip + solution.steps[k][last.end() :]
    steps = (*solution.steps[:k], wrong, *solution.steps[k:])
    return drop_unfit_hints(
        replace(solution, steps=steps, hints=(*solution.hints[: k + 1], CHECK_HINT, *solution.hints[k + 1 :]))
    )


def read_solutions(source: str) -> list[HintedSolution]:
    """The solutions of a file: rows with a question, steps and, if there are any, hints. Raises UsageError."""
    lessons = [as_solution(source, row) for row in rows_of(source)]
    if not lessons:
        raise UsageError(f"{source}: holds no solution")
    return lessons


def as_solution(source: str, row: Row) -> HintedSolution:
    """A row as a lesson. Raises UsageError with its place."""
    try:
        if isinstance(row.content, RowError):
            raise row.content
        fields = row.content if isinstance(row.content, dict) else {}
        steps, hints = fields.get("steps"), fields.get("hints")
        if not isinstance(steps, list) or not steps or not all(isinstance(s, str) and s.strip() for s in steps):
            raise RowError("no steps: a list of texts named steps is looked for")
        if hints is not None and (not isinstance(hints, list) or len(hints) != len(steps)):
            raise RowError(f"{len(steps)} steps need a list of {len(steps)} hints, or none")
        case = read_row({"answer": find_answer(steps[-1]) or "unknown", **fields})
    except RowError as error:
        raise UsageError(f"{source}: {row.place}: {error}") from error
    told = tuple(hint if isinstance(hint, str) else None for hint in hints or [None] * len(steps))
    answer = "" if case.reference == "unknown" else case.reference
    return drop_unfit_hints(HintedSolution(case.problem.id, case.problem.question, answer, tuple(steps), told))
