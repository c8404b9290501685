"""The command line of ``hintree train prm`` and ``hintree train ppm``."""

import argparse
import json
from pathlib import Path
from typing import Any

from hintree.cli_types import positive
from hintree.search.errors import UsageError


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
    parser.add_argument("--out", metavar="FOLDER", required=True, help="where the model goes; an empty or new folder")
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
    parser.add_argument("--seed", type=int, default=0, help="of drafts, head and order (default %(default)s)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, ... (default %(default)s)")
    parser.add_argument(
        "--validate", type=int, help="lab problems to measure on (default: 100 on a shipped base, else 0: none)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def prepare(args: argparse.Namespace) -> Path:
    """The folder, after what can be wrong has been looked at. Raises UsageError."""
    folder = Path(args.out)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"--out {folder} is not empty; name a new folder, so that no model is lost")
    if not 0 < args.rate < 1:
        raise UsageError(f"--rate {args.rate!r} is not a number above 0 and below 1")
    return folder


def run_prm(args: argparse.Namespace) -> None:
    """Train a PRM."""
    folder = prepare(args)
    from hintree.experiments.prm.rows import label, read_rows, to_line
    from hintree.experiments.prm.train import Recipe, default_spec, new_model, save, train_prm
    from hintree.models import load_model
    from hintree.scorers import find_spec

    if args.rows:
        rows = read_rows(args.rows)
    else:
        writer = load_model(args.writer, device=args.device)
        rows = label(drafts_of(args, writer), args.labels, writer, args.rollouts)
    if args.save_rows:
        Path(args.save_rows).write_text("".join(map(to_line, rows)), encoding="utf-8")
    recipe = Recipe(args.epochs, args.batch, args.rate, args.seed)
    spec = find_spec(args.base, args.prm_spec) if args.prm_spec else default_spec(args.base, "prm")
    prm = new_model(args.base, spec, 2, recipe, args.device)
    loss = train_prm(prm, rows, recipe)
    save(prm, folder)
    labels = [label for row in rows for label in row.labels]
    say(args, {"solutions": len(rows), "steps": len(labels), "mean label": sum(labels) / len(labels), "loss": loss})


def run_ppm(args: argparse.Namespace) -> None:
    """Train a PPM."""
    folder = prepare(args)
    from hintree.experiments.prm.pairs import make_pairs
    from hintree.experiments.prm.train import Recipe, default_spec, new_model, save, train_ppm
    from hintree.models import load_model
    from hintree.scorers import find_spec

    writer = load_model(args.writer, device=args.device)
    pairs = make_pairs(
        drafts_of(args, writer),
        writer,
        branch=args.branch,
        n=args.rollouts,
        margin=args.margin,
        distance=args.distance,
        seed=args.seed,
    )
    recipe = Recipe(args.epochs, args.batch, args.rate, args.seed)
    spec = find_spec(args.base, args.prm_spec) if args.prm_spec else default_spec(args.base, "ppm")
    prm = new_model(args.base, spec, 1, recipe, args.device)
    loss = train_ppm(prm, pairs, recipe)
    save(prm, folder)
    say(args, {"places": len(pairs), "pairs": sum(len(b.better) * len(b.worse) for b in pairs), "loss": loss})


def drafts_of(args: argparse.Namespace, writer: Any) -> Any:
    """The writer's solutions of the problems."""
    from hintree.experiments.prm.rows import write_drafts
    from hintree.experiments.problems import read_cases

    return write_drafts(read_cases(args.problems), writer, args.drafts, args.seed)


def say(args: argparse.Namespace, figures: dict[str, Any]) -> None:
    """Measure what was written, and print and keep the figures."""
    from hintree.experiments.prm.measure import measure
    from hintree.judges import load_prm
    from hintree.models.load import write_manifest

    told = {"base": args.base, "rows": getattr(args, "rows", None), "problems": args.problems, "epochs": args.epochs}
    told |= {"labels": getattr(args, "labels", "pairs"), **figures}
    n = args.validate if args.validate is not None else 100 * args.base.startswith("embedded:")
    if n:
        prm = load_prm(args.out, device=args.device)
        told["lab validation"] = measure(prm, f"lab:validation?steps=2-8&n={n}&seed=5")
    folder = Path(args.out)
    (folder / "training.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    write_manifest(folder)
    if args.json:
        print(json.dumps(told))
        return
    for name, value in told.items():
        print(f"{name}: {value}")
    print(f"written: {folder}; use it with --scorer {folder}, look at it with `hintree prm check {folder}`")
