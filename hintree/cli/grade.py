"""The command ``hintree grade``: grade the outputs of a model against reference answers."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hintree.cli.output import print_json

if TYPE_CHECKING:
    from hintree.grade.files import GradedRow

EPILOG = """Each line of FILE is a JSON object with a reference in "answer" and a model's text in "output"; "choices"
may name the options of multiple choice. Printed are the rows that are not right, and the counts.

examples:
  hintree grade outputs.jsonl
  hintree grade outputs.jsonl --json | jq .counts.right
  echo '{"answer": "7", "output": "The answer is 7."}' | hintree grade -
"""
STANDARD_INPUT = Path("/dev/stdin")
"""The file that ``-`` stands for."""
WIDTH = 60
"""Characters of an answer that are shown."""


def add_grade(commands: Any) -> None:
    """Add the options of ``hintree grade``."""
    parser = commands.add_parser(
        "grade",
        help="grade the outputs of a model against reference answers",
        epilog=EPILOG,
    )
    parser.add_argument(
        "file", metavar="FILE", type=Path, help="JSON Lines with the columns answer and output; - for standard input"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object with all verdicts and the counts")
    parser.set_defaults(run=run_grade)


def run_grade(args: argparse.Namespace) -> None:
    """Grade a file and print the verdicts. Raises GraderError with the number of a bad line."""
    from hintree.grade.files import count, grade_rows, read_rows

    file = STANDARD_INPUT if str(args.file) == "-" else args.file
    rows = list(grade_rows(list(read_rows(file))))
    counts = count(rows)
    if args.json:
        print_json({"counts": counts, "rows": [as_json(row) for row in rows]})
        return
    for row in rows:
        if row.verdict.value != "right":
            print(f"line {row.line}: {row.verdict.value}: {shown(row.found)} for {shown(row.reference)}")
    share = counts["right"] / counts["rows"]
    rest = ", ".join(f"{counts[name]} {name}" for name in ("wrong", "ungraded", "without answer"))
    print(f"{counts['right']} of {counts['rows']} right ({100 * share:.1f} %), {rest}")


def as_json(row: "GradedRow") -> dict[str, str | int | None]:
    """Return a row as it is printed with ``--json``."""
    return {"line": row.line, "reference": row.reference, "found": row.found, "verdict": row.verdict.value}


def shown(answer: str | None) -> str:
    """Return an answer as one short line without control characters."""
    from hintree.view.text import one_line

    return "no answer" if answer is None else f"'{one_line(answer, WIDTH)}'"
