"""Problems with reference answers: from files, from Hugging Face data sets, from the lab.

Sources::

    my.jsonl  my.json  my.csv  my.tsv  my.parquet      a file
    folder    folder?split=test                        what the package datasets can load, or has saved
    openai/gsm8k    HuggingFaceH4/MATH-500?split=test  a name on the Hugging Face hub
    lab:test?steps=6&n=500&seed=1                      drawn from the lab, as `hintree lab problems` draws them
"""

import re
import warnings
from collections.abc import Iterator
from dataclasses import fields
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from hintree.data.fields import Case, RowError, read_row
from hintree.data.files import READERS, Row, dataset_rows, file_rows
from hintree.errors import UsageError
from hintree.search.core.tree import Problem

if TYPE_CHECKING:
    from hintree.lab.problem import LabProblem

HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")
SHOWN = 5
"""Bad rows that a report names one by one."""
LAB = {"steps": "2-8", "family": "", "n": "100", "seed": "0"}
"""What may be said of lab problems, with the defaults; and any knob (hintree/lab/difficulty.py)."""


class SkippedRowsWarning(UserWarning):
    """Rows were left out because they cannot be read; the message says which and why."""


def read_cases(source: str, *, skip_bad: bool = False, limit: int | None = None) -> list[Case]:
    """The cases of a source, in its order, each with an id of its own.

    A row's id is its own, or a hash of its question. Two rows with one id are an error, as are rows without question
    or answer; all are named with their lines.

    Args:
        source: A file, a folder, a name on the hub, or "lab:..."; see above.
        skip_bad: Leave bad rows out with a SkippedRowsWarning instead of raising; of rows with one id the first stays.
        limit: At most so many cases, from the start; what comes after them is not looked at.

    Raises:
        UsageError: There is no such source, it cannot be read, it has bad rows, or no rows at all.
    """
    if limit is not None and limit < 1:
        raise UsageError(f"limit={limit!r} is not a whole number of at least 1, or None for all")
    if source.startswith("lab:"):
        return list(islice(lab_cases(source), limit))
    cases: dict[str, Case] = {}
    places: dict[str, str] = {}
    bad: list[str] = []
    for place, content in rows_of(source):
        try:
            case = as_case(content)
            name = case.problem.id
            if name in cases:
                raise RowError(f"id {name!r:.60} is that of {places[name]}")
            cases[name], places[name] = case, place
        except RowError as error:
            bad.append(f"{place}: {error}")
        if len(cases) == limit:
            break
    report(source, len(cases), bad, skip_bad)
    return list(cases.values())


def as_case(content: object) -> Case:
    """A case, or the RowError that stands in its place, raised."""
    if isinstance(content, RowError):
        raise content
    return read_row(content)


def report(source: str, good: int, bad: list[str], skip_bad: bool) -> None:
    """Say which rows are bad, as a warning if the others are to be used."""
    if bad:
        some = "; ".join(bad[:SHOWN]) + (f"; and {len(bad) - SHOWN} more" if len(bad) > SHOWN else "")
        text = f"{source}: {len(bad)} of {good + len(bad)} rows are bad: {some}"
        if not skip_bad:
            raise UsageError(f"{text}. Mend them, or leave them out with skip_bad=True")
        warnings.warn(text, SkippedRowsWarning, stacklevel=3)
    if not good:
        raise UsageError(f"{source}: holds no problem")


def rows_of(source: str) -> Iterator[Row]:
    """The rows of a file, folder or hub name."""
    name, _, query = source.partition("?") if not Path(source).exists() else (source, "", "")
    path = Path(name)
    if path.is_file() and not query:
        return file_rows(path)
    if (name and path.is_dir()) or (HUB_NAME.fullmatch(name) and path.suffix.lower() not in READERS):
        return dataset_rows(name, options(source, query))
    raise UsageError(f"{source}: no such file or folder, nor a name such as openai/gsm8k or lab:test?steps=6&n=100")


def options(source: str, query: str) -> dict[str, str]:
    """What stands after the question mark. Raises UsageError."""
    try:
        return dict(parse_qsl(query, strict_parsing=bool(query), keep_blank_values=True))
    except ValueError as error:
        raise UsageError(f"{source}: after the question mark stands name=value&name=value, not {query!r}") from error


def lab_cases(source: str) -> Iterator[Case]:
    """Cases drawn from the lab."""
    from hintree.lab.problem import solve

    for problem in lab_problems(source):
        asked = Problem(problem.question, problem.id)
        yield Case(asked, str(problem.answer), problem.family, len(solve(problem)))


def lab_problems(source: str) -> Iterator["LabProblem"]:
    """The lab problems of a source "lab:...", none of them twice. Raises UsageError."""
    from hintree.lab.difficulty import KNOWN_FAMILIES, STANDARD, Difficulty, make_difficulty, parse_range
    from hintree.lab.generate import problems

    split, _, query = source.removeprefix("lab:").partition("?")
    given = options(source, query)
    known = (*LAB, *(field.name for field in fields(Difficulty)))
    if unknown := set(given) - set(known):
        raise UsageError(f"{source}: {min(unknown)!r} is none of {', '.join(known)}")
    said = LAB | given
    try:
        n, seed = int(said["n"]), int(said["seed"])
        steps = parse_range(said["steps"])
        if n < 1:
            raise UsageError(f"n={n} is not at least 1")
        families = (said["family"],) if said["family"] else KNOWN_FAMILIES
        seen: set[str] = set()
        difficulty = make_difficulty(STANDARD, said)
        drawn = problems(split, steps, n=100 * n, seed=seed, families=families, difficulty=difficulty)
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
