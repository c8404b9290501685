"""The commands ``hintree report`` and ``hintree compare``."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hintree.cli.options import add_json
from hintree.cli.output import print_json

if TYPE_CHECKING:
    import rich.table

    from hintree.experiments.report.table import Table

SHORT = ("arm", "attempts", "right", "against baseline", "p")
"""Headings of the columns that ``hintree report`` prints."""
EPILOG = """Writes report.html (one page, no network), report.md, report.json, a CSV file per table and an SVG file
per plot. The same store gives the same bytes. docs/report.md defines every figure.

examples:
  hintree report runs/escalation
  hintree report runs/escalation --baseline "student alone" --out escalation-report
  hintree report runs/escalation --json | jq .tables.accuracy.rows
"""


COMPARE_EPILOG = """Differences and ratios are paired by problem and seed, with 95 % bootstrap intervals
(docs/report.md). Reads results only, no trees, so it takes seconds, even while the study runs.

examples:
  hintree compare runs/hints "hinter" "no hints"
  hintree compare runs/methods "hintree / threshold=0.5" "rsd / threshold=0.5" --json |
    jq '.rows[] | select(.figure == "teacher tokens")["A / B"]'
"""


def add_report(commands: Any) -> None:
    """Add ``hintree report`` and ``hintree compare``."""
    report = commands.add_parser(
        "report",
        help="write the report on a study: accuracy, costs, audits, plots",
        epilog=EPILOG,
    )
    report.add_argument("folder", metavar="DIR", type=Path, help="output folder of `hintree run`")
    report.add_argument("--out", metavar="FOLDER", type=Path, help="folder of the report (default: DIR/report)")
    report.add_argument("--baseline", metavar="ARM", help="the arm to compare with (default: the study's own)")
    report.add_argument(
        "--teacher",
        metavar="ARM",
        help="the arm of the teacher alone (default: the arm whose reasoner is the teacher of other arms)",
    )
    add_json(report, "print all tables as one JSON object and write nothing")
    report.set_defaults(run=run_report)
    compare = commands.add_parser(
        "compare",
        help="compare two arms of a study: accuracy and cost, paired by problem",
        epilog=COMPARE_EPILOG,
    )
    compare.add_argument("folder", metavar="DIR", type=Path, help="output folder of `hintree run`")
    compare.add_argument("arm", metavar="A", help="an arm")
    compare.add_argument("other", metavar="B", help="the arm to compare it with")
    compare.add_argument("--teacher", metavar="ARM", help="as for `hintree report`")
    add_json(compare)
    compare.set_defaults(run=run_compare)


def run_report(args: argparse.Namespace) -> None:
    """Write the report on a study and print its first table."""
    from rich.console import Console

    from hintree.experiments.report.write import make, write

    report = make(args.folder, args.baseline, args.teacher)
    if args.json:
        print_json(report.to_json())
        return
    files = write(report, args.out or args.folder / "report")
    Console(highlight=False).print(printed(report.tables[0], SHORT))
    print(f"95 % intervals; {files[0]} and {len(files) - 1} files beside it")


def run_compare(args: argparse.Namespace) -> None:
    """Print the comparison of two arms."""
    from rich.console import Console

    from hintree.experiments.report.compare import compare
    from hintree.experiments.report.spreadsheet import to_json
    from hintree.view.text import one_line

    table = compare(args.folder, args.arm, args.other, args.teacher)
    if args.json:
        print_json(to_json(table))
        return
    Console(highlight=False).print(printed(table))
    print(f"\n{one_line(table.caption)}")


def printed(table: "Table", heads: Sequence[str] = ()) -> "rich.table.Table":
    """Return a table for the terminal, restricted to the columns with these headings unless there are none."""
    import rich.table
    from rich.text import Text

    columns = [(i, column) for i, column in enumerate(table.columns) if not heads or column.head in heads]
    shown = rich.table.Table(*(column.title() for _, column in columns), box=None, padding=(0, 2, 0, 0))
    for row in table.rows:
        shown.add_row(*(Text(column.show(row[i])) for i, column in columns))
    return shown
