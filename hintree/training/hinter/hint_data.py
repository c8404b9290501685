"""Lessons: solutions with a hint before each of their steps, from the lab, from files, from a teacher's words."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from hintree.data.fields import RowError, read_row
from hintree.data.files import Row
from hintree.data.sources import lab_problems, rows_of
from hintree.errors import UsageError
from hintree.lab.inject_error import derail
from hintree.lab.oracle import next_hint
from hintree.lab.problem import LabProblem
from hintree.policies.answers import find_answer
from hintree.policies.leaks import NUMBER, fit_to_teach
from hintree.training.shipped.rows import steps_of

CHECK = "check the last step again."
"""The hint after a step that is known to be wrong."""


@dataclass(frozen=True, slots=True)
class Lesson:
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


Draw = Callable[[random.Random], Lesson]
"""Draws a lesson; each of them has a hint."""


def lab_lesson(rng: random.Random, problem: LabProblem, *, astray: bool) -> Lesson:
    """A lab problem with its exact hints; ``astray`` puts mistakes into the first steps, which the hints then mend."""
    steps = steps_of(problem)
    if astray:
        steps = steps_of(problem, derail(rng, problem, steps[: rng.randint(1, len(steps) - 1)]))
    hints = [next_hint(problem, steps[:i]) for i in range(len(steps))]
    return filtered(Lesson(problem.id, problem.question, "", tuple(steps), tuple(hints)))


def filtered(lesson: Lesson) -> Lesson:
    """The lesson without the hints that are not fit to teach."""
    kept = [
        hint if hint and fit_to_teach(hint, lesson.question, lesson.steps[:i], lesson.answer) else None
        for i, hint in enumerate(lesson.hints)
    ]
    return replace(lesson, hints=tuple(kept))


def from_lab(source: str, astray: float) -> tuple[list[Lesson], Draw]:
    """The lessons of a source "lab:...", and how to draw them, a share ``astray`` in [0, 1] of them with mistakes."""
    problems = list(lab_problems(source))

    def draw(rng: random.Random) -> Lesson:
        return lab_lesson(rng, rng.choice(problems), astray=rng.random() < astray)

    return [lab_lesson(random.Random(0), problem, astray=False) for problem in problems], draw


def drawn_from(lessons: Sequence[Lesson], astray: float) -> Draw:
    """Draws one of the lessons, a share ``astray`` in [0, 1] of them with a mistake.

    Raises:
        UsageError: None of them has a hint.
    """
    useful = [lesson for lesson in lessons if any(lesson.hints)]
    if not useful:
        raise UsageError("no solution has a hint that is fit to teach; give others, or another --teacher")

    def draw(rng: random.Random) -> Lesson:
        lesson = rng.choice(useful)
        return stray(rng, lesson) if rng.random() < astray else lesson

    return draw


def stray(rng: random.Random, lesson: Lesson) -> Lesson:
    """The lesson with one step first written wrong (its last number changed), and then the hint to check it."""
    places = [i for i, step in enumerate(lesson.steps[:-1]) if NUMBER.search(step)]
    if not places:
        return lesson
    k = rng.choice(places)
    last = list(NUMBER.finditer(lesson.steps[k]))[-1]
    slip = str(rng.choice([n for n in range(2, 100) if str(n) != last[0]]))
    wrong = lesson.steps[k][: last.start()] + slip + lesson.steps[k][last.end() :]
    steps = (*lesson.steps[:k], wrong, *lesson.steps[k:])
    return filtered(replace(lesson, steps=steps, hints=(*lesson.hints[: k + 1], CHECK, *lesson.hints[k + 1 :])))


def read_lessons(source: str) -> list[Lesson]:
    """The solutions of a file: rows with a question, steps and, if there are any, hints. Raises UsageError."""
    lessons = [as_lesson(source, row) for row in rows_of(source)]
    if not lessons:
        raise UsageError(f"{source}: holds no solution")
    return lessons


def as_lesson(source: str, row: Row) -> Lesson:
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
    return filtered(Lesson(case.problem.id, case.problem.question, answer, tuple(steps), told))
