"""The command ``hintree train data``."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hintree.cli.options import positive
from hintree.errors import UsageError
from hintree.whole_files import write_whole

if TYPE_CHECKING:
    from hintree.export import ShownTree

EPILOG = """Of a run only the trees with a right answer are used. docs/train-corrections.md shows how to train on
the rows.

examples:
  hintree run escalation --out runs/escalation
  hintree train data runs/escalation --kind correction --out corrections.jsonl
  hintree train data tree.json other.json --kind correction --model Qwen/Qwen2.5-0.5B-Instruct --out rows.jsonl
"""


def add_data(kinds: Any) -> None:
    """Add ``hintree train data``."""
    data = kinds.add_parser("data", help="make training rows from the trees of searches", epilog=EPILOG)
    data.add_argument("sources", nargs="+", metavar="TREE|RUN", help="trees (.json), or folders of runs")
    data.add_argument(
        "--kind", required=True, choices=("correction",), help="correction: wrong steps, critiques and corrected steps"
    )
    data.add_argument("--out", metavar="FILE", type=Path, required=True, help="file of the rows (.jsonl)")
    data.add_argument(
        "--model",
        help="write token ids and labels of this model, which leave only wrong parts out of the loss (default: prompt "
        "and completion as texts)",
    )
    data.add_argument("--protocol", metavar="NAME|FILE", help="form of the texts (default: the usual one of --model)")
    data.add_argument(
        "--per-step", type=positive, default=4, help="maximum number of wrong versions of a step (default %(default)s)"
    )
    data.set_defaults(run=run_data)


def run_data(args: argparse.Namespace) -> None:
    """Write the rows of the trees. Raises UsageError."""
    if args.out.suffix != ".jsonl":
        raise UsageError(f"--out {args.out}: rows are written to a file that ends in .jsonl")
    lines = [json.dumps(row) + "\n" for row in rows(args)]
    if not lines:
        raise UsageError(
            f"--kind {args.kind}: these trees have no such rows, which need a finished solution, and beside one of its "
            "steps with a score of at least 0.5 a version with a lower one; nothing is written"
        )
    write_whole(args.out, "".join(lines).encode())
    print(f"{args.out}: {len(lines)} {args.kind} rows")


def rows(args: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Yield the rows as texts, or as tokens of a model."""
    from hintree.models import load_model
    from hintree.policies import find_protocol
    from hintree.policies.formats import PromptFormat, format_for
    from hintree.training.corrections import corrections, text_row, token_row

    protocol = find_protocol(args.protocol) if args.protocol else None
    loaded = load_model(args.model) if args.model else None
    form = format_for(loaded, protocol) if loaded else PromptFormat(protocol or find_protocol("default"))
    words = form.protocol.words
    for solved in (tree for source in map(Path, args.sources) for tree in trees(source)):
        for found in corrections(solved, words, args.per_step):
            yield token_row(found, form, loaded.tokenizer) if loaded else text_row(found, words)


def trees(source: Path) -> "Iterator[ShownTree]":
    """Yield a tree, or the trees of a run that have a right answer."""
    from hintree.cli.view import trees_of_run
    from hintree.export import read

    yield from trees_of_run(source, "sft") if source.is_dir() else [read(source)]
