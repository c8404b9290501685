"""The command ``hintree train hinter``."""

import argparse
from pathlib import Path
from typing import Any

from hintree.cli.options import positive

EPILOG = """PROBLEMS is lab:SPLIT?n=... (exact hints), or a file of rows such as
  {"question": "...", "steps": ["...", "The answer is 7."], "answer": "7", "hints": ["...", "..."]}
Without hints a --teacher writes them. A hint is taught only if it has at most 25 words and states neither the
answer nor a number that is not in the problem or the steps before. Problems to test on are held out; that no
problem is on both sides is checked. A run that was stopped goes on when the same command is given again.

examples:
  hintree train hinter "lab:train?n=2000" --out build/hinter --steps 300 --muon 0.012 --rate 6e-4
  hintree train hinter solved.jsonl --teacher Qwen/Qwen2.5-7B-Instruct --model Qwen/Qwen2.5-0.5B-Instruct \\
      --reasoner Qwen/Qwen2.5-1.5B-Instruct --lora 16 --out build/hinter
  hintree solve "QUESTION" --preset hintmr --hinter build/hinter/hinter
"""


def add_hinter(kinds: Any) -> None:
    """The options of ``hintree train hinter``."""
    hinter = kinds.add_parser(
        "hinter",
        help="distil a hinter from solutions, and measure it",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    hinter.add_argument("problems", metavar="PROBLEMS", help="solutions to learn from: lab:..., or a file")
    hinter.add_argument("--out", metavar="FOLDER", type=Path, required=True, help="where everything is written")
    hinter.add_argument(
        "--model", default="embedded:teacher", help="what becomes the hinter: any causal model (default %(default)s)"
    )
    hinter.add_argument("--teacher", metavar="MODEL", help="who writes the hints that a file lacks")
    hinter.add_argument("--test", metavar="SOURCE", help="problems to test on (default: lab:test, or a tenth of them)")
    hinter.add_argument("--n", type=positive, default=200, help="test problems at most (default %(default)s)")
    hinter.add_argument(
        "--reasoner", metavar="MODEL", default="embedded:student", help="who solves in the report (default %(default)s)"
    )
    hinter.add_argument("--steps", type=positive, default=300, help="optimizer steps (default %(default)s)")
    hinter.add_argument("--batch", type=positive, default=12, help="rows in a step (default %(default)s)")
    hinter.add_argument("--rate", type=float, default=1e-4, help="learning rate, AdamW (default %(default)s)")
    hinter.add_argument(
        "--muon", type=float, default=0.0, metavar="RATE", help="learning rate of the matrices, by Muon instead"
    )
    hinter.add_argument("--lora", type=positive, default=0, metavar="RANK", help="train LoRA adapters only, with peft")
    hinter.add_argument(
        "--with-errors",
        "--astray",
        dest="with_errors",
        type=float,
        default=0.3,
        help="share of solutions with an error in the history (default %(default)s)",
    )
    hinter.add_argument("--seed", type=int, default=0, help="same seed, same hinter (default %(default)s)")
    hinter.add_argument("--json", action="store_true", help="print one JSON object")
    hinter.set_defaults(run=run_hinter)


def run_hinter(args: argparse.Namespace) -> None:
    """Train a hinter."""
    from hintree.training.hinter.run import HinterOptions, print_hinter
    from hintree.training.loop import TrainingSchedule

    warmup = max(1, min(50, args.steps // 10))
    schedule = TrainingSchedule(args.steps, args.batch, args.muon, args.rate, warmup=warmup, hold=0.3, seed=args.seed)
    options = HinterOptions(
        args.problems,
        args.model,
        args.out,
        schedule,
        test=args.test,
        teacher=args.teacher,
        reasoner=args.reasoner,
        with_errors=args.with_errors,
        lora=args.lora,
        limit=args.n,
    )
    print_hinter(options, as_json=args.json)
