"""The command line: ``hintree solve``, ``searches``, ``demo`` and ``bench``; the other commands stand in cli_*.py."""

import argparse
import json
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import hintree
from hintree.cli.doctor import add_doctor
from hintree.cli.lab import add_lab
from hintree.cli.options import positive
from hintree.cli.presets import PresetsInHelp, add_presets
from hintree.cli.report import add_report
from hintree.cli.scorers import add_scorers
from hintree.cli.serve import add_serve
from hintree.cli.study import add_study
from hintree.cli.train import add_train
from hintree.cli.view import add_view, check_tree_file, open_page, write_tree
from hintree.errors import HintreeError, UsageError
from hintree.search.core.budget import Budget

EXAMPLES = """examples:
  hintree solve "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"
  hintree lab problems --split test --steps 6 --n 1 | jq -r .question | hintree solve -
  hintree solve --file question.txt --preset beam --json
  hintree solve "How many positive divisors does 196 have?" --preset greedy --reasoner Qwen/Qwen2.5-1.5B-Instruct
"""


class Parser(argparse.ArgumentParser):
    """A parser whose errors are UsageErrors, so that every bad input ends in the same way."""

    def error(self, message: str) -> Any:
        """Raise instead of exiting."""
        raise UsageError(f"{message} (see {self.prog} --help)")


