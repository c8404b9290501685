"""Plots of accuracy against costs, by steps and by budget, and of the calibration of scores."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from hintree.experiments.report.accuracy import accuracy, right_of
from hintree.experiments.report.answers import answers_of
from hintree.experiments.report.audits import calibration
from hintree.experiments.report.budgets import common_name, curves, lines
from hintree.experiments.report.fronts import cost_of, front
from hintree.experiments.report.picture import INK, Series, draw, exactly
from hintree.experiments.report.results import StudyResults
from hintree.experiments.report.table import Cell, Column, Table
from hintree.statistics.bootstrap import Estimate
from hintree.statistics.calibration import Bin
from hintree.statistics.intervals import share
from hintree.statistics.selective import risk_coverage

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LINES = 8
"""Maximum number of arms that a plot names."""
COVERAGES = 20
"""Points of a risk-coverage curve."""


class Plot(NamedTuple):
    """Plot: name of its file, title, caption, the SVG, drawn in ``currentColor``, and its figures as a table."""

    name: str
    title: str
    caption: str
    svg: str
    figures: Table


def plot_of(
    name: str, title: str, caption: str, across: str, up: str, series: Sequence[Series], extra: Any = None
) -> Plot:
    """Draw a plot of shares, and return it with its figures."""
    columns = (Column("arm"), Column(across), Column(up, "%"), Column("Pareto front"))
    rows = [
        (one.name, as_cell(x), y, "yes" if i in one.front else "no")
        for one in series
        for i, (x, y) in enumerate(zip(one.x, one.y, strict=True))
    ]
    svg = draw(title, across, f"{up}, %", series, extra, lined=True)
    return Plot(name, title, caption, svg, Table(f"plot_{name}", title, caption, columns, rows))


def as_cell(x: Estimate) -> Cell:
    """Return an estimate, or its value where it has no interval."""
    return x.value if x.low == x.high else x


def plots(results: StudyResults) -> Iterator[Plot]:
    """Yield all plots for which there are figures. Raises UsageError without matplotlib."""
    points = {arm: accuracy(*right_of(results, arm)) for arm in results.arms}
    if any(cost_of(results, arm, "teacher tokens").value for arm in points):
        yield against(results, points, "teacher_tokens", "teacher tokens per attempt", "teacher tokens")
    if any(cost_of(results, arm, "GFLOPs").value > 0 for arm in points):
        yield against(results, points, "flops", "GFLOPs per attempt, scorer included", "GFLOPs")
        without = "GFLOPs without scorer"
        yield against(results, points, "flops_without_scorer", f"{without} per attempt", without)
    if len(results.parts("steps")) > 1:
        yield by_steps(results, telling(results, points))
    if bins := dict(calibration(results)):
        yield reliability_plot(results, bins, telling(results, {arm: points[arm] for arm in bins}))
    yield risk_plot(results, telling(results, points))
    found = curves(results)
    for limit in sorted({curve.limit for curve in found}):
        series = [
            Series(curve.name, exactly(curve.levels), [points[arm] for arm in curve.arms], place(results, curve.arms))
            for curve in found
            if curve.limit == limit
        ]
        title = f"Accuracy against the budget's {limit}"
        caption = "Each line joins arms that differ in this limit, and the search's size, only; 95 % intervals."
        yield plot_of(f"budget_{limit}", title, caption, limit, "right", series)


def place(results: StudyResults, arms: Sequence[str]) -> int:
    """Return the place of the first of some arms in the study, which gives their colour."""
    return list(results.arms).index(arms[0])


def against(results: StudyResults, points: dict[str, Estimate], name: str, cost: str, of: str) -> Plot:
    """Plot accuracy against one of ``fronts.COSTS``, with the Pareto front of the point estimates."""
    costs = {arm: cost_of(results, arm, of) for arm in points}
    on_front = front(results, of)

    def add_front(axes: "Axes") -> None:
        x, y = ([figures[arm].value for arm in on_front] for figures in (costs, points))
        axes.plot(x, [100 * height for height in y], color=INK, alpha=0.4, linestyle="--", zorder=0)

    known = {arm for arm, figure in costs.items() if not math.isnan(figure.value)}
    drawn_lines = [kept for line in lines(results) if (kept := [arm for arm in line if arm in known])]
    named = told_lines(results, points, drawn_lines, on_front)
    series = [
        Series(
            common_name(arms),
            [costs[arm] for arm in arms],
            [points[arm] for arm in arms],
            place(results, arms) if arms in named else -1,
            [i for i, arm in enumerate(arms) if arm in on_front],
        )
        for arms in drawn_lines
    ]
    title = f"Accuracy against {cost.partition(',')[0]}"
    caption = (
        "Each point is an arm, its bars are 95 % intervals of both figures; arms that differ in a "
        "threshold or a budget only are joined in its order. The dashed line joins the arms with rings, "
        f"that no other beats in both (the Pareto front of the point estimates): {', '.join(on_front)}."
        + f" Grey: {len(drawn_lines) - len(named)} further lines or points."
        * (len(drawn_lines) > len(named))
    )
    return plot_of(f"accuracy_{name}", title, caption, cost, "right", series, add_front)


def told_lines(
    results: StudyResults, points: dict[str, Estimate], groups: Sequence[list[str]], front: Sequence[str]
) -> list[list[str]]:
    """Return the groups of arms that a plot names: baseline, teacher, the Pareto front, then the most accurate."""

    def rank(arms: list[str]) -> tuple[bool, bool, float]:
        first = not {results.baseline, results.teacher}.isdisjoint(arms)
        return (not first, set(front).isdisjoint(arms), -max(points[arm].value for arm in arms))

    return sorted(groups, key=rank)[:LINES]


def telling(results: StudyResults, points: dict[str, Estimate]) -> list[str]:
    """Return the arms of a line plot: baseline, teacher, and the most accurate others, in the study's order."""
    first = (results.baseline, results.teacher)
    ranked = sorted(points, key=lambda arm: (arm not in first, -points[arm].value))
    return [arm for arm in points if arm in ranked[:LINES]]


