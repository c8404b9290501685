"""The command ``hintree report``."""

import argparse
import json
from pathlib import Path
from typing import Any

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
    from hintree.experiments.report.markdown import table_text
    from hintree.experiments.report.write import make, write

    report = make(args.folder, args.baseline, args.teacher)
    if args.json:
        print(json.dumps(report.to_json()))
        return
    files = write(report, args.out or args.folder / "report")
    print(table_text(report.tables[0]))
    print(f"\n{files[0]} and {len(files) - 1} files beside it")