def build_parser() -> argparse.ArgumentParser:
    """The whole command line."""
    parser = Parser(prog="hintree", description="Search-based test-time reasoning for small language models.")
    parser.add_argument("--version", action="version", version=f"hintree {hintree.__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    add_solve(commands)
    add_view(commands)
    add_presets(commands)
    searches = commands.add_parser("searches", help="list the searches with their settings")
    searches.set_defaults(run=run_searches)
    add_scorers(commands)
    add_train(commands)
    demo = commands.add_parser("demo", help="solve lab problems where the student alone fails, and compare the presets")
    demo.add_argument("--n", type=positive, default=100, help="problems in the comparison (default %(default)s)")
    demo.add_argument("--seed", type=int, default=0, help="seed of problems and searches (default %(default)s)")
    demo.set_defaults(run=run_demo)
    add_serve(commands)
    add_study(commands)
    add_lab(commands)
    bench = commands.add_parser("bench", help="measure the local runtime, in CPU time of one thread")
    bench.add_argument("--quick", action="store_true", help="less of everything: under a minute")
    bench.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    bench.add_argument(
        "--plot", metavar="FILE", help="draw the scaling curves into a .png or .svg (needs hintree[bench])"
    )
    bench.add_argument(
        "--device",
        metavar="NAME",
        help="instead, time trees of fixed lengths on this device, such as cuda, by the clock and beside its roofline",
    )
    bench.add_argument(
        "--models",
        metavar="SIZES",
        default="0.5B,1.5B",
        help="random weights for --device: some of 1M, 5M, 100M, 0.5B, 1.5B (default %(default)s)",
    )
    bench.set_defaults(run=run_bench)
    add_report(commands)
    add_doctor(commands)
    return parser


def add_solve(commands: Any) -> None:
    """The options of ``hintree solve``."""
    solve = commands.add_parser("solve", help="solve one question", epilog=EXAMPLES, formatter_class=PresetsInHelp)
    solve.add_argument("question", nargs="?", metavar="QUESTION", help="the question; - reads it from standard input")
    solve.add_argument("--file", metavar="FILE", help="read the question from a file")
    solve.add_argument(
        "--preset", default="hintree", help="a method; `hintree presets` lists them (default %(default)s)"
    )
    for role in ("reasoner", "hinter", "teacher", "scorer"):
        extra = ", or judge (the teacher), or another scorer: see `hintree scorers`" if role == "scorer" else ""
        solve.add_argument(f"--{role}", metavar="MODEL", help=f"embedded:NAME, a folder, a hub id, or URL#NAME{extra}")
    solve.add_argument(
        "--prm-spec", metavar="SPEC", help="how the PRM is asked: a family or a YAML file (docs/scorers.md)"
    )
    solve.add_argument("--search", metavar="NAME", help="how the tree grows; `hintree searches` lists them")
    solve.add_argument("--set", metavar="SETTINGS", help="settings of the search, e.g. simulations=64,c=1.4, or m=1")
    solve.add_argument(
        "--rewrite", metavar="SETTINGS", help="change the rewrite rule, e.g. threshold=0.7,stages=teacher, or none"
    )
    solve.add_argument("--sampling", metavar="SETTINGS", help="how texts are drawn, e.g. temperature=0.8,top_p=0.95")
    solve.add_argument(
        "--hinting", metavar="SETTINGS", help="when hints are written and what becomes of leaks: when=first,leaks=mask"
    )
    solve.add_argument("--keep-hints", action="store_true", help="later prompts show the hints of earlier steps")
    solve.add_argument("--record", metavar="FILE", help="keep every answer of a model; a run started again goes on")
    solve.add_argument("--device", default="auto", help="auto, cpu, cuda, ... (default %(default)s)")
    solve.add_argument(
        "--dtype", default="auto", help="auto, float64, float32, bfloat16, float16 or int8 (default %(default)s)"
    )
    solve.add_argument("--seed", type=int, default=0, help="same seed, same tree (default %(default)s)")
    solve.add_argument("--budget", metavar="LIMITS", help="e.g. teacher_tokens=500,seconds=20 (default: no limit)")
    solve.add_argument("--json", action="store_true", help="print one JSON object")
    solve.add_argument(
        "--tree", metavar="FILE", help="write the whole tree: .json, .html, .svg, ... as for `hintree export`"
    )
    solve.add_argument("--watch", action="store_true", help="show the tree while it grows, on standard error")
    solve.set_defaults(run=run_solve)


def read_question(args: argparse.Namespace) -> str:
    """The question from the argument, a file or standard input; exactly one of them."""
    if args.file and args.question is not None:
        raise UsageError("both a question and --file are given; give one")
    if args.file:
        try:
            return Path(args.file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"--file {args.file}: cannot be read as UTF-8 text: {error}") from error
    if args.question is not None and args.question != "-":
        return str(args.question)
    if args.question is None and sys.stdin.isatty():
        raise UsageError("no question: give it as an argument, with --file, or on standard input with -")
    return sys.stdin.buffer.read().decode("utf-8", "surrogateescape")


def run_solve(args: argparse.Namespace) -> None:
    """Solve one question."""
    question = read_question(args)
    budget = Budget.parse(args.budget) if args.budget is not None else None
    from hintree.solver import Solver, check_question

    check_question(question)
    chosen = chosen_preset(args)
    tree_file = check_tree_file(args.tree) if args.tree is not None else None
    from rich.console import Console

    from hintree.cli.show import show, to_json
    from hintree.cli.watch import watched
    from hintree.solver.solution import solved

    names = {role: getattr(args, role) for role in ("reasoner", "hinter", "teacher", "scorer")}
    solver = Solver(
        chosen,
        **names,
        prm_spec=args.prm_spec,
        budget=budget,
        seed=args.seed,
        recording=args.record,
        device=args.device,
        dtype=args.dtype,
    )
    solution = watched(solver, question) if args.watch else solver.solve(question)
    if tree_file:
        write_tree(solved(solution, args.preset), tree_file)
        if tree_file.suffix == ".html":
            open_page(tree_file)
    if args.json:
        print(json.dumps(to_json(solution, solver, args.preset), ensure_ascii=False))
    else:
        show(solution, Console(highlight=False))
    if solution.stop_reason.startswith("failed"):
        raise HintreeError(solution.stop_reason)


def chosen_preset(args: argparse.Namespace) -> Any:
    """The preset with the parts that are given in place of its own. Raises UsageError."""
    from dataclasses import replace

    from hintree.presets import preset
    from hintree.search.registry import changed, make_rewrite, make_search

    chosen = preset(args.preset)
    if args.search is not None:
        chosen = replace(chosen, search=make_search(args.search, args.set or ""))
    elif args.set is not None:
        chosen = replace(chosen, search=changed(f"search of {args.preset}", chosen.search, args.set))
    if args.rewrite is not None:
        chosen = replace(chosen, rewrite=make_rewrite(args.rewrite, chosen.rewrite))
    if args.sampling is not None:
        chosen = replace(chosen, sampling=changed("sampling", chosen.sampling, args.sampling))
    if args.hinting is not None:
        chosen = replace(chosen, hinting=changed("hinting", chosen.hinting, args.hinting))
    return replace(chosen, keep_hints=chosen.keep_hints or args.keep_hints)


def run_searches(args: argparse.Namespace) -> None:
    """List the searches."""
    from hintree.search.registry import SEARCHES, describe

    for name in SEARCHES:
        about, settings = describe(name)
        print(f"{name}: {about}")
        print("    " + ", ".join(f"{key}={value}" for key, value in settings.items()))


def run_demo(args: argparse.Namespace) -> None:
    """Show the presets at work."""
    from hintree.cli.demo import demo

    demo(args.n, args.seed)


def run_bench(args: argparse.Namespace) -> None:
    """Measure the local runtime."""
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


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; 0 if all went well, 2 for bad input, 130 if interrupted."""
    warnings.showwarning = lambda message, *_args, **_kw: print(f"hintree: warning: {message}", file=sys.stderr)
    try:
        args = build_parser().parse_args(argv)
        args.run(args)
        sys.stdout.flush()
    except HintreeError as error:
        print(f"hintree: error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("hintree: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
