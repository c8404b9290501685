"""The command line of ``hintree train prm`` and ``hintree train ppm``."""

import argparse
import json
from pathlib import Path
from typing import Any

from hintree.cli.options import check_new, positive
from hintree.errors import UsageError


def add_prm(kinds: Any) -> None:
    """``hintree train prm``."""
    prm = kinds.add_parser("prm", help="a process-reward model, from labelled steps")
    add_common(prm)
    prm.add_argument(
        "--labels",
        default="exact",
        choices=("exact", "hard", "soft"),
        help="exact (the lab only), or from rollouts: hard (any is right) or soft (their share) (default %(default)s)",
    )
    prm.add_argument(
        "--rows", metavar="FILE", help="labelled solutions instead: JSON lines with prompt, completions, labels"
    )
    prm.add_argument("--save-rows", metavar="FILE", help="write the labelled solutions, too")
    prm.set_defaults(run=run_prm)


def add_ppm(kinds: Any) -> None:
    """``hintree train ppm``."""
    ppm = kinds.add_parser("ppm", help="a process preference model, from pairs of steps (rStar-Math)")
    add_common(ppm)
    ppm.add_argument("--branch", type=positive, default=4, help="next steps at every place (default %(default)s)")
    ppm.add_argument("--margin", type=float, default=0.5, help="smallest difference in Q (default %(default)s)")
    ppm.add_argument(
        "--distance", type=int, default=20, help="smallest edit distance in characters (default %(default)s)"
    )
    ppm.set_defaults(run=run_ppm)


def add_common(parser: argparse.ArgumentParser) -> None:
    """What both take."""
    parser.add_argument("--out", metavar="FOLDER", required=True, help="where the model goes; a new folder")
    parser.add_argument("--base", default="embedded:teacher", help="the model to start from (default %(default)s)")
    parser.add_argument("--prm-spec", metavar="SPEC", help="the format: a family or a YAML file (default: lab or trl)")
    parser.add_argument(
        "--problems",
        default="lab:train?steps=2-8&n=200&seed=1",
        help="problems with answers, as for `hintree run` (default %(default)s)",
    )
    parser.add_argument("--writer", default="embedded:student", help="writes drafts and rollouts (default %(default)s)")
    parser.add_argument("--drafts", type=positive, default=2, help="solutions per problem (default %(default)s)")
    parser.add_argument("--rollouts", type=positive, default=8, help="completions per step (default %(default)s)")
    parser.add_argument("--epochs", type=positive, default=2, help="how often each is seen (default %(default)s)")
    parser.add_argument("--batch", type=positive, default=16, help="examples per optimizer step (default %(default)s)")
    parser.add_argument("--rate", type=float, default=1e-4, help="peak learning rate (default %(default)s)")
    parser.add_argument(
        "--layers", type=positive, help="train only so many of the last layers, the final norm and the head"
    )
    parser.add_argument("--seed", type=int, default=0, help="of drafts, head and order (default %(default)s)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, ... (default %(default)s)")
    parser.add_argument(
        "--validate", type=int, help="lab problems to measure on (default: 100 on a shipped base, else 0: none)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def check(args: argparse.Namespace) -> None:
    """Look at what can be wrong before anything is loaded. Raises UsageError."""
    check_new(Path(args.out))
    if not 0 < args.rate < 1:
        raise UsageError(f"--rate {args.rate!r} is not a number above 0 and below 1")


def run_prm(args: argparse.Namespace) -> None:
    """Train a PRM."""
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

        def labelled(some: Any) -> list[LabelledSolution]:
            return label(sample_solutions(some, writer, args.drafts, args.seed), args.labels, writer, args.rollouts)

        rows = in_parts(cases, labelled, LabelledSolution, work)
    if args.save_rows:
        Path(args.save_rows).write_text("".join(map(to_line, rows)), encoding="utf-8")
    loss = train_prm(prm, rows, recipe(args), work)
    labels = [label for row in rows for label in row.labels]
    told = {"solutions": len(rows), "steps": len(labels), "mean label": sum(labels) / len(labels), "loss": loss}
    end(args, prm, work, told)


def run_ppm(args: argparse.Namespace) -> None:
    """Train a PPM."""
    check(args)
    from hintree.training.prm.pairs import StepPreference, make_pairs
    from hintree.training.prm.resumable import in_parts
    from hintree.training.prm.rows import sample_solutions
    from hintree.training.prm.train import train_ppm

    (cases, writer), prm = sources(args), new_prm(args, 1)
    work = begin(args)

    def paired(some: Any) -> list[StepPreference]:
        return make_pairs(
            sample_solutions(some, writer, args.drafts, args.seed),
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
    """The folder of what is unfinished, for these settings. Raises UsageError."""
    from hintree.training.prm import resumable

    beside = ("out", "device", "validate", "json", "save_rows", "run")
    return resumable.begin(Path(args.out), {key: value for key, value in vars(args).items() if key not in beside})


def sources(args: argparse.Namespace) -> Any:
    """The problems, and who writes their drafts and rollouts."""
    from hintree.data.sources import read_cases
    from hintree.models import load_model

    return read_cases(args.problems), load_model(args.writer, device=args.device)


def new_prm(args: argparse.Namespace, labels: int) -> Any:
    """The model that is trained, with so many labels."""
    from hintree.scorers import find_spec
    from hintree.training.prm.train import default_spec, new_model

    spec = find_spec(args.base, args.prm_spec) if args.prm_spec else default_spec(args.base, args.kind)
    return new_model(args.base, spec, labels, recipe(args), args.device)


def recipe(args: argparse.Namespace) -> Any:
    """How it is trained."""
    from hintree.training.prm.train import Recipe

    return Recipe(args.epochs, args.batch, args.rate, args.seed, args.layers)


def end(args: argparse.Namespace, prm: Any, work: Path, figures: dict[str, Any]) -> None:
    """Save the model, measure what was written, print and keep the figures, and move all to its folder."""
    from hintree.models.local.load import write_manifest
    from hintree.solver.scorers import load_prm
    from hintree.training.prm.measure import labelled_drafts, measure
    from hintree.training.prm.resumable import MODEL, move_to_output
    from hintree.training.prm.train import save

    folder = work / MODEL
    save(prm, folder)
    told = {"base": args.base, "rows": getattr(args, "rows", None), "problems": args.problems, "epochs": args.epochs}
    told |= {"labels": getattr(args, "labels", "pairs"), **figures}
    n = args.validate if args.validate is not None else 100 * args.base.startswith("embedded:")
    if n:
        written = load_prm(str(folder), device=args.device)
        told["lab validation"] = measure(written, labelled_drafts(f"lab:validation?steps=2-8&n={n}&seed=5"))
    (folder / "training.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    write_manifest(folder)
    move_to_output(work, Path(args.out))
    if args.json:
        print(json.dumps(told))
        return
    for name, value in told.items():
        print(f"{name}: {value}")
    print(f"written: {args.out}; use it with --scorer {args.out}, look at it with `hintree prm check {args.out}`")
