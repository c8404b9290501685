"""The command ``hintree bench``."""

import argparse
import os
from typing import Any

from hintree.cli.options import add_json, positive
from hintree.errors import UsageError

EXAMPLES = """examples:
  hintree bench --quick                                 # under a minute
  hintree bench --json > bench.json
  hintree bench --real models/                          # engines on the GGUF models of a folder
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
    bench.add_argument(
        "--real",
        metavar="FOLDER",
        help="compare engines on the GGUF models of a folder: transformers, llama.cpp, and vLLM (left out by --quick)",
    )
    bench.add_argument(
        "--problems",
        metavar="SOURCE",
        help="questions for --real, as of `hintree solve` (default: problems of the lab)",
    )
    bench.add_argument("--runs", type=positive, metavar="N", help="turns of --real (default: 3, 1 with --quick)")
    bench.add_argument(
        "--threads", type=positive, metavar="N", help="threads of every engine for --real (default: all cores)"
    )
    add_json(bench)
    bench.set_defaults(run=run_bench)


def run_bench(args: argparse.Namespace) -> None:
    """Measure the local runtime, engines with ``--real``, or a device with ``--device``. Raises UsageError."""
    if args.plot and (args.device or args.real):
        raise UsageError("--plot draws curves of the whole benchmark, which --device and --real leave out")
    if args.real and args.device:
        raise UsageError("--real and --device name two benchmarks; give one of them")
    if not args.real and (args.problems or args.runs or args.threads):
        raise UsageError("--problems, --runs and --threads belong to --real FOLDER, which is missing")
    if args.real:
        from hintree.experiments.bench.engines import run

        extent = run.QUICK if args.quick else run.EngineExtent()
        extent = extent._replace(runs=args.runs or extent.runs)
        return run.bench_real(
            args.real, extent=extent, problems=args.problems, threads=args.threads, as_object=args.json
        )
    if args.device:
        from hintree.experiments.bench.on_device import bench_on
        from hintree.experiments.bench.shapes import Shape

        shape, runs = (Shape(depth=2), 2) if args.quick else (Shape(), 5)
        return bench_on(args.device, args.models.split(","), shape=shape, runs=runs, as_json=args.json)
    os.environ["OMP_NUM_THREADS"] = "1"  # read when torch is imported
    from hintree.experiments.bench.run import QUICK, Extent, bench

    bench(QUICK if args.quick else Extent(), as_json=args.json, picture=args.plot)
