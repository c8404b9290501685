"""The command ``hintree train hinter``."""

import argparse
from pathlib import Path
from typing import Any

from hintree.cli.options import EXAMPLE_QUESTION, add_json, add_problem_options, add_seed, positive

EPILOG = f"""PROBLEMS is lab:SPLIT?n=... (exact hints), or a file of rows such as
  {{"question": "...", "steps": ["...", "The answer is 7."], "answer": "7", "hints": ["...", "..."]}}
Without hints, --teacher generates them. A hint becomes training data only if it has at most 25 words and states
neither the answer nor a number that is not in the problem or the earlier steps. Test problems are held out; an
overlap with the training problems is an error. The same command resumes an interrupted run.

examples:
  hintree train hinter "lab:train?n=2000" --out build/hinter --steps 300 --muon 0.012 --rate 6e-4
  hintree train hinter solved.jsonl --teacher Qwen/Qwen2.5-7B-Instruct --model Qwen/Qwen2.5-0.5B-Instruct \\
      --reasoner Qwen/Qwen2.5-1.5B-Instruct --lora 16 --out build/hinter
  hintree solve "{EXAMPLE_QUESTION}" --preset hintmr --hinter build/hinter/hinter
"""


def add_hinter(kinds: Any) -> None:
    """Add ``hintree train hinter``."""
    hinter = kinds.add_parser(
        "hinter",
        help="distil a hinter from solutions and evaluate it",
        epilog=EPILOG,
    )
    hinter.add_argument("problems", metavar="PROBLEMS", help="solutions to learn from: lab:..., or a file")
    add_problem_options(hinter)
    hinter.add_argument("--out", metavar="FOLDER", type=Path, required=True, help="folder of data, model and report")
    hinter.add_argument(
        "--model", default="embedded:teacher", help="initial weights, of any causal model (default %(default)s)"
    )
    hinter.add_argument("--teacher", metavar="MODEL", help="model that generates hints where the file has none")
    hinter.add_argument(
        "--test", metavar="SOURCE", help="test problems (default: lab:test for lab problems, else a tenth of PROBLEMS)"
    )
    hinter.add_argument("--n", type=positive, default=200, help="maximum number of test problems (default %(default)s)")
    hinter.add_argument(
        "--reasoner",
        metavar="MODEL",
        default="embedded:student",
        help="reasoner of the evaluation (default %(default)s)",
    )
    hinter.add_argument("--steps", type=positive, default=300, help="optimizer steps (default %(default)s)")
    hinter.add_argument(
        "--batch", type=positive, default=12, help="training rows per optimizer step (default %(default)s)"
    )
    hinter.add_argument("--rate", type=float, default=1e-4, help="learning rate of AdamW (default %(default)s)")
    hinter.add_argument(
        "--muon",
        type=float,
        default=0.0,
        metavar="RATE",
        help="learning rate of Muon for the matrices (default: AdamW for all)",
    )
    hinter.add_argument(
        "--lora",
        type=positive,
        default=0,
        metavar="RANK",
        help="train LoRA adapters of this rank only, with peft (default: all weights)",
    )
    hinter.add_argument(
        "--with-errors",
        "--astray",
        dest="with_errors",
        type=float,
        default=0.3,
        help="share of solutions with an injected error in the history (default %(default)s)",
    )
    add_seed(hinter, "seed of data and training")
    add_json(hinter)
    hinter.set_defaults(run=run_hinter)


def run_hinter(args: argparse.Namespace) -> None:
    """Train a hinter and print its report."""
    from hintree.data.settings import source_from_args
    from hintree.training.hinter.run import HinterOptions, print_hinter
    from hintree.training.loop import TrainingSchedule

    warmup = max(1, min(50, args.steps // 10))
    schedule = TrainingSchedule(args.steps, args.batch, args.muon, args.rate, warmup=warmup, hold=0.3, seed=args.seed)
    source = source_from_args(args.problems, args)
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
        fields=source.fields,
        skip_bad=source.skip_bad,
    )
    print_hinter(options, as_json=args.json)
