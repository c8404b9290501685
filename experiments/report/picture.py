"""Draw points with intervals as SVG text; equal figures give equal bytes, and the colour is the page's."""

import math
import warnings
from collections.abc import Callable, Sequence
from html import escape
from io import StringIO
from typing import TYPE_CHECKING, Any, NamedTuple

from hintree.errors import UsageError
from hintree.statistics.bootstrap import Estimate
from hintree.view.palette import arm_colour, plot_mark
from hintree.view.text import one_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK = "#010203"
"""Stands for the colour of the page's text, which differs between a light and a dark page."""
OTHERS = "#8a8f98"
"""Colour of arms that a plot shows without a name; legible on a light and a dark page."""
THEMES = "svg{color:#1f2328}@media(prefers-color-scheme:dark){svg{color:#e6edf3}}"
"""Colour of the text of a picture that is a file of its own, on a light and on a dark page."""
WIDTH, HEIGHT = 7.5, 4.2
"""Inches, without a legend below."""
BESIDE = 20
"""Maximum number of names for which the legend is beside the plot."""
LONGEST = 40
"""Characters of an arm's name in a legend."""
STYLE: Any = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.2,
    "grid.color": INK,
    "svg.hashsalt": "hintree",
    "text.parse_math": False,
    **{f"{name}.color": INK for name in ("text", "xtick", "ytick")},
    **{name: INK for name in ("axes.edgecolor", "axes.labelcolor")},
}


class Series(NamedTuple):
    """Points of one arm, x and y with their intervals.

    name: Name in the legend.
    number: Place of the arm in the study, which gives its colour and mark on every plot; -1 for grey and without name.
    front: Indices of the points on the Pareto front, which get a ring.
    """

    name: str
    x: Sequence[Estimate]
    y: Sequence[Estimate]
    number: int
    front: Sequence[int] = ()


def exactly(values: Sequence[float]) -> list[Estimate]:
    """Return numbers as estimates without intervals."""
    return [Estimate(value, value, value, 1) for value in values]


def check_plots() -> None:
    """Raise UsageError unless plots can be drawn, before the hours that a report may take."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise UsageError('the plots of a report need matplotlib: pip install "hintree[study]"') from error


def draw(
    title: str,
    across: str,
    up: str,
    series: Sequence[Series],
    extra: "Callable[[Axes], None] | None" = None,
    *,
    lined: bool = False,
) -> str:
    """Return the picture as SVG; shares on the y-axis are shown in percent."""
    check_plots()
    from matplotlib import style
    from matplotlib.figure import Figure as Picture

    with style.context(["default", STYLE]), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        named = sum(one.number >= 0 for one in series)
        below = named > BESIDE
        rows = -(-named // 3) if below else 0
        picture = Picture(figsize=(WIDTH, HEIGHT + 0.18 * rows), layout="constrained")
        axes = picture.add_subplot()
        for one in sorted(series, key=lambda one: one.number >= 0):
            plot_series(axes, one, lined=lined)
        if extra is not None:
            extra(axes)
        axes.set(xlabel=across, ylabel=up)
        axes.set_ylim(bottom=0)
        place: Any = "outside lower center" if below else "outside right center"
        picture.legend(loc=place, ncols=3 if below else 1, frameon=False, fontsize=8)
        out = StringIO()
        picture.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return accessible(out.getvalue(), title)


def plot_series(axes: "Axes", series: Series, *, lined: bool) -> None:
    """Plot one arm with its intervals, and rings around its points on the Pareto front."""
    known = series.number >= 0
    defined = [(x, y) for x, y in zip(series.x, series.y, strict=True) if not math.isnan(x.value + y.value)]
    x, y = [x for x, _ in defined], [y for _, y in defined]
    name = one_line(series.name)
    short = name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
    axes.errorbar(
        [e.value for e in x],
        [100 * e.value for e in y],
        xerr=whiskers(x, 1.0),
        yerr=whiskers(y, 100.0),
        label=f" {short}" if known else None,  # a label that begins with an underscore would be left out
        marker=plot_mark(series.number) if known else "o",
        color=arm_colour(series.number) if known else OTHERS,
        linestyle="-" if lined else "none",
        alpha=1.0 if known else 0.5,
        zorder=2 if known else 1,
        capsize=2,
        linewidth=1.2,
        markersize=6 if known else 3,
    )
    ringed = [(series.x[i].value, 100 * series.y[i].value) for i in series.front]
    if ringed:
        rings: Any = {"linestyle": "none", "marker": "o", "markersize": 12, "markerfacecolor": "none"}
        axes.plot(*zip(*ringed, strict=True), markeredgecolor=INK, zorder=3, **rings)


def whiskers(values: Sequence[Estimate], unit: float) -> list[list[float]]:
    """Return the lengths of the interval below and above each value; shape [2, points]."""
    below = [unit * max(0.0, e.value - e.low) for e in values]
    return [below, [unit * max(0.0, e.high - e.value) for e in values]]


def standalone(svg: str) -> str:
    """Return a picture of ``draw`` for a file of its own, legible on light and dark pages."""
    head, _, rest = svg.partition("</title>")
    return f"{head}</title><style>{THEMES}</style>{rest}"


def accessible(svg: str, title: str) -> str:
    """Return the SVG with a title for screen readers, in the page's colour and scalable to any width."""
    body = svg[svg.index("<svg") :].replace(INK, "currentColor")
    head, _, rest = body.partition(">")
    name = escape(title)
    return f'{head} role="img" aria-label="{name}"><title>{name}</title>{rest}'
