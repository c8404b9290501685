"""Format a report as one HTML page without scripts and network requests; every text is escaped."""

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from jinja2 import Environment

from hintree.experiments.report.plots import Plot
from hintree.experiments.report.table import Column, Table
from hintree.view.text import one_line


def to_html(title: str, notes: Sequence[str], tables: Sequence[Table], plots: Sequence[Plot]) -> str:
    """Return the report as HTML; the template escapes everything but the pictures, which are drawn here."""
    source = (files("hintree.experiments.report") / "page.html").read_text(encoding="utf-8")
    template = Environment(autoescape=True, keep_trailing_newline=True).from_string(source)
    return template.render(
        title=one_line(title),
        notes=[one_line(note) for note in notes],
        tables=[table_parts(table) for table in tables],
        plots=[plot_parts(plot) for plot in plots],
    )


def plot_parts(plot: Plot) -> dict[str, Any]:
    """Return the parts of a plot that the template shows."""
    texts = {"title": one_line(plot.title), "caption": one_line(plot.caption)}
    return {"anchor": f"plot-{plot.name}", **texts, "svg": plot.svg, "figures": table_parts(plot.figures)}


def table_parts(table: Table) -> dict[str, Any]:
    """Return the parts of a table that the template shows."""
    texts = table.texts()
    return {
        "anchor": f"table-{table.name}",
        "title": one_line(table.title),
        "caption": one_line(table.caption),
        "heads": [{"title": c.title(), "text": text} for c, text in zip(table.columns, texts, strict=True)],
        "rows": [[shown(c, row[i], texts[i]) for i, c in enumerate(table.columns)] for row in table.rows],
    }


def shown(column: Column, cell: Any, text: bool) -> dict[str, Any]:
    """Return one cell for the template."""
    return {"shown": column.show(cell), "text": text}
