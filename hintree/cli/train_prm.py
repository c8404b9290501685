"""The commands ``hintree train prm`` and ``hintree train ppm``."""

import argparse
import json
from pathlib import Path
from typing import Any

from hintree.cli.options import add_json, add_prm_spec, add_problem_options, add_seed, check_new, positive
from hintree.cli.output import print_json
from hintree.errors import UsageError
from hintree.whole_files import write_whole


def add_prm(kinds: Any) -> None:
    """Add ``hintree train prm``."""
    prm = kinds.add_parser(
        "prm",
        help="train a process reward model on labelled steps",
        epilog="example:\n  hintree train prm --labels soft --out my-prm",
    )
    add_common(prm)
    prm.add_argument(
        "--labels",
        default="exact",
        choices=("exact", "hard", "soft"),
        help="exact (lab only), or from rollouts: hard (any correct) or soft (share correct) (default %(default)s)",
    )
    prm.add_argument(
        "--rows", metavar="FILE", help="labelled solutions instead, as JSON lines with prompt, completions, labels"
    )
    prm.add_argument("--save-rows", metavar="FILE", help="also write the labelled solutions")
    prm.set_defaults(run=run_prm)


def add_ppm(kinds: Any) -> None:
    """Add ``hintree train ppm``."""
    ppm = kinds.add_parser(
        "ppm",
        help="train a process preference model on pairs of steps (rStar-Math)",
        epilog="example:\n  hintree train ppm --distance 1 --out my-ppm",
    )
    add_common(ppm)
    ppm.add_argument(
        "--branch", type=positive, default=4, help="candidate next steps after each prefix (default %(default)s)"
    )
    ppm.add_argument(
        "--margin", type=float, default=0.5, help="minimum difference in Q of a pair, in [0, 1] (default %(default)s)"
    )
    ppm.add_argument(
        "--distance", type=int, default=20, help="minimum edit distance of a pair, in characters (default %(default)s)"
    )
    ppm.set_defaults(run=run_ppm)


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add the options that both commands take."""
    parser.add_argument("--out", metavar="FOLDER", required=True, help="folder of the model; must be new")
    parser.add_argument("--base", default="embedded:teacher", help="initial weights (default %(default)s)")
    add_prm_spec(parser)
    add_problem_options(parser)
    parser.add_argument(
        "--problems",
        default="lab:train?steps=2-8&n=200&seed=1",
        help="problems with answers, as for `hintree run` (default %(default)s)",
    )
    parser.add_argument(
        "--writer",
        default="embedded:student",
        help="policy that generates solutions and rollouts (default %(default)s)",
    )
    parser.add_argument("--drafts", type=positive, default=2, help="solutions per problem (default %(default)s)")
    parser.add_argument("--rollouts", type=positive, default=8, help="completions per step (default %(default)s)")
    parser.add_argument("--epochs", type=positive, default=2, help="passes over the data (default %(default)s)")
    parser.add_argument("--batch", type=positive, default=16, help="examples per optimizer step (default %(default)s)")
    parser.add_argument("--rate", type=float, default=1e-4, help="peak learning rate (default %(default)s)")
    parser.add_argument(
        "--layers",
        type=positive,
        help="train only this many of the last layers, the final norm and the head (default: all)",
    )
    parser.add_argument(
        "--lora",
        type=positive,
        default=0,
        metavar="RANK",
        help="train LoRA adapters of this rank and the head only, with peft (default: all weights)",
    )
    add_seed(parser, "seed of solutions, head and data order")
    parser.add_argument(
        "--device", default="auto", help="auto, cpu, cuda or another torch device (default %(default)s)"
    )
    parser.add_argument(
        "--validate", type=int, help="lab problems to evaluate on (default: 100 for a shipped base, else 0)"
    )
    add_json(parser)


def check(args: argparse.Namespace) -> None:
    """Check the options before anything is loaded. Raises UsageError."""
    check_new(Path(args.out))
    if not 0 < args.rate < 1:
        raise UsageError(f"--rate {args.rate!r} is not a number above 0 and below 1")
    if args.layers and args.lora:
        raise UsageError("--layers and --lora are both given: adapters are trained in all layers; give one")


def run_prm(args: argparse.Namespace) -> None:
    """Train a PRM on labelled solutions, generated or read from a file."""
    check(args)
    from hintree.training.prm.resumable import in_parts
    from hintree.training.prm.rows import LabelledSolution, label, read_rows, sample_solutions, to_line
    from hintree.training.prm.train import train_prm

    if args.rows:
        rows, prm = read_rows(args.rows), new_prm(args, 2)
        work = begin(args)
    else:
        (cases, writer), prm = sources(args), new_prm(args, 2)
        work = begin(args)

        def labelled(part: Any) -> list[LabelledSolution]:
            return label(sample_solutions(part, writer, args.drafts, args.seed), args.labels, writer, args.rollouts)

        rows = in_parts(cases, labelled, LabelledSolution, work)
    if args.save_rows:
        write_whole(Path(args.save_rows), "".join(map(to_line, rows)))
    loss = train_prm(prm, rows, recipe(args), work)
    labels = [label for row in rows for label in row.labels[row.first :]]
    report = {"solutions": len(rows), "steps": len(labels), "mean label": sum(labels) / len(labels), "loss": loss}
    end(args, prm, work, report)


def run_ppm(args: argparse.Namespace) -> None:
    """Train a PPM on preference pairs of generated steps."""
    check(args)
    from hintree.training.prm.pairs import StepPreference, make_pairs
    from hintree.training.prm.resumable import in_parts
    from hintree.training.prm.rows import sample_solutions
    from hintree.training.prm.train import train_ppm

    (cases, writer), prm = sources(args), new_prm(args, 1)
    work = begin(args)

    def paired(part: Any) -> list[StepPreference]:
        return make_pairs(
            sample_solutions(part, writer, args.drafts, args.seed),
            writer,
            branch=args.branch,
            n=args.rollouts,
            margin=args.margin,
            distance=args.distance,
            seed=args.seed,
        )

    pairs = in_parts(cases, paired, StepPreference, work)
    loss = train_ppm(prm, pairs, recipe(args), work)
    count = sum(len(b.better) * len(b.worse) for b in pairs)
    end(args, prm, work, {"places": len(pairs), "pairs": count, "loss": loss})


def begin(args: argparse.Namespace) -> Path:
    """Return the folder of the unfinished run with these settings. Raises UsageError."""
    from hintree.data.settings import KEYS
    from hintree.training.prm import resumable

    beside = ("out", "device", "validate", "json", "save_rows", "run")
    return resumable.begin(
        Path(args.out),
        {k: value for k, value in vars(args).items() if k not in beside and (value or k not in (*KEYS, "lora"))},
    )


def sources(args: argparse.Namespace) -> Any:
    """Return the problems and the policy that generates solutions and rollouts."""
    from hintree.data.settings import source_from_args
    from hintree.models import load_model

    return source_from_args(args.problems, args).read(), load_model(args.writer, device=args.device)


def new_prm(args: argparse.Namespace, labels: int) -> Any:
    """Return the model to train, with a head of ``labels`` outputs."""
    from hintree.scorers import find_spec
    from hintree.training.prm.train import default_spec, new_model, with_trained_head

    spec = find_spec(args.base, args.prm_spec) if args.prm_spec else default_spec(args.base, args.kind)
    spec = with_trained_head(spec, default_spec(args.base, args.kind))
    return new_model(args.base, spec, labels, recipe(args), args.device)


def recipe(args: argparse.Namespace) -> Any:
    """Return the training recipe that the options stand for."""
    from hintree.training.prm.train import Recipe

    return Recipe(args.epochs, args.batch, args.rate, args.seed, args.layers, args.lora)


def end(args: argparse.Namespace, prm: Any, work: Path, figures: dict[str, Any]) -> None:
    """Save the model, evaluate the saved one, print and store the figures, and move all into its folder."""
    from hintree.models.local.manifest import write_manifest
    from hintree.scorers import load_prm
    from hintree.training.prm.measure import labelled_drafts, measure
    from hintree.training.prm.resumable import MODEL, move_to_output
    from hintree.training.prm.train import save

    folder = work / MODEL
    save(prm, folder)
    report = {"base": args.base, "rows": getattr(args, "rows", None), "problems": args.problems, "epochs": args.epochs}
    report |= {"labels": getattr(args, "labels", "pairs"), **figures}
    n = args.validate if args.validate is not None else 100 * args.base.startswith("embedded:")
    if n:
        saved = load_prm(str(folder), device=args.device)
        report["lab validation"] = measure(saved, labelled_drafts(f"lab:validation?steps=2-8&n={n}&seed=5"))
    write_whole(folder / "training.json", json.dumps(report, indent=1) + "\n")
    write_manifest(folder)
    move_to_output(work, Path(args.out))
    if args.json:
        print_json(report)
        return
    for name, value in report.items():
        print(f"{name}: {value}")
    print(f"written: {args.out}; use it with --scorer {args.out}, check it with `hintree prm check {args.out}`")
