"""Format a report as Markdown, with the plots as files beside it."""

import re
from collections.abc import Sequence

from hintree.experiments.report.plots import Plot
from hintree.experiments.report.table import Cell, Column, Table
from hintree.view.text import one_line

SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&])")


def to_markdown(title: str, notes: Sequence[str], tables: Sequence[Table], plots: Sequence[Plot]) -> str:
    """Return the whole report as Markdown."""
    parts = [f"# {escape(title)}", "\n".join(f"- {escape(note)}" for note in notes)]
    parts += [table_text(table) for table in tables]
    parts += [plot_text(plot) for plot in plots]
    return "\n\n".join(parts) + "\n"


def table_text(table: Table) -> str:
    """Format a table under its heading, with its caption."""
    return f"## {escape(table.title)}\n\n{escape(table.caption)}\n\n{rows_text(table)}"


def rows_text(table: Table) -> str:
    """Format the columns and rows of a table."""
    lines = [row([escape(c.title()) for c in table.columns])]
    lines.append("|" + "|".join("---" if is_text else "---:" for is_text in table.texts()) + "|")
    lines += [row([text(c, cell) for c, cell in zip(table.columns, cells, strict=True)]) for cells in table.rows]
    return "\n".join(lines)


def plot_text(plot: Plot) -> str:
    """Format a plot under its heading, with its caption."""
    title = escape(plot.title)
    figures = f"[Figures]({plot.figures.name}.csv)"
    return f"## {title}\n\n![{title}]({plot.name}.svg)\n\n{escape(plot.caption)} {figures}"


def row(cells: Sequence[str]) -> str:
    """Format one line of a table."""
    return f"| {' | '.join(cells)} |"


def text(column: Column, cell: Cell) -> str:
    """Format a cell; only texts need escaping."""
    return escape(column.show(cell)) if isinstance(cell, str) else column.show(cell)


def escape(text: str) -> str:
    """Escape a text so that Markdown shows it unchanged, on one line."""
    return SPECIAL.sub(r"\\\1", one_line(text))
