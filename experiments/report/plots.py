"""The plots, as SVG text that is the same for the same figures."""

import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from html import escape
from io import StringIO
from typing import TYPE_CHECKING, Any, NamedTuple

from hintree.experiments.report.accuracy import accuracy, right_of
from hintree.experiments.report.audits import calibration
from hintree.experiments.report.bootstrap import Estimate, ratio
from hintree.experiments.report.budgets import curves
from hintree.experiments.report.calibration import Bin
from hintree.experiments.report.costs import flops, generated
from hintree.experiments.report.frontier import pareto
from hintree.experiments.report.material import Figure, Material
from hintree.experiments.report.table import printable
from hintree.experiments.statistics import share
from hintree.search.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK = "#010203"
"""Stands for the colour of the page's text, which differs between a light and a dark page."""
MARKS = "osD^vPX<>*"
"""Ten colours in turn, each time round with the marks shifted by one: a hundred arms differ."""
LONGEST = 40
"""Characters of an arm's name in a legend."""
STYLE: Any = {
    "figure.figsize": (7.5, 4.2),
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.2,
    "grid.color": INK,
    "svg.hashsalt": "hintree",
    "text.parse_math": False,
    **{f"{name}.color": INK for name in ("text", "xtick", "ytick")},
    **{name: INK for name in ("axes.edgecolor", "axes.labelcolor", "axes.titlecolor")},
}


class Plot(NamedTuple):
    """A plot: name of its file, title, what it shows, and the picture, whose ink is ``currentColor``."""

    name: str
    title: str
    caption: str
    svg: str


class Series(NamedTuple):
    """Points of one arm: x and y with their intervals."""

    name: str
    x: Sequence[Estimate]
    y: Sequence[Estimate]


def plots(material: Material) -> Iterator[Plot]:
    """All plots for which there are figures. Raises UsageError without matplotlib."""
    points = {arm: accuracy(*right_of(material, arm)) for arm in material.arms}
    if any(material.column(arm, generated("teacher")).any() for arm in points):
        yield against(material, points, "teacher_tokens", "teacher tokens per attempt", generated("teacher"))
    yield against(material, points, "flops", "FLOPs per attempt, scorer included", flops(scorer=True))
    if len(material.parts("steps")) > 1:
        yield by_steps(material)
    reliable = list(calibration(material))
    if reliable:
        yield reliability_plot(reliable)
    found = curves(material)
    for limit in sorted({curve.limit for curve in found}):
        lines = [
            Series(curve.name, exactly(curve.levels), [points[arm] for arm in curve.arms])
            for curve in found
            if curve.limit == limit
        ]
        title = f"Accuracy against the budget's {limit}"
        caption = "Each line joins arms that differ in this limit only; 95 % bootstrap intervals."
        yield Plot(f"budget_{limit}", title, caption, draw(title, limit, "right, %", lines, lined=True))


def against(material: Material, points: dict[str, Estimate], name: str, cost: str, figure: Figure) -> Plot:
    """Accuracy against a cost, with the Pareto front of the point estimates."""
    costs = {arm: ratio(material.column(arm, figure), material.made(arm)) for arm in points}
    drawn = [arm for arm in points if not math.isnan(costs[arm].value) and not math.isnan(points[arm].value)]
    places = [(costs[arm].value, points[arm].value) for arm in drawn]
    front = [places[i] for i in pareto(places)]

    def add_front(axes: "Axes") -> None:
        axes.plot(*zip(*[(x, 100 * y) for x, y in front], strict=True), color=INK, alpha=0.4, linestyle="--", zorder=0)

    series = [Series(arm, [costs[arm]], [points[arm]]) for arm in drawn]
    title = f"Accuracy against {cost.partition(',')[0]}"
    caption = (
        "Each point is an arm, its bars are 95 % bootstrap intervals of both figures. The dashed line joins the arms "
        "that no other beats in both (the Pareto front of the point estimates)."
    )
    return Plot(f"accuracy_{name}", title, caption, draw(title, cost, "right, %", series, add_front if front else None))


