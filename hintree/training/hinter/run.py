"""``hintree train hinter``: hint data, a tuned model and its evaluation report, all in one folder."""

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from hintree.data import Case, Fields, read_cases
from hintree.data.fields import USUAL
from hintree.errors import UsageError
from hintree.models import load_model
from hintree.training.hinter.annotate import annotate
from hintree.training.hinter.evaluate import evaluate_hinter, markdown_table
from hintree.training.hinter.hint_data import DrawSolution, HintedSolution, draw_from, from_lab, read_solutions
from hintree.training.hinter.splits import as_cases, check_disjoint, held_out
from hintree.training.hinter.tune import tune
from hintree.training.loop import TrainingSchedule
from hintree.view.text import json_text
from hintree.whole_files import write_whole

LAB_TEST = "lab:test?n=200"
"""Default test problems of a hinter trained on the lab."""
SETTINGS, REPORT, HINT_DATA = "settings.json", "report.json", "hint_data.jsonl"


@dataclass(frozen=True)
class HinterOptions:
    """Options of ``hintree train hinter``.

    Attributes:
        problems: "lab:...", or a file whose rows have a question, steps and optional hints.
        model: The model to tune.
        out: Output folder.
        schedule: Steps, batch size, learning rates and seed.
        test: Problems with answers to test on; None for lab test problems, or for a held-out tenth of the file.
        teacher: Model that writes the hints that a file lacks.
        reasoner: The fixed reasoner of the evaluation.
        with_errors: Share of solutions with an error in the history, in [0, 1].
        lora: Rank of LoRA adapters; 0 tunes all weights.
        limit: Maximum number of test problems.
        fields: Names of the fields of the file, and of ``test`` if that is not the lab.
        skip_bad: Leave out rows that cannot be read.
    """

    problems: str
    model: str
    out: Path
    schedule: TrainingSchedule
    test: str | None = None
    teacher: str | None = None
    reasoner: str = "embedded:student"
    with_errors: float = 0.3
    lora: int = 0
    limit: int = 200
    fields: Fields = USUAL
    skip_bad: bool = False


def train_hinter(options: HinterOptions) -> dict[str, Any]:
    """Train and evaluate a hinter; an interrupted run of the same settings is resumed.

    Raises:
        UsageError: Problems or settings are not accepted, or ``out`` holds a run with other settings.
        ModelError: A model cannot be loaded.
    """
    if not 0 <= options.with_errors <= 1:
        raise UsageError(f"with_errors={options.with_errors!r} is not a share from 0 to 1")
    for name, rate in (("rate", options.schedule.adam), ("muon", options.schedule.muon)):
        if not 0 <= rate < 1 or (name == "rate" and rate == 0):
            raise UsageError(f"{name}={rate!r} is not a learning rate: a number above 0 and below 1")
    if all(name.startswith("embedded:") for name in (options.model, options.reasoner)):
        torch.set_num_threads(1)  # they are so small that a second thread only waits
    solutions, draw, cases = load_data(options)
    pin_settings(options)
    if draw is None:
        if options.teacher is not None:
            solutions = annotate(solutions, load_model(options.teacher), hint_data_file(options.out))
        draw = draw_from(solutions, options.with_errors)
    tune(draw, options.model, options.schedule, options.out, "hinter", lora=options.lora)
    figures = {
        "settings": as_json(options),
        "hint data": {
            "solutions": len(solutions),
            "steps": sum(len(solution.steps) for solution in solutions),
            "hints": sum(hint is not None for solution in solutions for hint in solution.hints),
        },
        "test problems": len(cases),
        "arms": evaluate_hinter(cases, str(options.out / "hinter"), options.model, options.reasoner),
    }
    write_whole(options.out / REPORT, json.dumps(figures, indent=1) + "\n")
    return figures


def load_data(options: HinterOptions) -> tuple[list[HintedSolution], DrawSolution | None, list[Case]]:
    """Return training solutions, a function that draws from them, and test problems that are disjoint from them.

    The function is None if hints are missing.
    """
    draw: DrawSolution | None = None
    if options.problems.startswith("lab:"):
        if options.teacher is not None:
            raise UsageError("--teacher writes the hints that a file lacks; lab problems have their exact hints")
        solutions, draw = from_lab(options.problems, options.with_errors)
    else:
        solutions = read_solutions(options.problems, options.fields, skip_bad=options.skip_bad)
        if options.teacher is None and not any(hint for solution in solutions for hint in solution.hints):
            raise UsageError(f"{options.problems}: no row has hints; name a --teacher, which writes them")
    test = options.test or (LAB_TEST if draw else None)
    if test is not None:
        fields = None if test.startswith("lab:") else options.fields
        cases = read_cases(test, fields=fields, skip_bad=options.skip_bad, limit=options.limit)
    else:
        kept = [solution for solution in solutions if held_out(solution.question)]
        solutions = [solution for solution in solutions if not held_out(solution.question)]
        cases = as_cases(kept)[: options.limit]
        if not cases or not solutions:
            raise UsageError(f"{options.problems}: too few problems to hold some out; name others with --test")
    check_disjoint(solutions, cases)
    return solutions, draw, cases


def as_json(options: HinterOptions) -> dict[str, Any]:
    """Return the options for JSON, without the output folder."""
    settings = {**vars(options), "out": None, "schedule": vars(options.schedule), "fields": asdict(options.fields)}
    usual = [name for name, value in (("fields", asdict(USUAL)), ("skip_bad", False)) if settings[name] == value]
    return {name: value for name, value in settings.items() if name not in usual}


def hint_data_file(folder: Path) -> Path:
    """Return the file of the teacher's hints in a folder; one with the name of earlier versions is renamed."""
    file, old = folder / HINT_DATA, folder / "lessons.jsonl"
    if old.is_file() and not file.exists():
        old.rename(file)
    return file


def pin_settings(options: HinterOptions) -> None:
    """Write the settings that the weights depend on, or compare them with those of the run in this folder.

    Raises:
        UsageError: The folder holds a run with other settings.
    """
    mine = {key: value for key, value in as_json(options).items() if key not in ("out", "reasoner", "test", "limit")}
    file = options.out / SETTINGS
    options.out.mkdir(parents=True, exist_ok=True)
    if not file.is_file():
        write_whole(file, json.dumps(mine, indent=1) + "\n")
    elif (there := read_settings(file)) != mine:
        other = next(key for key in mine if there.get(key) != mine[key])
        raise UsageError(
            f"{options.out}: holds a run with {other}={there.get(other)!r}, not {mine[other]!r}; give another --out"
        )


def read_settings(file: Path) -> dict[str, Any]:
    """Return the settings of an earlier run; ``with_errors`` was called ``astray`` in older files."""
    found: dict[str, Any] = json.loads(file.read_text())
    return {"with_errors" if key == "astray" else key: value for key, value in found.items()}


def print_hinter(options: HinterOptions, *, as_json: bool) -> None:
    """Train a hinter and print the report."""
    figures = train_hinter(options)
    if as_json:
        print(json_text(figures))
        return
    counts = figures["hint data"]
    print(f"{counts['hints']} hints for {counts['steps']} steps of {counts['solutions']} solutions were fit to teach")
    print(f"{figures['test problems']} test problems, 95 % intervals:\n")
    print("\n".join(markdown_table(figures["arms"])))
    print(f"\nthe hinter is {options.out / 'hinter'}; the figures are in {options.out / REPORT}", file=sys.stderr)
