"""The commands ``hintree run`` and ``hintree merge``."""

import argparse
import os
from functools import partial
from pathlib import Path
from typing import Any

from hintree.cli.options import add_json, add_prices, add_problem_options, add_timeout, positive
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
    """Add ``hintree run`` and ``hintree merge``."""
    run = commands.add_parser(
        "run",
        help="run a study: many arms on many problems",
        epilog=EXAMPLES,
    )
    run.add_argument(
        "study",
        metavar="STUDY",
        type=Path,
        help="a YAML file (docs/studies.md), or a shipped study: $studies",
    )
    run.add_argument("--out", metavar="DIR", type=Path, required=True, help="folder of the results")
    run.add_argument("--resume", action="store_true", help="continue from the results in DIR")
    run.add_argument("--retry-failed", action="store_true", help="repeat trials that failed before")
    run.add_argument(
        "--shard", metavar="I/K", type=shard, default=(1, 1), help="run only the I-th of K parts (default: 1/1)"
    )
    run.add_argument(
        "--record",
        metavar="DIR",
        type=Path,
        help="record every model output in DIR; arms and later runs that ask for the same are served from there",
    )
    run.add_argument("--arms", metavar="A,B", help="run only these arms; an arm includes all points of its grid")
    run.add_argument(
        "--set",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="set a value of the study, e.g. seeds=[0,1]; repeatable",
    )
    add_workers(run)
    add_prices(run)
    add_json(run, "print each result as a line of JSON once it is stored")
    add_problem_options(run)
    run.set_defaults(run=run_run)
    add_merge(commands)


def add_workers(run: argparse.ArgumentParser) -> None:
    """Add the options of worker processes, and the times after which they are replaced."""
    run.add_argument(
        "--workers", metavar="N", type=positive, default=1, help="worker processes, or Ray actors (default %(default)s)"
    )
    run.add_argument(
        "--ray",
        metavar="ADDRESS",
        nargs="?",
        const="local",
        help="use Ray actors, of this cluster (without ADDRESS: a local one)",
    )
    run.add_argument(
        "--live",
        metavar="N",
        type=positive,
        default=64,
        help="problems that a worker solves in one batch (default %(default)s)",
    )
    add_timeout(run)
    run.add_argument(
        "--heartbeat-timeout",
        "--patience",
        metavar="SECONDS",
        type=positive,
        default=600,
        help="time without a heartbeat after which a worker is replaced (default %(default)s)",
    )
    run.add_argument(
        "--progress-timeout",
        metavar="SECONDS",
        type=positive,
        default=7200,
        help="time in which no model answers a batch after which a worker is replaced (default %(default)s)",
    )


def add_merge(commands: Any) -> None:
    """Add the command ``hintree merge``."""
    merge = commands.add_parser(
        "merge",
        help="merge the results of shards, or recover those of a damaged store",
        epilog="example:\n  hintree merge runs/1 runs/2 --out runs/all",
    )
    merge.add_argument("folders", metavar="DIR", nargs="+", type=Path, help="output folders of `hintree run`")
    merge.add_argument("--out", metavar="DIR", type=Path, required=True, help="folder of all results; may exist")
    merge.set_defaults(run=run_merge)


def shard(text: str) -> tuple[int, int]:
    """Parse a shard such as "2/3" into (2, 3). Raises ArgumentTypeError."""
    first, _, parts = text.partition("/")
    if not (first.isdecimal() and parts.isdecimal() and 1 <= int(first) <= int(parts)):
        raise argparse.ArgumentTypeError(f"{text!r} is not I/K with I from 1 to K")
    return int(first), int(parts)


def run_run(args: argparse.Namespace) -> None:
    """Run a study, or the rest of it. Raises UsageError."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        from hintree.experiments.report.prices import read_prices
        from hintree.experiments.study.run import RunOptions, load, run_study, show_summary
    except ModuleNotFoundError as error:
        raise UsageError(f'studies need {error.name}: pip install "hintree[study]"') from error
    names = set(RunOptions._fields) - {"as_json"}
    options = RunOptions(**{name: getattr(args, name) for name in names}, as_json=args.json)
    prices = None if args.prices is None else read_prices(args.prices)
    run_study(load(args.study, args.set, args), options, partial(show_summary, prices=prices))


def run_merge(args: argparse.Namespace) -> None:
    """Merge results into one folder and print a summary."""
    from hintree.experiments.study.merge import merge

    print(merge(args.folders, args.out))
