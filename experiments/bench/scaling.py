"""Scaling curves: CPU time per problem over the number of live problems, and per token over depth."""

from collections.abc import Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from hintree.errors import UsageError
from hintree.experiments.bench.arms import timed, with_hintree
from hintree.experiments.bench.clock import Spread, Timing, in_turns, spread
from hintree.experiments.bench.shapes import BenchModel, Shape


class ScalingPoint(NamedTuple):
    """Tree shape, CPU milliseconds per problem, and CPU microseconds per generated token."""

    shape: Shape
    per_problem: Spread
    per_token: Spread


def curve(bench: BenchModel, shapes: Sequence[Shape], runs: int) -> list[ScalingPoint]:
    """Time the hintree arm on trees of fixed lengths, all shapes once per turn; return one point per shape."""

    def run(shape: Shape) -> Timing:
        return timed(bench, shape, with_hintree(bench, shape))

    found = in_turns({f"{s.problems} x {s.depth}": partial(run, s) for s in shapes}, runs, "scaling")
    return [
        ScalingPoint(
            shape,
            spread(1e3 * timing.seconds / shape.problems for timing in timings),
            spread(1e6 / timing.speed for timing in timings),
        )
        for shape, timings in zip(shapes, found.values(), strict=True)
    ]


def find_plotter(file: str) -> Any:
    """Return ``matplotlib.pyplot`` if the file can be written. Raises UsageError before any work is done."""
    path = Path(file)
    if path.suffix.lower() not in (".png", ".svg"):
        raise UsageError(f"--plot {file}: give a file that ends in .png or .svg")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"--plot {file}: cannot write there; give a file in a folder that exists")
    try:
        import_module("matplotlib").use("agg")
        return import_module("matplotlib.pyplot")
    except ImportError as error:
        raise UsageError('--plot needs matplotlib, which is not installed: pip install "hintree[bench]"') from error


def plot(pyplot: Any, live: Sequence[ScalingPoint], depth: Sequence[ScalingPoint], file: str) -> None:
    """Draw both curves into a file, with bars from the lowest to the highest run; equal points give equal bytes."""
    with pyplot.rc_context():
        pyplot.rcdefaults()
        pyplot.rcParams["svg.hashsalt"] = "hintree"
        figure, (left, right) = pyplot.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
        draw(left, [p.shape.problems for p in live], [p.per_problem for p in live])
        left.set(xlabel="live problems", ylabel="CPU ms per problem", title=f"{live[0].shape.depth} levels")
        draw(right, [p.shape.depth for p in depth], [p.per_token for p in depth])
        problems = depth[0].shape.problems
        title = f"{problems} live problem{'s' * (problems > 1)}"
        right.set(xlabel="levels", ylabel="CPU µs per generated token", title=title)
        figure.savefig(file, metadata={"Date": None} if file.endswith(".svg") else {})
        pyplot.close(figure)


def draw(axes: Any, ticks: Sequence[int], values: Sequence[Spread]) -> None:
    """Draw one curve over a logarithmic horizontal axis; the vertical axis starts at 0."""
    low, high = [v.value - v.low for v in values], [v.high - v.value for v in values]
    axes.errorbar(ticks, [v.value for v in values], yerr=[low, high], marker="o", capsize=3)
    axes.set_xscale("log", base=2)
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.set_ylim(bottom=0)
