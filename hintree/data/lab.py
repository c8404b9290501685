"""Problems drawn from the lab: ``lab:test?steps=6&n=500&seed=1``; about the fact book: ``lab:test?hops=2-3``."""

from collections.abc import Iterator
from dataclasses import fields
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from hintree.data.case import Case
from hintree.errors import UsageError
from hintree.search.core.tree import Problem

if TYPE_CHECKING:
    from hintree.lab.problem import LabProblem

PREFIX = "lab:"
LAB = {"steps": "", "family": "", "n": "100", "seed": "0", "hops": ""}
"""Settings of lab problems with their defaults; every field of ``Difficulty`` is one, too. ``steps`` is 2-8, or 1-3 for
problems about the fact book, which ``hops`` asks for."""


def parse_options(source: str, query: str) -> dict[str, str]:
    """Return the settings after the question mark of a source. Raises UsageError."""
    try:
        return dict(parse_qsl(query, strict_parsing=bool(query), keep_blank_values=True))
    except ValueError as error:
        raise UsageError(f"{source}: after the question mark stands name=value&name=value, not {query!r}") from error


def lab_cases(source: str) -> Iterator[Case]:
    """Yield cases drawn from the lab. Raises UsageError."""
    from hintree.lab.problem import solve

    for problem in lab_problems(source):
        question = Problem(problem.question, problem.id)
        yield Case(question, str(problem.answer), problem.family, len(solve(problem)))


def lab_problems(source: str) -> Iterator["LabProblem"]:
    """Yield the lab problems of a source "lab:...", none of them twice. Raises UsageError."""
    from hintree.lab.book_problems import book_problems
    from hintree.lab.difficulty import KNOWN_FAMILIES, STANDARD, Difficulty, make_difficulty, parse_range
    from hintree.lab.generate import problems

    split, _, query = source.removeprefix(PREFIX).partition("?")
    given = parse_options(source, query)
    known = (*LAB, *(field.name for field in fields(Difficulty)))
    if unknown := set(given) - set(known):
        raise UsageError(f"{source}: {min(unknown)!r} is none of {', '.join(known)}")
    settings = LAB | given
    try:
        n, seed = int(settings["n"]), int(settings["seed"])
        steps = parse_range(settings["steps"] or ("1-3" if settings["hops"] else "2-8"))
        if n < 1:
            raise UsageError(f"n={n} is not at least 1")
        families = (settings["family"],) if settings["family"] else KNOWN_FAMILIES
        seen: set[str] = set()
        difficulty = make_difficulty(STANDARD, settings)
        drawn = problems(split, steps, n=100 * n, seed=seed, families=families, difficulty=difficulty)
        if settings["hops"]:
            drawn = book_problems(split, steps, parse_range(settings["hops"], "hops", "1 to 3"), n=100 * n, seed=seed)
        for problem in drawn:
            if problem.id in seen:
                continue
            seen.add(problem.id)
            yield problem
            if len(seen) == n:
                return
    except ValueError as error:
        raise UsageError(f"{source}: {error}") from error
    raise UsageError(f"{source}: there are only {len(seen)} such problems; ask for fewer, or for more numbers of steps")
