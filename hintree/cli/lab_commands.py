"""What ``hintree lab`` prints."""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hintree.errors import UsageError
from hintree.lab.checker import check_step
from hintree.lab.generate import problems
from hintree.lab.parse import parse_problem
from hintree.lab.perturb import perturb
from hintree.lab.problem import LabProblem, gold, write_plan


def print_problems(**sample: Any) -> None:
    """Problems as JSON lines: id, question, answer, steps, hints, family, split."""
    try:
        for problem in problems(**sample):
            print(json.dumps(as_row(problem)))
    except ValueError as error:
        raise UsageError(str(error)) from error


def print_card(*, as_json: bool, **sample: Any) -> None:
    """The statistics of a sample of problems."""
    from hintree.lab.card import as_text, statistics

    try:
        figures = statistics(**sample)
    except ValueError as error:
        raise UsageError(str(error)) from error
    print(json.dumps(figures) if as_json else as_text(figures))


def print_solutions(question: str, *, hints: bool, plan: bool, as_json: bool) -> None:
    """The exact solution of a question, or of each line of standard input."""
    for text in (line.strip() for line in sys.stdin) if question == "-" else [question]:
        if not text:
            continue
        problem = parse_problem(text)
        if as_json:
            print(json.dumps(as_row(problem)))
            continue
        lines = [write_plan(problem)] if plan else []
        for hint, step in gold(problem):
            lines += [f"Hint: {hint}", step] if hints else [step]
        print("\n".join(lines))


def print_verdicts(file: str, *, as_json: bool) -> None:
    """The exact checker's verdict on every step of every solution."""
    for number, row in read_rows(file, {"question": str, "steps": list}):
        problem, steps = parse_problem(row["question"]), [str(step) for step in row["steps"]]
        verdicts = [check_step(problem, steps[:i], step) for i, step in enumerate(steps)]
        first = next((i for i, verdict in enumerate(verdicts) if not verdict.right), -1)
        if as_json:
            kinds = [verdict.kind or "right" for verdict in verdicts]
            print(json.dumps({"line": number, "id": problem.id, "verdicts": kinds, "first_error": first}))
            continue
        print(f"{problem.id}: " + ("every step is right" if first < 0 else f"first error in step {first + 1}"))
        for step, verdict in zip(steps, verdicts, strict=True):
            print(f"  {verdict.kind or 'right':10} {json.dumps(step)[1:-1]}")


def print_twins(file: str, seed: int) -> None:
    """The perturbed twin of every question, as JSON lines, with the id of its original."""
    for _, row in read_rows(file, {"question": str}):
        problem = parse_problem(row["question"])
        print(json.dumps({**as_row(perturb(problem, seed)), "twin_of": problem.id}))


def read_rows(file: str, needs: Mapping[str, type]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The JSON lines of a file or of standard input, numbered from 1. Raises UsageError with the line's number."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: cannot be read: {error}") from error
    for number, line in enumerate(text.splitlines(), 1):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"line {number} is no JSON: {error}") from error
        bad = [key for key, kind in needs.items() if not isinstance(row, dict) or not isinstance(row.get(key), kind)]
        if bad:
            raise UsageError(f"line {number} has no {bad[0]!r}; lines are as `hintree lab problems` prints them")
        yield number, row


def as_row(problem: LabProblem) -> dict[str, Any]:
    """A problem for JSON; the last step and hint are those of the answer."""
    pairs = list(gold(problem))
    return {
        "id": problem.id,
        "question": problem.question,
        "answer": str(problem.answer),
        "steps": [step for _, step in pairs],
        "hints": [hint for hint, _ in pairs],
        "family": problem.family,
        "split": problem.split,
    }


def write_router_parameters(file: Path, n: int, seed: int) -> None:
    """Fit the router parameters of the presets to the shipped models and write them into a file."""
    try:
        from hintree.training.shipped.router_parameters import fit_router_parameters
    except ModuleNotFoundError as error:
        raise UsageError(f"fitting router parameters needs {error.name}: pip install scikit-learn") from error
    text = json.dumps(fit_router_parameters(n, seed), indent=1) + "\n"
    try:
        file.write_text(text)
    except OSError as error:
        raise UsageError(f"--out {file}: cannot be written: {error}") from error
    print(text + f"written into {file}")


def print_evaluation(folder: str | None, n: int, seed: int, *, as_json: bool) -> None:
    """All figures of the lab's models, as a table or as JSON."""
    if folder is not None and not Path(folder).is_dir():
        raise UsageError(f"--models {folder}: no such folder; train one with `hintree lab train`")
    from hintree.training.shipped.evaluate import evaluate
    from hintree.training.shipped.table import as_table

    figures = evaluate(Path(folder) if folder else None, n, seed)
    print(json.dumps(figures, indent=1) if as_json else as_table(figures))
