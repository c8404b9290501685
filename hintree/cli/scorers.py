"""The commands ``hintree scorers`` and ``hintree prm check | measure | calibrate | labels``."""

import argparse
from pathlib import Path
from typing import Any

from hintree.cli.options import EXAMPLE_QUESTION, add_json, add_loading, add_prm_spec, positive
from hintree.cli.output import print_json
from hintree.errors import HintreeError, UsageError
from hintree.whole_files import write_whole

LIST_EXAMPLES = f"""examples:
  hintree scorers
  hintree solve "{EXAMPLE_QUESTION}" --preset beam --scorer 0.7*embedded:prm+0.3*confidence:min
"""
EXAMPLES = """examples:
  hintree prm check embedded:prm
  hintree prm check ./my-prm --prm-spec my.yaml --json
  hintree prm check Qwen/Qwen2.5-Math-PRM-7B --dtype bfloat16
  hintree prm measure ./my-prm ./other-prm embedded:prm
  hintree prm calibrate embedded:prm --out embedded-prm.yaml
  hintree prm labels ./my-model --rows labelled.jsonl
"""


def add_scorers(commands: Any) -> None:
    """Add ``hintree scorers`` and ``hintree prm``."""
    scorers = commands.add_parser(
        "scorers", help="list the scorers and the known PRM families, with their papers", epilog=LIST_EXAMPLES
    )
    add_json(scorers)
    scorers.set_defaults(run=run_scorers)
    prm = commands.add_parser(
        "prm",
        help="check, measure and calibrate process reward models; measure the labels of judges",
        epilog=EXAMPLES,
    )
    parts = prm.add_subparsers(dest="part", required=True, metavar="PART")
    check = parts.add_parser(
        "check",
        help="check that a PRM works as its declaration says",
        epilog="example:\n  hintree prm check embedded:prm",
    )
    add_model(check)
    check.set_defaults(run=run_check)
    measure = parts.add_parser(
        "measure",
        help="measure PRMs on the same lab solutions: AUC, calibration error, first-error F1",
        epilog="example:\n  hintree prm measure ./my-prm embedded:prm",
    )
    measure.add_argument("models", metavar="MODEL", nargs="+", help="embedded:NAME, a folder or a hub id")
    measure.add_argument(
        "--problems",
        default="lab:validation?steps=2-8&n=200&seed=5",
        help="lab problems; the student solves each once (default %(default)s)",
    )
    add_loading(measure)
    add_json(measure)
    measure.set_defaults(run=run_measure)
    calibrate = parts.add_parser(
        "calibrate",
        help="calibrate the scores of a PRM; prints the calibration error before and after",
        epilog="example:\n  hintree prm calibrate embedded:prm --out embedded-prm.yaml",
    )
    add_model(calibrate)
    calibrate.add_argument(
        "--rows",
        metavar="FILE",
        help="labelled solutions: JSON lines with prompt, completions, labels (default: the lab)",
    )
    calibrate.add_argument(
        "--method",
        default="temperature",
        choices=("temperature", "isotonic"),
        help="calibration method (default: %(default)s)",
    )
    calibrate.add_argument("--n", type=positive, default=200, help="lab problems, without --rows (default %(default)s)")
    calibrate.add_argument("--out", metavar="FILE", help="write the declaration with the calibration, for --prm-spec")
    calibrate.set_defaults(run=run_calibrate)
    add_labels(parts)


