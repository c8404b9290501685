"""Tables of figures: caption, columns with their units, and rows."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hintree.statistics.bootstrap import Estimate
from hintree.view.text import one_line

Cell = str | int | float | Estimate | None


def percent(x: float) -> str:
    """Return a share in percent."""
    return f"{100 * x:.1f}"


def points(x: float) -> str:
    """Return a difference of shares in points of percent."""
    return f"{100 * x:+.1f}"


def number(x: float) -> str:
    """Return an amount with at least three digits."""
    return f"{x:.0f}" if 100 <= abs(x) < 1e6 else f"{x:.3g}"


UNITS: dict[str, Callable[[float], str]] = {"%": percent, "points": points, "": number}


class Column(NamedTuple):
    """Head of a column and its unit: "%", "points" (of percent) or "" for an amount or a text."""

    head: str
    unit: str = ""

    def title(self) -> str:
        """Return the heading of the column."""
        return f"{self.head}, {self.unit}" if self.unit else self.head

    def show(self, cell: Cell) -> str:
        """Format a cell: the interval in brackets, a dash where a figure is undefined."""
        if isinstance(cell, str):
            return one_line(cell)
        if cell is None:
            return "-"
        form = UNITS[self.unit]
        if isinstance(cell, Estimate):
            if math.isnan(cell.value):
                return "-"
            return f"{form(cell.value)} [{form(cell.low)}, {form(cell.high)}]"
        return "-" if math.isnan(cell) else str(cell) if isinstance(cell, int) else form(cell)


@dataclass(frozen=True)
class Table:
    """Table of figures with a caption.

    Attributes:
        name: Name of its file and of its anchor.
        title: Heading.
        caption: The figures that it shows, their n, and the kind of intervals.
        columns, rows: Columns, and rows with one cell per column.
    """

    name: str
    title: str
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]

    def texts(self) -> list[bool]:
        """Return one truth value per column, true for columns of texts."""
        return [any(isinstance(row[i], str) for row in self.rows) for i in range(len(self.columns))]


def plain(cell: Cell) -> str | int | float | None:
    """Return a cell without its interval, numbers to six digits; None where it is undefined."""
    value = cell.value if isinstance(cell, Estimate) else cell
    if isinstance(value, float):
        return None if math.isnan(value) else float(f"{value:.6g}")
    return value
