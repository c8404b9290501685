"""Evaluation of a tuned hinter on held-out problems: leak rate, gain of a fixed reasoner, and controls."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from hintree.data import Case
from hintree.grade import Verdict, grade
from hintree.lab.controls import ShuffledHints
from hintree.models import load_model
from hintree.search import Beam, Handler, Run, choose
from hintree.statistics.intervals import mean_interval, share
from hintree.training.handlers import model_handlers
from hintree.training.shipped.chains import run_search

ALONE, TUNED = "reasoner alone", "tuned hinter"


def evaluate_hinter(cases: Sequence[Case], hinter: str, untuned: str, reasoner: str) -> dict[str, Any]:
    """Measure every arm over ``cases``, greedily; each figure is a share or a mean with its 95 % interval.

    Arms: the reasoner alone; under the tuned hinter; under the model before tuning; under the tuned hinter's hints to
    another problem (shuffled); the tuned hinter as the reasoner (alone). Answers are compared with the references only
    after all searches have ended.
    """
    tuned, steps = load_model(hinter), model_handlers({"reasoner": reasoner})
    arms: dict[str, dict[str, Handler]] = {
        ALONE: steps,
        TUNED: steps | model_handlers({"hinter": tuned}),
        "un-tuned hinter": steps | model_handlers({"hinter": untuned}),
        "shuffled hints": steps,
        "hinter alone": model_handlers({"reasoner": tuned}),
    }
    runs: dict[str, list[Run]] = {}
    for name, roles in tqdm(arms.items(), desc="evaluation", unit="arm", delay=2):
        hinted_trees = [run.tree for run in runs.get(TUNED, ())]
        shuffled = {"hinter": Handler(ShuffledHints(hinted_trees))} if name == "shuffled hints" else {}
        runs[name] = run_search([case.problem for case in cases], Beam(1, 1), roles | shuffled)
    right = {name: grade_runs(cases, part) for name, part in runs.items()}
    graded = ~np.isnan(sum(right.values(), np.zeros(len(cases))))
    return {name: arm_figures(part, right[name][graded], right[ALONE][graded]) for name, part in runs.items()}


def grade_runs(cases: Sequence[Case], runs: Sequence[Run]) -> NDArray[np.float64]:
    """Return 1 for a right answer, 0 for a wrong or missing one and NaN for an ungraded one; shape [cases]."""
    values = {Verdict.RIGHT: 1.0, Verdict.WRONG: 0.0, Verdict.UNGRADED: math.nan}
    answers = [choose(run.tree).answer for run in runs]
    pairs = zip(cases, answers, strict=True)
    return np.array([values[grade(case.reference, answer, case.choices)] for case, answer in pairs])


def arm_figures(runs: Sequence[Run], right: NDArray[np.float64], alone: NDArray[np.float64]) -> dict[str, Any]:
    """Return accuracy, paired gain over the reasoner alone, and the share of hints that leak."""
    found: dict[str, Any] = {
        "right": share(int(right.sum()), len(right)).rounded(),
        "gain": mean_interval(right - alone).rounded(),
    }
    if hinted := [node for run in runs for node in run.tree if node.hint_tokens]:
        found |= {"hints": len(hinted), "leaked": share(sum(n.hint_dropped for n in hinted), len(hinted)).rounded()}
    return found


def markdown_table(arms: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of a Markdown table of the figures."""
    yield "| arm | right | gain over the reasoner alone | hints | leaked (dropped) |"
    yield "|---|---|---|---|---|"
    for name, arm in arms.items():
        gain = "" if name == ALONE else points(arm["gain"])
        leaked = percent(arm["leaked"]) if "leaked" in arm else ""
        yield f"| {name} | {percent(arm['right'])} | {gain} | {arm.get('hints', '')} | {leaked} |"


def percent(figure: dict[str, float]) -> str:
    """Format a share with its interval."""
    return f"{100 * figure['value']:.1f} % [{100 * figure['low']:.1f}, {100 * figure['high']:.1f}]"


def points(figure: dict[str, float]) -> str:
    """Format a difference of shares with its interval."""
    return f"{100 * figure['value']:+.1f} [{100 * figure['low']:+.1f}, {100 * figure['high']:+.1f}] points"
