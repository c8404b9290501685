"""The command line of scorers: ``hintree scorers`` and ``hintree prm check | measure | calibrate``."""

import argparse
import json
from pathlib import Path
from typing import Any

from hintree.cli.options import positive
from hintree.errors import HintreeError

EXAMPLES = """examples:
  hintree prm check embedded:prm
  hintree prm check ./my-prm --prm-spec my.yaml --json
  hintree prm check Qwen/Qwen2.5-Math-PRM-7B --dtype bfloat16
  hintree prm measure ./my-prm ./other-prm embedded:prm
  hintree prm calibrate embedded:prm --out embedded-prm.yaml
"""


def add_scorers(commands: Any) -> None:
    """The commands."""
    scorers = commands.add_parser("scorers", help="list the scorers and the known PRM families, with their sources")
    scorers.add_argument("--json", action="store_true", help="print one JSON object")
    scorers.set_defaults(run=run_scorers)
    prm = commands.add_parser(
        "prm",
        help="check, measure and calibrate process-reward models",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parts = prm.add_subparsers(dest="part", required=True, metavar="PART")
    check = parts.add_parser("check", help="does a PRM read what its declaration says? a table with what to do")
    add_model(check)
    check.set_defaults(run=run_check)
    measure = parts.add_parser("measure", help="PRMs on the same lab drafts: AUC, calibration error, first-error F1")
    measure.add_argument("models", metavar="MODEL", nargs="+", help="embedded:NAME, a folder or a hub id")
    measure.add_argument(
        "--problems",
        default="lab:validation?steps=2-8&n=200&seed=5",
        help="lab problems; the student writes a draft of each (default %(default)s)",
    )
    add_loading(measure)
    measure.set_defaults(run=run_measure)
    calibrate = parts.add_parser("calibrate", help="make scores mean what they say; the error before and after")
    add_model(calibrate)
    calibrate.add_argument(
        "--rows",
        metavar="FILE",
        help="labelled solutions: JSON lines with prompt, completions, labels (default: the lab)",
    )
    calibrate.add_argument("--method", default="temperature", choices=("temperature", "isotonic"))
    calibrate.add_argument("--n", type=positive, default=200, help="lab problems, without --rows (default %(default)s)")
    calibrate.add_argument("--out", metavar="FILE", help="write the declaration with the calibration, for --prm-spec")
    calibrate.set_defaults(run=run_calibrate)


def add_model(parser: argparse.ArgumentParser) -> None:
    """The PRM, and how it is loaded."""
    parser.add_argument("model", metavar="MODEL", help="embedded:NAME, a folder or a hub id")
    parser.add_argument("--prm-spec", metavar="SPEC", help="how it is asked: a family or a YAML file (docs/scorers.md)")
    add_loading(parser)


def add_loading(parser: argparse.ArgumentParser) -> None:
    """How models are loaded, and results printed."""
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, ... (default %(default)s)")
    parser.add_argument("--dtype", default="auto", help="auto, float32, bfloat16, float16, ... (default %(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")


def run_scorers(args: argparse.Namespace) -> None:
    """List the scorers."""
    from hintree.scorers import FAMILIES, KNOWN
    from hintree.solver.scorers import JUDGES

    known = {family: [model for model, name in KNOWN.items() if name == family] for family in FAMILIES}
    if args.json:
        judges = {name: kind._asdict() for name, kind in JUDGES.items()}
        families = {name: {"source": spec.source, "models": known[name]} for name, spec in FAMILIES.items()}
        print(json.dumps({"scorers": judges, "families": families}, ensure_ascii=False))
        return
    print("MODEL: a process-reward model; how it is asked is known, stands in its folder, or is given by --prm-spec")
    for kind in JUDGES.values():
        print(f"{kind.name}: {kind.about} [{kind.source}]")
    print("WEIGHT*SCORER+WEIGHT*SCORER: the weighted mean of several\n\nfamilies of PRMs, for --prm-spec:")
    for name, spec in FAMILIES.items():
        print(f"{name}: {spec.source}")
        for model in known[name]:
            print(f"    {model}")


def run_check(args: argparse.Namespace) -> None:
    """Check a PRM."""
    from hintree.solver.scorers import load_prm
    from hintree.training.prm.check import check, table

    findings = check(load_prm(args.model, args.prm_spec, device=args.device, dtype=args.dtype))
    if args.json:
        print(json.dumps({"model": args.model, "checks": [finding._asdict() for finding in findings]}))
    else:
        table(args.model, findings)
    if bad := [finding.name for finding in findings if finding.state == "fail"]:
        raise HintreeError(f"{args.model} does not read what its declaration says: {', '.join(bad)}")


def run_measure(args: argparse.Namespace) -> None:
    """Measure PRMs on the same drafts."""
    from hintree.solver.scorers import load_prm
    from hintree.training.prm.measure import labelled_drafts, measure

    loaded = {name: load_prm(name, device=args.device, dtype=args.dtype) for name in args.models}
    rows = labelled_drafts(args.problems)
    found = {name: measure(prm, rows) for name, prm in loaded.items()}
    if args.json:
        print(json.dumps({"problems": args.problems, "models": found}))
        return
    drafts = next(iter(found.values()))
    print(
        f"{args.problems}: {drafts['steps']} steps of {drafts['solutions']} drafts, {drafts['wrong']} of them wrong\n"
    )
    print("| PRM | AUC, 95 % interval | calibration error | first-error F1 | at threshold |\n|---|---|---|---|---|")
    for name, x in found.items():
        auc = "{value:.3f} [{low:.3f}, {high:.3f}]".format(**x["auc"])
        print(f"| {name} | {auc} | {x['calibration error']} | {x['first-error F1']} | {x['threshold']} |")


def run_calibrate(args: argparse.Namespace) -> None:
    """Calibrate a PRM."""
    from hintree.solver.scorers import load_prm
    from hintree.training.prm.calibrate import calibrate

    prm = load_prm(args.model, args.prm_spec, device=args.device, dtype=args.dtype)
    result = calibrate(prm, args.method, rows=args.rows, n=args.n)
    if args.out:
        Path(args.out).write_text(result.spec.to_yaml(), encoding="utf-8")
    figures = result._asdict() | {"spec": None}
    if args.json:
        print(json.dumps({"model": args.model, **{name: x for name, x in figures.items() if x is not None}}))
        return
    print(f"{result.steps} steps of {result.solutions} solutions, half of them to fit, the other half to measure:")
    print(f"expected calibration error {result.before:.4f} before, {result.after:.4f} after; AUC {result.auc:.3f}")
    print(f"{args.method}: {result.said}")
    print(f"written: {args.out}" if args.out else "keep it with --out FILE, use it with --prm-spec FILE")
