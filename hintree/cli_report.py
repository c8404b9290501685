"""The command ``hintree report``."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import rich.table

    from hintree.experiments.report.table import Table

SHORT = ("arm", "attempts", "right", "against baseline", "p")
"""Columns of the table that is printed."""
EPILOG = """Written are report.html (one page, no network), report.md, report.json, a CSV file per table and an
SVG file per plot. What every figure means: docs/report.md. The same store gives the same bytes.

examples:
  hintree report runs/ladder
  hintree report runs/ladder --baseline "student alone" --out ladder-report
  hintree report runs/ladder --json | jq .tables.accuracy.rows
"""


def add_report(commands: Any) -> None:
    """The options of ``hintree report``."""
    report = commands.add_parser(
        "report",
        help="figures, audits and plots of a study that was run",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    report.add_argument("folder", metavar="DIR", type=Path, help="the study's folder, which `hintree run` has written")
    report.add_argument("--out", metavar="FOLDER", type=Path, help="where to write (default: DIR/report)")
    report.add_argument("--baseline", metavar="ARM", help="the arm to compare with (default: the study's own)")
    report.add_argument(
        "--teacher",
        metavar="ARM",
        help="the arm in which the teacher works alone (default: the one whose reasoner teaches in other arms)",
    )
    report.add_argument("--json", action="store_true", help="print all tables as one JSON object and write nothing")
    report.set_defaults(run=run_report)


def run_report(args: argparse.Namespace) -> None:
    """Make the report on a study."""
    from rich.console import Console

    from hintree.experiments.report.write import make, write

    report = make(args.folder, args.baseline, args.teacher)
    if args.json:
        print(json.dumps(report.to_json()))
        return
    files = write(report, args.out or args.folder / "report")
    Console(highlight=False).print(summary(report.tables[0]))
    print(f"95 % intervals; {files[0]} and {len(files) - 1} files beside it")


def summary(accuracy: "Table") -> "rich.table.Table":
    """The table of accuracy, in short."""
    import rich.table
    from rich.text import Text

    columns = [(i, column) for i, column in enumerate(accuracy.columns) if column.head in SHORT]
    table = rich.table.Table(*(column.title() for _, column in columns), box=None, padding=(0, 2, 0, 0))
    for row in accuracy.rows:
        table.add_row(*(Text(column.show(row[i])) for i, column in columns))
    return table