def add_labels(parts: Any) -> None:
    """Add ``hintree prm labels``."""
    labels = parts.add_parser(
        "labels",
        help="measure how far a model answers with the labels of judges and generative verifiers",
        epilog="example:\n  hintree prm labels ./my-model --rows labelled.jsonl --formats digits,yes-no",
    )
    labels.add_argument("model", metavar="MODEL", help="embedded:NAME, a folder, a hub id or a GGUF file")
    labels.add_argument(
        "--rows", metavar="FILE", required=True, help="labelled solutions: JSON lines with prompt, completions, labels"
    )
    labels.add_argument("--n", type=positive, default=50, help="solutions of the file to use (default %(default)s)")
    labels.add_argument("--formats", metavar="NAMES", help="formats, with commas between them (default: all)")
    labels.add_argument("--tokens", type=positive, help="most tokens of each written analysis (default: the format's)")
    add_loading(labels)
    add_json(labels)
    labels.set_defaults(run=run_labels)


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add the PRM, its declaration and the options for loading it."""
    parser.add_argument("model", metavar="MODEL", help="embedded:NAME, a folder or a hub id")
    add_prm_spec(parser)
    add_loading(parser)
    add_json(parser)


def run_scorers(args: argparse.Namespace) -> None:
    """Print all scorers and the PRM families with the models known to belong to them."""
    from hintree.scorers import FAMILIES, KNOWN, SCORERS

    known = {family: [model for model, name in KNOWN.items() if name == family] for family in FAMILIES}
    if args.json:
        scorers = {
            name: {"name": info.usage, "about": info.about, "source": info.source} for name, info in SCORERS.items()
        }
        families = {name: {"source": spec.source, "models": known[name]} for name, spec in FAMILIES.items()}
        print_json({"scorers": scorers, "families": families})
        return
    print("MODEL: a process reward model; its format is that of its family, of its folder, or of --prm-spec")
    for info in SCORERS.values():
        print(f"{info.usage}: {info.about} [{info.source}]")
    print("WEIGHT*SCORER+WEIGHT*SCORER: the weighted mean of several\n\nfamilies of PRMs, for --prm-spec:")
    for name, spec in FAMILIES.items():
        print(f"{name}: {spec.source}")
        for model in known[name]:
            print(f"    {model}")


def run_check(args: argparse.Namespace) -> None:
    """Print the checks of a PRM. Raises HintreeError if one fails."""
    from hintree.scorers import load_prm
    from hintree.training.prm.check import check, table

    findings = check(load_prm(args.model, args.prm_spec, device=args.device, dtype=args.dtype))
    if args.json:
        print_json({"model": args.model, "checks": [finding._asdict() for finding in findings]})
    else:
        table(args.model, findings)
    if bad := [finding.name for finding in findings if finding.state == "fail"]:
        raise HintreeError(f"{args.model} does not read what its declaration says: {', '.join(bad)}")


def run_measure(args: argparse.Namespace) -> None:
    """Print the measures of PRMs on the same solutions."""
    from hintree.scorers import load_prm
    from hintree.training.prm.measure import labelled_drafts, measure

    loaded = {name: load_prm(name, device=args.device, dtype=args.dtype) for name in args.models}
    rows = labelled_drafts(args.problems)
    found = {name: measure(prm, rows) for name, prm in loaded.items()}
    if args.json:
        print_json({"problems": args.problems, "models": found})
        return
    drafts = next(iter(found.values()))
    print(
        f"{args.problems}: {drafts['steps']} steps of {drafts['solutions']} solutions, {drafts['wrong']} of them "
        "wrong\n"
    )
    print("| PRM | AUC, 95 % interval | calibration error | first-error F1 | at threshold |\n|---|---|---|---|---|")
    for name, x in found.items():
        auc = "{value:.3f} [{low:.3f}, {high:.3f}]".format(**x["auc"])
        print(f"| {name} | {auc} | {x['calibration error']} | {x['first-error F1']} | {x['threshold']} |")


def run_calibrate(args: argparse.Namespace) -> None:
    """Calibrate a PRM and print the expected calibration error before and after."""
    from hintree.scorers import load_prm
    from hintree.training.prm.calibrate import calibrate

    prm = load_prm(args.model, args.prm_spec, device=args.device, dtype=args.dtype)
    result = calibrate(prm, args.method, rows=args.rows, n=args.n)
    if args.out:
        write_whole(Path(args.out), result.spec.to_yaml())
    figures = result._asdict() | {"spec": None}
    if args.json:
        print_json({"model": args.model, **{name: x for name, x in figures.items() if x is not None}})
        return
    print(f"{result.steps} steps of {result.solutions} solutions, half of them to fit, the other half to measure:")
    print(f"expected calibration error {result.before:.4f} before, {result.after:.4f} after; AUC {result.auc:.3f}")
    print(f"{args.method}: {result.summary}")
    print(f"written: {args.out}" if args.out else "keep it with --out FILE, use it with --prm-spec FILE")


def run_labels(args: argparse.Namespace) -> None:
    """Print the mass of the labels of each format. Raises UsageError for an unknown format."""
    from hintree.models import load_model
    from hintree.training.prm.label_mass import measure_mass, scorers_of
    from hintree.training.prm.rows import read_rows

    rows = read_rows(args.rows)[: args.n]
    scorers = scorers_of(load_model(args.model, device=args.device, dtype=args.dtype), args.tokens)
    wanted = args.formats.split(",") if args.formats else list(scorers)
    if unknown := [name for name in wanted if name not in scorers]:
        raise UsageError(f"--formats {unknown[0]!r} is not one of {', '.join(scorers)}")
    if not args.json:
        print(
            "| format | steps | mean mass | 5 % quantile | share below .01 | nil | AUC |\n|---|---|---|---|---|---|---|"
        )
    found = []
    for name in wanted:
        x = measure_mass(name, scorers[name], rows)
        found.append(x._asdict())
        if not args.json:
            auc = "-" if x.auc is None else f"{x.auc:.2f}"
            figures = f"{x.mean:.3f} | {x.low:.3f} | {x.rare:.2f} | {x.nil} | {auc}"
            print(f"| {x.name} | {x.steps} | {figures} |", flush=True)
    if args.json:
        print_json({"model": args.model, "formats": found})
