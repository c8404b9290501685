"""``hintree train hinter``: lessons, a tuned model, and a report of what it is worth, all in one folder."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from hintree.data.fields import Case
from hintree.data.sources import read_cases
from hintree.errors import UsageError
from hintree.models import load_model
from hintree.training.hinter.annotate import annotate
from hintree.training.hinter.evaluate import evaluate_hinter, markdown_table
from hintree.training.hinter.hint_data import DrawSolution, HintedSolution, draw_from, from_lab, read_solutions
from hintree.training.hinter.splits import as_cases, check_disjoint, held_out
from hintree.training.hinter.tune import tune
from hintree.training.loop import TrainingSchedule

LAB_TEST = "lab:test?n=200"
"""What a hinter of the lab is tested on, if nothing else is said."""
SETTINGS, REPORT = "settings.json", "report.json"


@dataclass(frozen=True)
class HinterOptions:
    """What is trained, from what, and how.

    Attributes:
        problems: "lab:...", or a file whose rows have a question, steps and, if there are any, hints.
        model: The model that becomes the hinter.
        out: Folder of everything that is made.
        schedule: How long and how fast.
        test: Problems with answers to test on; None for lab test problems, or for the tenth of the file held out.
        teacher: Model that writes the hints that a file lacks.
        reasoner: The fixed reasoner of the report.
        astray: Share of lessons with a mistake in the history, in [0, 1].
        lora: Rank of LoRA adapters; 0 tunes all weights.
        limit: At most so many test problems.
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


def train_hinter(options: HinterOptions) -> dict[str, Any]:
    """Train and measure a hinter; what an earlier, interrupted run of the same settings has done is kept.

    Raises:
        UsageError: Problems or settings are not accepted, or ``out`` is of a run with other settings.
        ModelError: A model cannot be loaded.
    """
    if not 0 <= options.with_errors <= 1:
        raise UsageError(f"with_errors={options.with_errors!r} is not a share from 0 to 1")
    for name, rate in (("rate", options.schedule.adam), ("muon", options.schedule.muon)):
        if not 0 <= rate < 1 or (name == "rate" and rate == 0):
            raise UsageError(f"{name}={rate!r} is not a learning rate: a number above 0 and below 1")
    if all(name.startswith("embedded:") for name in (options.model, options.reasoner)):
        torch.set_num_threads(1)  # they are so small that a second thread only waits
    lessons, draw, cases = load_data(options)
    pin_settings(options)
    if draw is None:
        if options.teacher is not None:
            lessons = annotate(lessons, load_model(options.teacher), options.out / "lessons.jsonl")
        draw = draw_from(lessons, options.with_errors)
    tune(draw, options.model, options.schedule, options.out, "hinter", lora=options.lora)
    figures = {
        "settings": as_json(options),
        "lessons": {
            "solutions": len(lessons),
            "steps": sum(len(solution.steps) for solution in lessons),
            "hints": sum(hint is not None for solution in lessons for hint in solution.hints),
        },
        "test problems": len(cases),
        "arms": evaluate_hinter(cases, str(options.out / "hinter"), options.model, options.reasoner),
    }
    (options.out / REPORT).write_text(json.dumps(figures, indent=1) + "\n")
    return figures


def load_data(options: HinterOptions) -> tuple[list[HintedSolution], DrawSolution | None, list[Case]]:
    """Training lessons, how they are drawn (None: not known yet), and test problems, disjoint."""
    draw: DrawSolution | None = None
    if options.problems.startswith("lab:"):
        if options.teacher is not None:
            raise UsageError("--teacher writes the hints that a file lacks; lab problems have their exact hints")
        lessons, draw = from_lab(options.problems, options.with_errors)
    else:
        lessons = read_solutions(options.problems)
        if options.teacher is None and not any(hint for solution in lessons for hint in solution.hints):
            raise UsageError(f"{options.problems}: no row has hints; name a --teacher, which writes them")
    test = options.test or (LAB_TEST if draw else None)
    if test is not None:
        cases = read_cases(test, limit=options.limit)
    else:
        kept = [solution for solution in lessons if held_out(solution.question)]
        lessons = [solution for solution in lessons if not held_out(solution.question)]
        cases = as_cases(kept)[: options.limit]
        if not cases or not lessons:
            raise UsageError(f"{options.problems}: too few problems to hold some out; name others with --test")
    check_disjoint(lessons, cases)
    return lessons, draw, cases


def as_json(options: HinterOptions) -> dict[str, Any]:
    """The options for JSON, without the folder."""
    return {**vars(options), "out": None, "schedule": vars(options.schedule)}


def pin_settings(options: HinterOptions) -> None:
    """Write down the settings that the weights depend on, or hold them against those of the run in this folder."""
    mine = {key: value for key, value in as_json(options).items() if key not in ("out", "reasoner", "test", "limit")}
    file = options.out / SETTINGS
    options.out.mkdir(parents=True, exist_ok=True)
    if not file.is_file():
        file.write_text(json.dumps(mine, indent=1) + "\n")
    elif (there := json.loads(file.read_text())) != mine:
        other = next(key for key in mine if there.get(key) != mine[key])
        raise UsageError(
            f"{options.out}: holds a run with {other}={there.get(other)!r}, not {mine[other]!r}; give another --out"
        )


def print_hinter(options: HinterOptions, *, as_json: bool) -> None:
    """Train, and print the report."""
    figures = train_hinter(options)
    if as_json:
        print(json.dumps(figures))
        return
    told = figures["lessons"]
    print(f"{told['hints']} hints for {told['steps']} steps of {told['solutions']} solutions were fit to teach")
    print(f"{figures['test problems']} test problems, 95 % intervals:\n")
    print("\n".join(markdown_table(figures["arms"])))
    print(f"\nthe hinter is {options.out / 'hinter'}; the figures are in {options.out / REPORT}", file=sys.stderr)
