"""The commands ``hintree train labels`` and ``hintree train probe``."""

import argparse
import shutil
from pathlib import Path
from typing import Any

from hintree.cli.options import (
    MODEL,
    PROTOCOL,
    add_json,
    add_problem_options,
    add_seed,
    check_new,
    positive,
)
from hintree.cli.output import print_json
from hintree.errors import UsageError
from hintree.whole_files import write_whole

LABELS_EXAMPLE = """example:
  hintree train labels gsm8k.jsonl --writer ./my-model --rollouts 4 --record labels.rec --out labelled.jsonl
"""
PROBE_EXAMPLE = """example:
  hintree train probe --rows labelled.jsonl --model ./my-model --out my-probe
  hintree solve "What is 2 + 3?" --preset beam --reasoner ./my-model --scorer probe:my-probe
"""
PART = 8
"""Problems whose steps are labelled in one batch, and written before the next batch starts."""


def add_labels(kinds: Any) -> None:
    """Add ``hintree train labels``."""
    labels = kinds.add_parser(
        "labels", help="label the steps of sampled solutions, for prm and probe", epilog=LABELS_EXAMPLE
    )
    labels.add_argument("problems", metavar="PROBLEMS", help="problems with answers, as for `hintree run`")
    add_problem_options(labels)
    labels.add_argument("--out", metavar="FILE", type=Path, required=True, help="file of the rows (.jsonl)")
    labels.add_argument("--writer", metavar="MODEL", required=True, help=f"model of solutions and rollouts: {MODEL}")
    labels.add_argument("--protocol", metavar="NAME|FILE", help=PROTOCOL)
    labels.add_argument("--limit", metavar="N", type=positive, help="use the first N problems (default: all)")
    labels.add_argument(
        "--labels",
        default="soft",
        choices=("exact", "hard", "soft"),
        help="exact (lab only), or from rollouts: hard (any correct) or soft (share correct) (default %(default)s)",
    )
    labels.add_argument("--drafts", type=positive, default=1, help="solutions per problem (default %(default)s)")
    labels.add_argument("--rollouts", type=positive, default=4, help="completions per step (default %(default)s)")
    labels.add_argument(
        "--record", metavar="DIR", type=Path, help="record every completion in this folder; what it holds is served"
    )
    add_seed(labels, "seed of the solutions")
    labels.add_argument("--device", default="auto", help="as for `hintree train prm` (default %(default)s)")
    labels.set_defaults(run=run_labels)


def add_probe(kinds: Any) -> None:
    """Add ``hintree train probe``."""
    probe = kinds.add_parser(
        "probe", help="train a small head on a model's own hidden states at the ends of steps", epilog=PROBE_EXAMPLE
    )
    probe.add_argument("--out", metavar="FOLDER", required=True, help="folder of the probe; must be new")
    probe.add_argument(
        "--rows",
        metavar="FILE",
        required=True,
        help="labelled solutions, as JSON lines with prompt, completions, labels (`hintree train labels`)",
    )
    probe.add_argument("--model", required=True, help="the reasoner: a shipped model, a folder or a hub id")
    probe.add_argument("--protocol", metavar="NAME|FILE", help=PROTOCOL)
    probe.add_argument("--layer", type=positive, help="layer that is read, from 1 (default: the last one)")
    probe.add_argument(
        "--states-only",
        action="store_true",
        help="leave out the statistics of token probabilities, which are read too if the rows hold them",
    )
    probe.add_argument("--hidden", type=int, default=128, help="units between; 0 for a linear probe (default 128)")
    probe.add_argument("--epochs", type=positive, default=60, help="most passes over the steps (default %(default)s)")
    probe.add_argument("--batch", type=positive, default=64, help="steps per optimizer step (default %(default)s)")
    probe.add_argument("--rate", type=float, default=1e-3, help="learning rate (default %(default)s)")
    add_seed(probe, "seed of split, weights and order")
    probe.add_argument("--device", default="auto", help="as for `hintree train prm` (default %(default)s)")
    add_json(probe)
    probe.set_defaults(run=run_probe)


def run_labels(args: argparse.Namespace) -> None:
    """Sample solutions and label their steps. Raises UsageError or ModelError."""
    if args.out.suffix != ".jsonl" or args.out.exists():
        raise UsageError(f"--out {args.out}: rows are written to a new file that ends in .jsonl")
    from hintree.data.settings import KEYS, source_from_args
    from hintree.policies import find_protocol
    from hintree.training.handlers import recorded_writer, sampled
    from hintree.training.prm.resumable import begin, in_parts
    from hintree.training.prm.rows import TEMPERATURE, LabelledSolution, label, sample_solutions, to_line

    cases = source_from_args(args.problems, args).read()[: args.limit]
    protocol = find_protocol(args.protocol) if args.protocol else None
    writer = recorded_writer(args.writer, sampled(TEMPERATURE), args.record, protocol, args.device)
    beside = ("out", "device", "record", "run")
    settings = {key: value for key, value in vars(args).items() if key not in beside and (value or key not in KEYS)}
    work = begin(args.out, settings)

    def labelled(part: Any) -> list[LabelledSolution]:
        return label(sample_solutions(part, writer, args.drafts, args.seed), args.labels, writer, args.rollouts)

    rows = in_parts(cases, labelled, LabelledSolution, work, PART)
    if not rows:
        raise UsageError(f"{args.problems}: no solution was written, so that there is nothing to label")
    write_whole(args.out, "".join(map(to_line, rows)))
    shutil.rmtree(work)
    labels = [one for row in rows for one in row.labels]
    mean = sum(labels) / len(labels)
    print(f"{args.out}: {len(labels)} steps of {len(rows)} solutions of {len(cases)} problems, mean label {mean:.2f}")


def run_probe(args: argparse.Namespace) -> None:
    """Train a probe and print its report. Raises UsageError or ModelError."""
    out = Path(args.out)
    check_new(out)
    if not 0 < args.rate < 1:
        raise UsageError(f"--rate {args.rate!r} is not a number above 0 and below 1")
    if args.hidden < 0:
        raise UsageError(f"--hidden {args.hidden} is not a number of units from 0 on")
    from hintree.models import load_model
    from hintree.models.local.probe_folder import ProbeSpec, reference_state, save_probe
    from hintree.policies import find_protocol
    from hintree.policies.formats import format_for
    from hintree.training.prm.rows import read_rows
    from hintree.training.probe import ProbeRecipe, has_statistics, train_probe

    rows, model = read_rows(args.rows), load_model(args.model, device=args.device)
    form = format_for(model, find_protocol(args.protocol) if args.protocol else None)
    layer = model.keep_states(args.layer)
    recipe = ProbeRecipe(args.hidden, args.epochs, args.batch, args.rate, args.seed)
    both = not args.states_only and has_statistics(rows)
    layers, figures = train_probe(model, form, rows, recipe, layer=layer, statistics=both)
    report = {"model": args.model, "rows": args.rows, "protocol": form.protocol.name, "layer": layer, **figures}
    spec = ProbeSpec.of(model, layer, form.protocol.name, both)
    save_probe(out, spec, layers, reference_state(model, layer), report)
    if args.json:
        print_json(report)
        return
    for name, value in report.items():
        print(f"{name}: {value}")
    print(f"written: {out}; use it with --reasoner {args.model} --scorer probe:{out}")
