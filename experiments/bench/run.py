"""Run the whole benchmark (``hintree bench``) or a part of it (``hintree bench --quick``)."""

import json
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import torch
from tqdm import tqdm

from hintree.experiments.bench.batch_invariance import mismatches
from hintree.experiments.bench.bookkeeping import bookkeeping
from hintree.experiments.bench.clock import in_turns
from hintree.experiments.bench.formats import formats
from hintree.experiments.bench.others import run_others
from hintree.experiments.bench.real import RealTreesRun, ShippedModels, grow_real, load_shipped_models, score_again
from hintree.experiments.bench.report import Results, to_json
from hintree.experiments.bench.scaling import curve, find_plotter, plot
from hintree.experiments.bench.shapes import Shape, make_bench_model
from hintree.experiments.bench.tables import tables
from hintree.experiments.bench.trees import Plan, measure

T = TypeVar("T")


@dataclass(frozen=True)
class Extent:
    """Scope of a benchmark run.

    Attributes:
        plans: Trees of fixed lengths.
        runs: Turns of the real trees, of the trees without models, and of other runtimes.
        again: Turns of the scaling curves, and of the step scores on the tree and as whole texts.
        problems: Number of problems of the real trees.
        sequences: Outputs generated in different batch compositions.
        live, live_depth: Numbers of live problems of the first curve, and its levels.
        depths, deep: Levels of the second curve, and its number of live problems.
        formats: Tree shape for number formats, by model.
        others: Tree shape for other runtimes, None to skip them.
    """

    plans: tuple[Plan, ...] = (
        Plan("student", runs=9),
        Plan("5M", everything=False),
        Plan("100M", Shape(problems=1, depth=2), alone=False, everything=False, of=16),
    )
    runs: int = 5
    again: int = 5
    problems: int = 8
    sequences: int = 2000
    live: tuple[int, ...] = (1, 8, 64, 256)
    live_depth: int = 2
    depths: tuple[int, ...] = (2, 4, 8, 16, 32)
    deep: int = 8
    formats: dict[str, Shape] = field(
        default_factory=lambda: {"student": Shape(), "5M": Shape(depth=2), "100M": Shape(problems=1, depth=1)}
    )
    others: Shape | None = field(default_factory=Shape)


QUICK = Extent(
    plans=(
        Plan("student", alone=False, everything=False, runs=2),
        Plan("5M", Shape(problems=1, depth=2), alone=False, everything=False, runs=2),
    ),
    runs=2,
    again=1,
    problems=2,
    sequences=100,
    live=(1, 8, 32),
    live_depth=1,
    depths=(2, 8, 32),
    deep=1,
    formats={},
    others=None,
)


def bench(extent: Extent, *, as_json: bool = False, picture: str | None = None) -> None:
    """Measure, print the tables or one JSON object, and draw the scaling curves if ``picture`` names a file."""
    pyplot = find_plotter(picture) if picture is not None else None
    results = run(extent)
    if picture is not None:
        plot(pyplot, results.live, results.depth, picture)
    print(json.dumps(to_json(results)) if as_json else tables(results))


def run(extent: Extent) -> Results:
    """Measure every part on one thread; the number of torch threads is restored at the end."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    parts = tqdm(range(7 + len(extent.plans)), desc="bench", unit="part")
    try:
        trees = [advance(parts, measure(plan)) for plan in extent.plans]
        models = load_shipped_models()
        real = advance(
            parts, in_turns({"beam": partial(grow_real, models, extent.problems)}, extent.runs, "real")["beam"]
        )
        prm = advance(parts, score(models, real[0], extent.again))
        overhead = advance(parts, bookkeeping(extent.runs))
        differing = advance(parts, mismatches(models.reasoner, extent.sequences))
        student = make_bench_model(extent.plans[0].model)
        live = [Shape(problems=n, depth=extent.live_depth) for n in extent.live]
        depth = [Shape(problems=extent.deep, depth=n) for n in extent.depths]
        curves = advance(parts, (curve(student, live, extent.again), curve(student, depth, extent.again)))
        kinds = advance(parts, formats(extent.formats, extent.again, extent.sequences) if extent.formats else {})
        others = advance(parts, run_others(extent.others, extent.runs) if extent.others else {})
    finally:
        parts.close()
        torch.set_num_threads(threads)
    return Results(trees, real, extent.problems, prm, overhead, differing, extent.sequences, *curves, kinds, others)


def advance(parts: "tqdm[int]", done: T) -> T:
    """Advance the progress bar by one part; return that part's result."""
    parts.update()
    return done


def score(models: ShippedModels, real: RealTreesRun, runs: int) -> dict[str, list[tuple[float, int]]]:
    """Repeat a run's scorer calls on the tree and as whole texts; return CPU seconds and forwarded tokens by turn."""
    arms = {how: partial(score_again, models.scorer, real.scored, tree=how == "tree") for how in ("tree", "whole")}
    return in_turns(arms, runs, "step scores")
