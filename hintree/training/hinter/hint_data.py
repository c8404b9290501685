"""Hint data: solutions with a hint before each step, from the lab, from files, or annotated by a teacher."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from hintree.data import Fields, RowError, read_row
from hintree.data.fields import USUAL
from hintree.data.lab import lab_problems
from hintree.data.place import Place
from hintree.data.sources import source_rows
from hintree.data.tally import Tally
from hintree.errors import UsageError
from hintree.grade import find_answer
from hintree.lab.inject_error import inject_error
from hintree.lab.oracle import next_hint
from hintree.lab.problem import LabProblem
from hintree.policies.leaks import is_training_hint
from hintree.policies.mentions import NUMBER
from hintree.training.shipped.rows import steps_of

CHECK_HINT = "check the last step again."
"""The hint after a step that is known to be wrong."""


@dataclass(frozen=True, slots=True)
class HintedSolution:
    """One solution to learn hints from.

    Attributes:
        id: Identifier of the problem.
        question: Text of the problem.
        answer: Its final answer, which no hint may state.
        steps: The solution, step by step; it may hold errors.
        hints: For each step the hint that leads to it from the steps before; None where none is known or the leak
            filter
            rejects it.
    """

    id: str
    question: str
    answer: str
    steps: tuple[str, ...]
    hints: tuple[str | None, ...]


DrawSolution = Callable[[random.Random], HintedSolution]
"""Draws a solution that has at least one hint."""


def hinted_lab_solution(rng: random.Random, problem: LabProblem, *, with_errors: bool) -> HintedSolution:
    """Return the solution of a lab problem with its exact hints.

    ``with_errors`` injects errors into the first steps; the hints then correct them.
    """
    steps = steps_of(problem)
    if with_errors:
        steps = steps_of(problem, inject_error(rng, problem, steps[: rng.randint(1, len(steps) - 1)]))
    hints = [next_hint(problem, steps[:i]) for i in range(len(steps))]
    return drop_unfit_hints(HintedSolution(problem.id, problem.question, "", tuple(steps), tuple(hints)))


def drop_unfit_hints(solution: HintedSolution) -> HintedSolution:
    """Return the solution without the hints that the leak filter rejects."""
    kept = [
        hint if hint and is_training_hint(hint, solution.question, solution.steps[:i], solution.answer) else None
        for i, hint in enumerate(solution.hints)
    ]
    return replace(solution, hints=tuple(kept))


def from_lab(source: str, with_errors: float) -> tuple[list[HintedSolution], DrawSolution]:
    """Return the solutions of a source "lab:...", and a function that draws from them.

    A share ``with_errors`` in [0, 1] of the draws has errors in the history.
    """
    problems = list(lab_problems(source))

    def draw(rng: random.Random) -> HintedSolution:
        return hinted_lab_solution(rng, rng.choice(problems), with_errors=rng.random() < with_errors)

    return [hinted_lab_solution(random.Random(0), problem, with_errors=False) for problem in problems], draw


def draw_from(solutions: Sequence[HintedSolution], with_errors: float) -> DrawSolution:
    """Return a function that draws from ``solutions``, a share ``with_errors`` in [0, 1] with a wrong step.

    Raises:
        UsageError: None of them has a hint.
    """
    useful = [solution for solution in solutions if any(solution.hints)]
    if not useful:
        raise UsageError("no solution has a hint that is fit to teach; give others, or another --teacher")

    def draw(rng: random.Random) -> HintedSolution:
        solution = rng.choice(useful)
        return insert_wrong_step(rng, solution) if rng.random() < with_errors else solution

    return draw


def insert_wrong_step(rng: random.Random, solution: HintedSolution) -> HintedSolution:
    """Insert a wrong copy of one step (its last number changed), then the hint to check it and the right step."""
    places = [i for i, step in enumerate(solution.steps[:-1]) if NUMBER.search(step)]
    if not places:
        return solution
    k = rng.choice(places)
    last = list(NUMBER.finditer(solution.steps[k]))[-1]
    wrong_number = str(rng.choice([n for n in range(2, 100) if str(n) != last[0]]))
    wrong = solution.steps[k][: last.start()] + wrong_number + solution.steps[k][last.end() :]
    steps = (*solution.steps[:k], wrong, *solution.steps[k:])
    return drop_unfit_hints(
        replace(solution, steps=steps, hints=(*solution.hints[: k + 1], CHECK_HINT, *solution.hints[k + 1 :]))
    )


def read_solutions(source: str, fields: Fields = USUAL, *, skip_bad: bool = False) -> list[HintedSolution]:
    """Read a file of rows with a question, steps and optional hints.

    Args:
        source: A file, a folder or a name on the hub.
        fields: Names of the fields to read; the usual ones by default.
        skip_bad: Leave bad rows out with a warning.

    Raises:
        UsageError: There is no such source, a row is bad (its place is named), or there are no rows.
    """
    tally, solutions = Tally(source), []
    for row in source_rows(source):
        try:
            solutions.append(as_solution(row, fields))
            tally.count_good(row.name, ())
        except RowError as error:
            if not skip_bad:
                raise UsageError(f"{source}: {row.name}: {error}") from error
            tally.count_bad(row.name, error)
    if not solutions and not tally.bad:
        raise UsageError(f"{source}: holds no solution")
    tally.report(skip_bad=skip_bad)
    return solutions


def as_solution(row: Place, names: Fields) -> HintedSolution:
    """Convert a row to a solution. Raises RowError."""
    if isinstance(row.content, RowError):
        raise row.content
    fields = row.content if isinstance(row.content, dict) else {}
    steps, hints = fields.get("steps"), fields.get("hints")
    if not isinstance(steps, list) or not steps or not all(isinstance(s, str) and s.strip() for s in steps):
        raise RowError("no steps: a list of texts named steps is looked for")
    if hints is not None and (not isinstance(hints, list) or len(hints) != len(steps)):
        raise RowError(f"{len(steps)} steps need a list of {len(steps)} hints, or none")
    case = read_row({"answer": find_answer(steps[-1]) or "unknown", **fields}, names)
    hints = tuple(hint if isinstance(hint, str) else None for hint in hints or [None] * len(steps))
    answer = "" if case.reference == "unknown" else case.reference
    return drop_unfit_hints(HintedSolution(case.problem.id, case.problem.question, answer, tuple(steps), hints))
