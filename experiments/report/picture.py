"""Draw points with intervals as SVG text; equal figures give equal bytes, and the colour is the page's."""

import math
import warnings
from collections.abc import Callable, Sequence
from html import escape
from io import StringIO
from typing import TYPE_CHECKING, Any, NamedTuple

from hintree.errors import UsageError
from hintree.statistics.bootstrap import Estimate
from hintree.view.text import one_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK = "#010203"
"""Stands for the colour of the page's text, which differs between a light and a dark page."""
MARKS = "osD^vPX<>*"
"""Ten colours in turn, each time round with the marks shifted by one: a hundred arms differ."""
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
    """Points of one arm, x and y with their intervals."""

    name: str
    x: Sequence[Estimate]
    y: Sequence[Estimate]


def exactly(values: Sequence[float]) -> list[Estimate]:
    """Return numbers as estimates without intervals."""
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
    """Return the picture as SVG; shares on the y-axis are shown in percent."""
    try:
        from matplotlib import style
        from matplotlib.figure import Figure as Picture
    except ImportError as error:
        raise UsageError('the plots of a report need matplotlib: pip install "hintree[study]"') from error
    with style.context(["default", STYLE]), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        below = len(series) > BESIDE
        rows = -(-len(series) // 3) if below else 0
        picture = Picture(figsize=(WIDTH, HEIGHT + 0.18 * rows), layout="constrained")
        axes = picture.add_subplot()
        for i, one in enumerate(series):
            plot_series(axes, one, MARKS[(i + i // 10) % 10], lined=lined)
        if extra is not None:
            extra(axes)
        axes.set(xlabel=across, ylabel=up)
        axes.set_ylim(bottom=0)
        place: Any = "outside lower center" if below else "outside right center"
        picture.legend(loc=place, ncols=3 if below else 1, frameon=False, fontsize=8)
        out = StringIO()
        picture.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return accessible(out.getvalue(), title)


def plot_series(axes: "Axes", series: Series, mark: str, *, lined: bool) -> None:
    """Plot one arm with its intervals."""
    defined = [(x, y) for x, y in zip(series.x, series.y, strict=True) if not math.isnan(x.value + y.value)]
    x, y = [x for x, _ in defined], [y for _, y in defined]
    name = one_line(series.name)
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
    """Return the lengths of the interval below and above each value; shape [2, points]."""
    below = [unit * max(0.0, e.value - e.low) for e in values]
    return [below, [unit * max(0.0, e.high - e.value) for e in values]]


def accessible(svg: str, title: str) -> str:
    """Return the SVG with a title for screen readers, in the page's colour and scalable to any width."""
    body = svg[svg.index("<svg") :].replace(INK, "currentColor")
    head, _, rest = body.partition(">")
    name = escape(title)
    return f'{head} role="img" aria-label="{name}"><title>{name}</title>{rest}'