def left_out(n: int, shown: int) -> str:
    """Return a sentence about the arms that a plot leaves out; "" if it has all."""
    return f" Of {n} arms, {shown} are shown: baseline, teacher, and the most accurate others." if shown < n else ""


def by_steps(results: StudyResults, arms: Sequence[str]) -> Plot:
    """Plot accuracy by number of steps."""
    lengths, parts = zip(*results.parts("steps"), strict=True)
    apart = 0.4 / len(arms)
    series = [
        Series(
            arm,
            exactly([k + apart * (i - (len(arms) - 1) / 2) for k in lengths]),
            [accuracy(*right_of(results, arm, rows)) for rows in parts],
            place(results, [arm]),
        )
        for i, arm in enumerate(arms)
    ]
    title = "Accuracy by number of steps"
    caption = (
        "Steps of the gold solution without that of the answer; 95 % intervals. Arms at the same number of "
        f"steps stand side by side.{left_out(len(results.arms), len(arms))}"
    )
    return plot_of("accuracy_steps", title, caption, "steps", "right", series)


def risk_plot(results: StudyResults, arms: Sequence[str]) -> Plot:
    """Plot the share of right answers among the most confident ones against their share of all (coverage)."""
    series = []
    for arm in arms:
        found = answers_of(results, arm)
        risks = risk_coverage(found.confidence, found.right)
        ends = sorted({math.ceil(len(risks) * i / COVERAGES) for i in range(1, COVERAGES + 1)}) if len(risks) else []
        right, across = [1 - risks[k - 1] for k in ends], [100 * k / len(risks) for k in ends]
        series.append(Series(arm, exactly(across), exactly(right), place(results, [arm])))
    title = "Accuracy of the most confident answers"
    caption = (
        "Right answers among the most confident ones, as their share of all attempts grows: 1 - risk of the "
        "risk-coverage curve (Geifman and El-Yaniv 2017). A flat line has confidence without information."
        f"{left_out(len(results.arms), len(arms))}"
    )
    return plot_of("risk_coverage", title, caption, "coverage, %", "right", series)


def reliability_plot(results: StudyResults, bins: Mapping[str, Sequence[Bin]], arms: Sequence[str]) -> Plot:
    """Plot the share of right steps against their scores."""
    series = [
        Series(
            arm,
            exactly([b.score for b in bins[arm]]),
            [Estimate(*share(round(b.right * b.n), b.n)) for b in bins[arm]],
            place(results, [arm]),
        )
        for arm in arms
    ]
    title = "Calibration of the scores"
    caption = (
        "Judged steps of lab problems after right steps only, in ten bins of the score: mean score, and how many of "
        "them are right, with 95 % Wilson intervals. On the dashed line a score equals the share of right steps."
        f"{left_out(len(bins), len(arms))}"
    )

    def diagonal(axes: "Axes") -> None:
        axes.plot([0, 1], [0, 100], color=INK, alpha=0.4, linestyle="--", zorder=0)

    return plot_of("calibration", title, caption, "score", "right steps", series, diagonal)
