"""Goals of the benchmark, and its results as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from hintree.experiments.bench.bookkeeping import STEPS
from hintree.experiments.bench.clock import Spread, spread
from hintree.experiments.bench.formats import FormatResult
from hintree.experiments.bench.real import WRITERS, RealTreesRun
from hintree.experiments.bench.scaling import ScalingPoint
from hintree.experiments.bench.trees import DYNAMIC, HINTREE, ONE, ModelTimings


class Goal(NamedTuple):
    """Description of a figure and its bound: a minimum if ``up``, else a maximum."""

    about: str
    bound: float
    up: bool
    percent: bool = False

    def show(self, value: float) -> str:
        """Format a value, or the bound, in the goal's unit."""
        return f"{100 * value:.1f} %" if self.percent else f"{value:.4g}"

    def met(self, value: float) -> bool:
        """Return True if a value keeps the bound."""
        return value >= self.bound if self.up else value <= self.bound


GOALS = {
    "forwarded_per_generated": Goal("forwarded / generated tokens, fixed lengths", 1.05, False),
    "forwarded_per_generated_real": Goal("forwarded / generated tokens, real trees, all writers", 1.15, False),
    "vs_one_by_one": Goal("times as fast as generate, one prompt a call", 25, True),
    "vs_best_stock": Goal("times as fast as the best way to call generate", 6, True),
    "vs_dynamic_cache": Goal("times as fast as a DynamicCache loop", 2, True),
    "prm_token_ratio": Goal("step scores: fewer tokens than whole texts", 9, True),
    "prm_cpu_ratio": Goal("step scores: less CPU than whole texts", 6, True),
    "matmul_floor_share": Goal("matmuls alone / forward passes", 0.45, True, percent=True),
    "overhead_share": Goal("real trees: CPU outside the models", 0.05, False, percent=True),
    "bookkeeping_seconds": Goal(f"CPU seconds for a tree of {STEPS:,} steps without any model", 1, False),
    "seed_mismatches": Goal("outputs that change with batch composition", 0, False),
}


class Figure(NamedTuple):
    """Spread of one figure over the runs, and the model that it was measured on."""

    spread: Spread
    model: str


@dataclass(frozen=True)
class Results:
    """Results of the whole benchmark.

    Attributes:
        trees: Timings of trees of fixed lengths, by model; the goals are for the first.
        real, real_problems: Runs over real lab trees, and the number of problems of each.
        prm: CPU seconds and forwarded tokens of each turn, for the tree and for whole texts.
        bookkeeping: See ``bookkeeping.bookkeeping``.
        mismatches, sequences: See ``batch_invariance.mismatches``.
        live, depth: Scaling curves over live problems and over levels.
        formats: See ``formats.formats``.
        others: See ``others.run_others``.
    """

    trees: list[ModelTimings]
    real: list[RealTreesRun]
    real_problems: int
    prm: Mapping[str, list[tuple[float, int]]]
    bookkeeping: Mapping[str, list[float]]
    mismatches: dict[str, int]
    sequences: int
    live: list[ScalingPoint]
    depth: list[ScalingPoint]
    formats: Mapping[str, FormatResult | str]
    others: Mapping[str, dict[str, list[float]] | str]


def figures(results: Results) -> dict[str, Figure]:
    """Return the figures that have goals."""
    first, shipped, prm, searches = results.trees[0], "embedded:*", "embedded:prm", results.bookkeeping
    name = f"{first.plan.model}, {first.live} problems"
    best, best_ratio = first.against_best_generate()
    tree, whole = results.prm["tree"], results.prm["whole"]
    return {
        "forwarded_per_generated": Figure(spread([first.forwarded_per_generated((HINTREE, first.live))]), name),
        "forwarded_per_generated_real": Figure(spread(run.per_token() for run in results.real), shipped),
        "vs_one_by_one": Figure(first.against(ONE), name),
        "vs_best_stock": Figure(best_ratio, f"{name}, {best}"),
        "vs_dynamic_cache": Figure(first.against(DYNAMIC), name),
        "prm_token_ratio": Figure(spread(w[1] / t[1] for w, t in zip(whole, tree, strict=True)), prm),
        "prm_cpu_ratio": Figure(spread(w[0] / t[0] for w, t in zip(whole, tree, strict=True)), prm),
        "matmul_floor_share": Figure(first.floor_share(), name),
        "overhead_share": Figure(spread(1 - run.inside / run.seconds for run in results.real), shipped),
        "bookkeeping_seconds": Figure(spread(map(max, *searches.values())), f"the slower of {' and '.join(searches)}"),
        "seed_mismatches": Figure(
            spread([float(max(results.mismatches.values()))]), f"embedded:student, of {results.sequences:,}"
        ),
    }


def to_json(results: Results) -> dict[str, Any]:
    """Return one number per goal, and the details behind each, as a JSON object."""
    found = figures(results)
    return {
        **{key: figure.spread.value for key, figure in found.items()},
        "details": {
            key: {
                "model": figure.model,
                **figure.spread._asdict(),
                "goal": GOALS[key].bound,
                "met": GOALS[key].met(figure.spread.value),
            }
            for key, figure in found.items()
        },
        "trees": [row for measured in results.trees for row in tree_rows(measured)],
        "floors": {m.plan.model: m.floor_share()._asdict() for m in results.trees},
        "attention": {m.plan.model: m.attention_share()._asdict() for m in results.trees},
        "outside": {m.plan.model: m.outside_share()._asdict() for m in results.trees},
        "real": {role: results.real[0].per_token([role]) for role in WRITERS},
        "bookkeeping": {name: spread(seconds)._asdict() for name, seconds in results.bookkeeping.items()},
        "seed_mismatches_by_batch": results.mismatches,
        "live": [point_row(point) for point in results.live],
        "depth": [point_row(point) for point in results.depth],
        "formats": {name: f if isinstance(f, str) else format_row(f) for name, f in results.formats.items()},
        "others": dict(results.others),
    }


def tree_rows(measured: ModelTimings) -> list[dict[str, Any]]:
    """Return one JSON object per arm."""
    return [
        {
            "model": measured.plan.model,
            "arm": arm[0],
            "problems": arm[1],
            "depth": measured.plan.shape.depth,
            "tokens_per_cpu_second": spread(measured.speeds(*arm))._asdict(),
            "forwarded_per_generated": measured.forwarded_per_generated(arm),
            "formula": measured.expected(arm),
        }
        for arm in measured.arms
    ]


def point_row(point: ScalingPoint) -> dict[str, Any]:
    """Return a point of a scaling curve as a JSON object."""
    return {
        "problems": point.shape.problems,
        "depth": point.shape.depth,
        "cpu_ms_per_problem": point.per_problem._asdict(),
        "cpu_us_per_token": point.per_token._asdict(),
    }


def format_row(found: FormatResult) -> dict[str, Any]:
    """Return the result of a number format as a JSON object."""
    return {"mismatches": found.mismatches, "speed": {model: s._asdict() for model, s in found.speed.items()}}
