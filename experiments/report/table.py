"""A table of figures: what it counts, its columns with their units, its rows."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hintree.statistics.bootstrap import Estimate

Cell = str | int | float | Estimate | None


def percent(x: float) -> str:
    """Return a share in percent."""
    return f"{100 * x:.1f}"


def points(x: float) -> str:
    """A difference of shares."""
    return f"{100 * x:+.1f}"


def number(x: float) -> str:
    """An amount, with three digits at least."""
    return f"{x:.0f}" if 100 <= abs(x) < 1e6 else f"{x:.3g}"


UNITS: dict[str, Callable[[float], str]] = {"%": percent, "points": points, "": number}


class Column(NamedTuple):
    """A head and its unit: "%", "points" (of percent) or "" for an amount or a text."""

    head: str
    unit: str = ""

    def title(self) -> str:
        """Return the heading of the column."""
        return f"{self.head}, {self.unit}" if self.unit else self.head

    def show(self, cell: Cell) -> str:
        """A cell for people: an interval stands in brackets, a dash where a figure is not defined."""
        if isinstance(cell, str):
            return printable(cell)
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
    """A table.

    Attributes:
        name: Of its file, and its anchor.
        title: Its heading.
        caption: What it counts, how many, and what the intervals are.
        columns, rows: Each row has a cell for every column.
    """

    name: str
    title: str
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]

    def texts(self) -> list[bool]:
        """Which columns hold texts."""
        return [any(isinstance(row[i], str) for row in self.rows) for i in range(len(self.columns))]


def printable(text: str) -> str:
    """The text with control, bidirectional and other invisible characters written out."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def plain(cell: Cell) -> str | int | float | None:
    """A cell without its interval, a number to six digits; None where it is not defined."""
    value = cell.value if isinstance(cell, Estimate) else cell
    if isinstance(value, float):
        return None if math.isnan(value) else float(f"{value:.6g}")
    return value
