"""The parts of ``hintree lab`` that train and measure the shipped models: train, judge, evaluate, router-parameters."""

import argparse
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from hintree.cli.options import add_json, add_seed, check_new, positive
from hintree.cli.output import print_json
from hintree.errors import UsageError
from hintree.whole_files import write_whole

EXAMPLE = "example:\n  hintree lab "
STAGES = (
    "student-base", "student", "student-2-base", "student-2", "student-3-base", "student-3", "reader", "prm-reader",
    "teacher-base", "teacher-drilled", "teacher-shopping", "teacher", "hinter", "drafts", "prm", "prm-small",
)  # fmt: skip
"""Stages of ``hintree.training.shipped.pipeline``, in order; listed here because that module imports torch."""


def add_model_parts(parts: Any) -> None:
    """Add the parts that train and measure the shipped models."""
    train = parts.add_parser(
        "train",
        help="train all shipped models from scratch; an interrupted run resumes",
        epilog=f"{EXAMPLE}train --out build/lab --stage prm",
    )
    train.add_argument("--out", default="build/lab", help="folder of logs and models (default %(default)s)")
    train.add_argument("--stage", help=f"train only one of {', '.join(STAGES)} (default: all)")
    train.add_argument("--from", dest="start", metavar="FOLDER", help="continue the language models in this folder")
    train.set_defaults(run=run_train)
    judge = parts.add_parser(
        "judge",
        help="write the shipped PRM as it was before training, a base for PRMs on other labels",
        epilog=f"{EXAMPLE}judge --out my-base",
    )
    judge.add_argument("--out", metavar="FOLDER", type=Path, required=True, help="a new folder")
    add_seed(judge, "seed of the initialisation")
    judge.set_defaults(run=run_judge)
    evaluate = parts.add_parser(
        "evaluate",
        help="measure the shipped models, or others, on held-out problems",
        epilog=f"{EXAMPLE}evaluate --n 200 --json",
    )
    evaluate.add_argument(
        "--models", metavar="FOLDER", help="folder with trained models of the same names (default: the shipped ones)"
    )
    evaluate.add_argument("--n", type=positive, default=1000, help="test problems (default %(default)s)")
    add_seed(evaluate, "seed of the problems")
    add_json(evaluate, "print one JSON object instead of a table")
    evaluate.set_defaults(run=run_evaluate)
    router = parts.add_parser(
        "router-parameters",
        aliases=["gates"],
        help="fit the parameters of the routers in the presets arbitrage, steer and glimprouter",
        epilog=f"{EXAMPLE}router-parameters --n 100 --out parameters.json",
    )
    router.add_argument("--n", type=positive, default=400, help="training problems (default %(default)s)")
    add_seed(router, "seed of the problems and the fits")
    router.add_argument("--out", metavar="FILE", type=Path, help="file to write (default: the shipped file)")
    router.set_defaults(run=run_router_parameters)


def run_train(args: argparse.Namespace) -> None:
    """Train the shipped models, all stages or one."""
    from hintree.training.shipped.pipeline import train_all

    train_all(Path(args.out), args.stage, Path(args.start) if args.start else None)


def run_judge(args: argparse.Namespace) -> None:
    """Write an untrained PRM into a new folder."""
    check_new(args.out)
    from hintree.training.shipped.pipeline import write_untrained_prm

    write_untrained_prm(args.out, args.seed)
    print(f"written: {args.out}; train it with `hintree train prm --base {args.out} --prm-spec lab --layers 1`")


def run_evaluate(args: argparse.Namespace) -> None:
    """Print all figures of the lab's models, as a table or as JSON. Raises UsageError."""
    folder = Path(args.models) if args.models is not None else None
    if folder is not None and not folder.is_dir():
        raise UsageError(f"--models {folder}: no such folder; train one with `hintree lab train`")
    from hintree.training.shipped.evaluate import evaluate
    from hintree.training.shipped.table import as_table

    figures = evaluate(folder, args.n, args.seed)
    if args.json:
        print_json(figures, indent=1)
    else:
        print(as_table(figures))


def run_router_parameters(args: argparse.Namespace) -> None:
    """Fit the router parameters of the presets to the shipped models and write them into a file. Raises UsageError."""
    try:
        from hintree.training.shipped.router_parameters import fit_router_parameters
    except ModuleNotFoundError as error:
        raise UsageError(f"fitting router parameters needs {error.name}: pip install scikit-learn") from error
    file: Path = args.out or Path(str(files("hintree.presets") / "router_parameters.json"))
    text = json.dumps(fit_router_parameters(args.n, args.seed), indent=1) + "\n"
    try:
        write_whole(file, text)
    except OSError as error:
        raise UsageError(f"--out {file}: cannot be written: {error}") from error
    print(text + f"written into {file}")
