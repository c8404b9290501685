"""The commands ``hintree report`` and ``hintree compare``."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hintree.cli.options import add_json, add_prices
from hintree.cli.output import print_json
from hintree.search.core.ledger import ALL_ROLES

if TYPE_CHECKING:
    import rich.table

    from hintree.experiments.report.prices import Prices
    from hintree.experiments.report.table import Table

SHORT = ("arm", "attempts", "abstained", "coverage", "right", "right of answered", "against baseline", "p")
"""Headings of the columns of the accuracy table that ``hintree report`` prints."""
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
    report.add_argument(
        "--compare",
        nargs=2,
        metavar=("A", "B"),
        help="compare these two arms in the report, too, as `hintree compare` does",
    )
    add_margin(report)
    add_prices(report)
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
    add_margin(compare)
    add_prices(compare)
    add_json(compare)
    compare.set_defaults(run=run_compare)


def add_margin(parser: argparse.ArgumentParser) -> None:
    """Add ``--margin``, the difference in accuracy that counts as none."""
    parser.add_argument(
        "--margin",
        metavar="POINTS",
        type=points_of_percent,
        default=2.0,
        help="difference in accuracy that counts as none in the test of equivalence, in points of percent (default 2)",
    )


def points_of_percent(text: str) -> float:
    """Parse a number above 0 and below 100. Raises ArgumentTypeError."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 100:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0 and below 100")
    return value


def prices_of(args: argparse.Namespace) -> "Prices | None":
    """Return the prices of ``--prices``; None if it is not given. Raises UsageError."""
    from hintree.experiments.report.prices import read_prices

    return None if args.prices is None else read_prices(args.prices)


def run_report(args: argparse.Namespace) -> None:
    """Write the report on a study and print its first table."""
    from rich.console import Console

    from hintree.experiments.report.compare import compare
    from hintree.experiments.report.write import make, write

    prices = prices_of(args)
    report = make(args.folder, args.baseline, args.teacher, prices)
    if args.compare is not None:
        arm, other = args.compare
        table = compare(args.folder, arm, other, args.teacher, margin=args.margin / 100, prices=prices)
        report = report._replace(tables=[*report.tables, table])
    if args.json:
        print_json(report.to_json())
        return
    files = write(report, args.out or args.folder / "report")
    console = Console(highlight=False)
    console.print(printed(report.tables[0], SHORT))
    console.print()
    console.print(costs(next(table for table in report.tables if table.name == "cost")))
    print(f"tokens / GFLOPs per attempt\n\n{report.standing}")
    print(f"95 % intervals; {files[0]} and {len(files) - 1} files beside it")


def run_compare(args: argparse.Namespace) -> None:
    """Print the comparison of two arms."""
    from rich.console import Console

    from hintree.experiments.report.compare import compare
    from hintree.experiments.report.spreadsheet import to_json
    from hintree.view.text import one_line

    margin = args.margin / 100
    table = compare(args.folder, args.arm, args.other, args.teacher, margin=margin, prices=prices_of(args))
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


def costs(table: "Table") -> "rich.table.Table":
    """Return the means of the cost table for the terminal: tokens / GFLOPs of every role with a cost, and the sums."""
    import rich.table
    from rich.text import Text

    from hintree.experiments.report.table import plain

    heads = [column.head for column in table.columns]
    rows = [[c.show(plain(cell) or None) for c, cell in zip(table.columns, row, strict=True)] for row in table.rows]
    shown = {"arm": [row[0] for row in rows]}
    for i, head in enumerate(heads):
        if head.endswith(" tokens"):  # the GFLOPs of the role are beside them
            pairs = [" / ".join(row[i : i + 2]) for row in rows]
            shown[head.removesuffix(" tokens")] = ["-" if pair == "- / -" else pair for pair in pairs]
        elif i >= heads.index("GFLOPs"):
            shown[head] = [row[i] for row in rows]
    kept = {head: cells for head, cells in shown.items() if set(cells) != {"-"} or head not in ALL_ROLES}
    short = rich.table.Table(*kept, box=None, padding=(0, 2, 0, 0))
    short.columns[0].min_width = min(24, max(len(row[0]) for row in rows))
    for cells in zip(*kept.values(), strict=True):
        short.add_row(*map(Text, cells))
    return short
