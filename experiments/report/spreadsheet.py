"""Write tables as CSV, with texts that no spreadsheet reads as formulas, and as JSON."""

import csv
import math
from collections.abc import Iterator
from io import StringIO
from typing import Any

from hintree.experiments.report.table import Cell, Column, Table, plain
from hintree.statistics.bootstrap import Estimate
from hintree.view.text import table_cell


def to_csv(table: Table) -> str:
    """Return the table as CSV; an interval has columns of its own, and shares are in [0, 1]."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    wide = [any(isinstance(row[i], Estimate) for row in table.rows) for i in range(len(table.columns))]
    heads = zip(table.columns, wide, strict=True)
    writer.writerow([table_cell(head) for column, spread in heads for head in names(column, spread=spread)])
    for row in table.rows:
        writer.writerow([x for cell, spread in zip(row, wide, strict=True) for x in cells(cell, spread=spread)])
    return out.getvalue()


def names(column: Column, *, spread: bool) -> list[str]:
    """Return the heads of a column and of its interval."""
    return [column.head, f"{column.head} low", f"{column.head} high"] if spread else [column.head]


def cells(cell: Cell, *, spread: bool) -> Iterator[object]:
    """Return a cell and the ends of its interval."""
    value = plain(cell)
    yield table_cell(value)
    if spread:
        low, high = (cell.low, cell.high) if isinstance(cell, Estimate) else (math.nan, math.nan)
        yield from (plain(low), plain(high))


def to_json(table: Table) -> dict[str, Any]:
    """Return the table as JSON data: rows as objects, an interval as an object with value, low, high and n."""
    return {
        "title": table.title,
        "caption": table.caption,
        "rows": [
            {column.head: as_json(cell) for column, cell in zip(table.columns, row, strict=True)} for row in table.rows
        ],
    }


def as_json(cell: Cell) -> Any:
    """Return a cell as JSON data; None where it is undefined."""
    if isinstance(cell, Estimate) and not math.isnan(cell.value):
        return {"value": plain(cell), "low": plain(cell.low), "high": plain(cell.high), "n": cell.n}
    return plain(cell)
