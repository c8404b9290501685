"""What was measured as Markdown tables and as JSON, held against the goals."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from hintree.experiments.bench.bookkeeping import STEPS
from hintree.experiments.bench.clock import Spread, spread
from hintree.experiments.bench.formats import Format
from hintree.experiments.bench.real import WRITERS, Real
from hintree.experiments.bench.scaling import Point
from hintree.experiments.bench.trees import DYNAMIC, ONE, OURS, Measured


class Goal(NamedTuple):
    """What a figure means, and the bound that it should keep: at least it if ``up``, else at most."""

    about: str
    bound: float
    up: bool
    percent: bool = False

    def show(self, value: float) -> str:
        """A value or the bound in the goal's unit."""
        return f"{100 * value:.1f} %" if self.percent else f"{value:.4g}"

    def met(self, value: float) -> bool:
        """Whether a value keeps it."""
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
    "seed_mismatches": Goal("texts that other company changes", 0, False),
}


class Figure(NamedTuple):
    """One figure: its spread over the runs, and on what it was measured."""

    spread: Spread
    model: str


@dataclass(frozen=True)
class Results:
    """All that was measured.

    Attributes:
        trees: By model, the first of which the goals are for.
        real, real_problems: Runs over real lab trees, and how many problems each has.
        prm: CPU seconds and forwarded tokens of each turn, on the tree and of whole texts.
        bookkeeping: See ``bookkeeping.bookkeeping``.
        mismatches, sequences: See ``seeds.mismatches``.
        live, depth: The scaling curves.
        formats: See ``formats.formats``.
        others: See ``others.run_others``.
    """

    trees: list[Measured]
    real: list[Real]
    real_problems: int
    prm: Mapping[str, list[tuple[float, int]]]
    bookkeeping: Mapping[str, list[float]]
    mismatches: dict[str, int]
    sequences: int
    live: list[Point]
    depth: list[Point]
    formats: Mapping[str, Format | str]
    others: Mapping[str, dict[str, list[float]] | str]


def figures(results: Results) -> dict[str, Figure]:
    """The figures that have goals."""
    first, shipped, prm, books = results.trees[0], "embedded:*", "embedded:prm", results.bookkeeping
    name = f"{first.plan.model}, {first.most} problems"
    best, against_best = first.against_best_stock()
    tree, whole = results.prm["tree"], results.prm["whole"]
    return {
        "forwarded_per_generated": Figure(spread([first.forwarded_per_generated((OURS, first.most))]), name),
        "forwarded_per_generated_real": Figure(spread(run.per_token() for run in results.real), shipped),
        "vs_one_by_one": Figure(first.against(ONE), name),
        "vs_best_stock": Figure(against_best, f"{name}, {best}"),
        "vs_dynamic_cache": Figure(first.against(DYNAMIC), name),
        "prm_token_ratio": Figure(spread(w[1] / t[1] for w, t in zip(whole, tree, strict=True)), prm),
        "prm_cpu_ratio": Figure(spread(w[0] / t[0] for w, t in zip(whole, tree, strict=True)), prm),
        "matmul_floor_share": Figure(first.floor_share(), name),
        "overhead_share": Figure(spread(1 - run.inside / run.seconds for run in results.real), shipped),
        "bookkeeping_seconds": Figure(spread(map(max, *books.values())), f"the slower of {' and '.join(books)}"),
        "seed_mismatches": Figure(
            spread([float(max(results.mismatches.values()))]), f"embedded:student, of {results.sequences:,}"
        ),
    }


def to_json(results: Results) -> dict[str, Any]:
    """One number per goal, and beside them where they come from."""
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
        "seed_mismatches_by_company": results.mismatches,
        "live": [point_row(point) for point in results.live],
        "depth": [point_row(point) for point in results.depth],
        "formats": {name: f if isinstance(f, str) else format_row(f) for name, f in results.formats.items()},
        "others": dict(results.others),
    }


def tree_rows(measured: Measured) -> list[dict[str, Any]]:
    """One row per arm."""
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


def point_row(point: Point) -> dict[str, Any]:
    """One point of a curve."""
    return {
        "problems": point.shape.problems,
        "depth": point.shape.depth,
        "cpu_ms_per_problem": point.per_problem._asdict(),
        "cpu_us_per_token": point.per_token._asdict(),
    }


def format_row(found: Format) -> dict[str, Any]:
    """One number format."""
    return {"mismatches": found.mismatches, "speed": {model: s._asdict() for model, s in found.speed.items()}}
