"""The command ``hintree bench``."""

import argparse
import os
from typing import Any

from hintree.cli.options import add_json
from hintree.errors import UsageError

EXAMPLES = """examples:
  hintree bench --quick                                 # under a minute
  hintree bench --json > bench.json
  hintree bench --device cuda --models 0.5B,1.5B        # a GPU, by wall time, beside its roofline

Every figure is explained in docs/runtime.md.
"""
SIZES = ("1M", "5M", "100M", "0.5B", "1.5B")
"""Sizes of random weights, as ``hintree.experiments.bench.shapes`` makes them; that module imports torch."""


def add_bench(commands: Any) -> None:
    """Add the command ``hintree bench``."""
    bench = commands.add_parser("bench", help="measure the local runtime in CPU time of one thread", epilog=EXAMPLES)
    bench.add_argument("--quick", action="store_true", help="measure less: under a minute (default: everything)")
    bench.add_argument(
        "--plot", metavar="FILE", help="draw the scaling curves into a .png or .svg (needs hintree[bench])"
    )
    bench.add_argument(
        "--device",
        metavar="NAME",
        help="time trees of fixed lengths on this device instead, such as cuda, by wall time beside its roofline",
    )
    bench.add_argument(
        "--models",
        metavar="SIZES",
        default="0.5B,1.5B",
        help=f"random weights for --device, some of {', '.join(SIZES)} (default %(default)s)",
    )
    add_json(bench)
    bench.set_defaults(run=run_bench)


def run_bench(args: argparse.Namespace) -> None:
    """Measure the local runtime, or a device with ``--device``. Raises UsageError."""
    if args.device:
        if args.plot:
            raise UsageError("--plot draws curves of the whole benchmark, which --device leaves out: give one of them")
        from hintree.experiments.bench.on_device import bench_on
        from hintree.experiments.bench.shapes import Shape

        shape, runs = (Shape(depth=2), 2) if args.quick else (Shape(), 5)
        return bench_on(args.device, args.models.split(","), shape=shape, runs=runs, as_json=args.json)
    os.environ["OMP_NUM_THREADS"] = "1"  # read when torch is imported
    from hintree.experiments.bench.run import QUICK, Extent, bench

    bench(QUICK if args.quick else Extent(), as_json=args.json, picture=args.plot)
