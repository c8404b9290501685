"""The command ``hintree audit-hints``: measure leaks of a study's hints without the leak filter."""

import argparse
from pathlib import Path
from typing import Any

from hintree.cli.options import add_json, positive
from hintree.cli.output import print_json

EPILOG = """A reader states the answer at once, from the question alone and from the question with the hints that the
chosen paths of a study were written under. If the hints say no result, it is right equally often. docs/report.md
explains the table.

examples:
  hintree audit-hints runs/hints
  hintree audit-hints runs/hints --arm hinter --reader Qwen/Qwen2.5-1.5B-Instruct --n 100
"""


def add_audit_hints(commands: Any) -> None:
    """Add the command ``hintree audit-hints``."""
    parser = commands.add_parser(
        "audit-hints",
        help="measure whether hints give answers away, by a reader without steps",
        epilog=EPILOG,
    )
    parser.add_argument("folder", metavar="DIR", type=Path, help="output folder of `hintree run`")
    parser.add_argument(
        "--reader", metavar="MODEL", default="embedded:student-2", help="model that answers (default %(default)s)"
    )
    parser.add_argument("--arm", action="append", default=[], help="an arm to audit; may be repeated (default: all)")
    parser.add_argument("--n", type=positive, help="the first N problems of each arm (default: all)")
    add_json(parser)
    parser.set_defaults(run=run_audit_hints)


def run_audit_hints(args: argparse.Namespace) -> None:
    """Print the table of the audit."""
    from rich.console import Console

    from hintree.cli.report import printed
    from hintree.experiments.report.hints_alone import audit_hints
    from hintree.experiments.report.spreadsheet import to_json
    from hintree.view.text import one_line

    table = audit_hints(args.folder, args.reader, args.arm, args.n)
    if args.json:
        print_json(to_json(table))
        return
    Console(highlight=False).print(printed(table))
    print(f"\n{one_line(table.caption)}")