def by_steps(material: Material) -> Plot:
    """Accuracy by number of steps."""
    lengths, parts = zip(*material.parts("steps"), strict=True)
    apart = 0.4 / len(material.arms)
    series = [
        Series(
            arm,
            exactly([k + apart * (i - (len(material.arms) - 1) / 2) for k in lengths]),
            [accuracy(*right_of(material, arm, rows)) for rows in parts],
        )
        for i, arm in enumerate(material.arms)
    ]
    title = "Accuracy by number of steps"
    caption = (
        "Steps of the gold solution without that of the answer; 95 % bootstrap intervals. Arms of the same "
        "number of steps stand side by side."
    )
    return Plot("accuracy_steps", title, caption, draw(title, "steps", "right, %", series, lined=True))


def reliability_plot(reliable: Sequence[tuple[str, Sequence[Bin]]]) -> Plot:
    """Share of right steps against their scores."""
    series = [
        Series(arm, exactly([b.score for b in bins]), [Estimate(*share(round(b.right * b.n), b.n)) for b in bins])
        for arm, bins in reliable
    ]
    title = "Calibration of the scores"
    caption = (
        "Judged steps of lab problems after right steps only, in ten bins of the score: mean score, and how many of "
        "them are right, with 95 % Wilson intervals. On the dashed line a score is the probability that it says."
    )

    def diagonal(axes: "Axes") -> None:
        axes.plot([0, 1], [0, 100], color=INK, alpha=0.4, linestyle="--", zorder=0)

    return Plot("calibration", title, caption, draw(title, "score", "right steps, %", series, diagonal, lined=True))


def exactly(values: Sequence[float]) -> list[Estimate]:
    """Numbers without intervals."""
    return [Estimate(value, value, value, 1) for value in values]


def draw(
    title: str,
    across: str,
    up: str,
    series: Sequence[Series],
    extra: "Callable[[Axes], None] | None" = None,
    *,
    lined: bool = False,
) -> str:
    """One picture; shares on the y-axis are shown in percent."""
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure as Picture
    except ImportError as error:
        raise UsageError('the plots of a report need matplotlib: pip install "hintree[study]"') from error
    with mpl.rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        picture = Picture(layout="constrained")
        axes = picture.add_subplot()
        for i, one in enumerate(series):
            plot_series(axes, one, MARKS[(i + i // 10) % 10], lined=lined)
        if extra is not None:
            extra(axes)
        axes.set(xlabel=across, ylabel=up)
        axes.set_ylim(bottom=0)
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=8)
        out = StringIO()
        picture.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return accessible(out.getvalue(), title)


def plot_series(axes: "Axes", series: Series, mark: str, *, lined: bool) -> None:
    """One arm with its intervals."""
    defined = [(x, y) for x, y in zip(series.x, series.y, strict=True) if not math.isnan(x.value + y.value)]
    x, y = [x for x, _ in defined], [y for _, y in defined]
    name = printable(series.name)
    short = name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
    axes.errorbar(
        [e.value for e in x],
        [100 * e.value for e in y],
        xerr=whiskers(x, 1.0),
        yerr=whiskers(y, 100.0),
        label=f" {short}",  # a label that begins with an underscore would be left out
        marker=mark,
        linestyle="-" if lined else "none",
        capsize=2,
        linewidth=1.2,
        markersize=5,
    )


def whiskers(values: Sequence[Estimate], unit: float) -> list[list[float]]:
    """Lengths below and above each value."""
    below = [unit * max(0.0, e.value - e.low) for e in values]
    return [below, [unit * max(0.0, e.high - e.value) for e in values]]


def accessible(svg: str, title: str) -> str:
    """The bare picture with its title for those who hear it, in the page's own ink, at any width."""
    body = svg[svg.index("<svg") :].replace(INK, "currentColor")
    head, _, rest = body.partition(">")
    name = escape(title)
    return f'{head} role="img" aria-label="{name}"><title>{name}</title>{rest}'
