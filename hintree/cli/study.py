"""``hintree run`` and ``hintree merge``."""

import argparse
import os
from pathlib import Path
from typing import Any

from hintree.errors import UsageError

EXAMPLES = """examples:
  hintree run hints --out runs/hints
  hintree run study.yaml --out runs/a --resume --workers 4
  hintree run study.yaml --out runs/try --set problems='lab:test?n=20' --arms smart,student
  hintree run study.yaml --out runs/1 --shard 1/2     (on one machine)
  hintree run study.yaml --out runs/2 --shard 2/2     (on another)
  hintree merge runs/1 runs/2 --out runs/all
"""


def add_study(commands: Any) -> None:
    """The options of ``hintree run`` and ``hintree merge``."""
    run = commands.add_parser(
        "run",
        help="run a study: many arms on many problems",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    run.add_argument(
        "study",
        metavar="STUDY",
        type=Path,
        help="a YAML file (docs/studies.md), or the name of a shipped study, such as hints",
    )
    run.add_argument("--out", metavar="DIR", type=Path, required=True, help="folder of the results")
    run.add_argument("--resume", action="store_true", help="go on with what is in DIR")
    run.add_argument("--retry-failed", action="store_true", help="try again what failed before")
    run.add_argument("--shard", metavar="I/K", type=shard, default=(1, 1), help="only the I-th of K parts")
    run.add_argument("--arms", metavar="A,B", help="only these arms; an arm stands for all points of its grid")
    run.add_argument("--set", metavar="KEY=VALUE", action="append", default=[], help="set a value of the study")
    run.add_argument("--workers", metavar="N", type=count, default=1, help="processes, or actors (default %(default)s)")
    run.add_argument("--ray", metavar="ADDRESS", nargs="?", const="local", help="use Ray actors (default: local ones)")
    run.add_argument(
        "--live", metavar="N", type=count, default=64, help="problems a worker solves together (default %(default)s)"
    )
    run.add_argument(
        "--patience", metavar="S", type=count, default=600, help="silence after which a worker is hung (default 600 s)"
    )
    run.add_argument("--json", action="store_true", help="print each result as a line of JSON once it is on the disk")
    run.set_defaults(run=run_run)
    merge = commands.add_parser("merge", help="put the results of shards together, or save those of a damaged store")
    merge.add_argument("folders", metavar="DIR", nargs="+", type=Path, help="folders of `hintree run`")
    merge.add_argument("--out", metavar="DIR", type=Path, required=True, help="folder of all results; may be there")
    merge.set_defaults(run=run_merge)


def count(text: str) -> int:
    """A whole number of at least 1."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)


def shard(text: str) -> tuple[int, int]:
    """A part, from "2/3"."""
    first, _, parts = text.partition("/")
    if not (first.isdecimal() and parts.isdecimal() and 1 <= int(first) <= int(parts)):
        raise argparse.ArgumentTypeError(f"{text!r} is not I/K with I from 1 to K")
    return int(first), int(parts)


def run_run(args: argparse.Namespace) -> None:
    """Run a study."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        from hintree.experiments.study.run import Options, load, run_study
    except ModuleNotFoundError as error:
        raise UsageError(f'studies need {error.name}: pip install "hintree[study]"') from error
    names = set(Options._fields) - {"as_json"}
    options = Options(**{name: getattr(args, name) for name in names}, as_json=args.json)
    run_study(load(args.study, args.set), options)


def run_merge(args: argparse.Namespace) -> None:
    """Put results together."""
    from hintree.experiments.study.merge import merge

    print(merge(args.folders, args.out))
