"""Draw the scaling curves from the table of docs/runtime.md, so that picture and table say the same.

python -m hintree.experiments.bench.picture --table docs/runtime.md --out docs/bench.svg
"""

import argparse
import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from hintree.errors import UsageError
from hintree.experiments.bench.clock import Spread
from hintree.experiments.bench.scaling import ScalingPoint, find_plotter, plot
from hintree.experiments.bench.shapes import Shape

HEAD = "| live problems | levels | CPU ms / problem | CPU us / generated token |"
"""First line of the table, as ``hintree bench`` prints it."""
CELL = re.compile(r"([\d.]+)(?: \(([\d.]+)-([\d.]+)\))?")


def read_points(text: str) -> list[ScalingPoint]:
    """Return the rows of the table in a page. Raises UsageError if there is none."""
    _, found, rest = text.partition(HEAD)
    if not found:
        raise UsageError(f"the page has no table that begins with {HEAD}")
    rows = [line.strip("| ").split(" | ") for line in rest.partition("\n\n")[0].splitlines()[2:]]
    return [
        ScalingPoint(Shape(problems=int(problems), depth=int(depth)), read_spread(whole), read_spread(token))
        for problems, depth, whole, token in rows
    ]


def read_spread(cell: str) -> Spread:
    """Return median and range of a cell such as "70.9 (55.2-100.8)". Raises UsageError for another text."""
    found = CELL.fullmatch(cell)
    if found is None:
        raise UsageError(f"the table has a cell {cell!r}, which is no number with its range")
    value = float(found[1])
    return Spread(value, float(found[2] or value), float(found[3] or value), 0)


def curves(points: Sequence[ScalingPoint]) -> tuple[list[ScalingPoint], list[ScalingPoint]]:
    """Return the points over live problems, whose number of levels is that of the first, and those over levels."""
    fewer = (i for i, (a, b) in enumerate(pairwise(points), 1) if b.shape.problems < a.shape.problems)
    live = next(fewer, len(points))
    return list(points[:live]), list(points[live:])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", type=Path, required=True, help="page that holds the table")
    parser.add_argument("--out", required=True, help="file to write, .svg or .png")
    args = parser.parse_args()
    plot(find_plotter(args.out), *curves(read_points(args.table.read_text(encoding="utf-8"))), args.out)
