"""The command ``hintree calibrate``: set the gate of a router for other models, from training problems."""

import argparse
from typing import Any

from hintree.cli.options import add_json, add_loading, add_models, add_problem_options, add_seed, positive
from hintree.cli.output import print_json
from hintree.cli.presets import value_text
from hintree.cli.solve import add_method, add_preset, chosen_preset
from hintree.errors import UsageError
from hintree.search.core.ledger import MODEL_ROLES

EXAMPLES = """examples:
  hintree calibrate lab:train --n 50 --preset glimprouter
  hintree calibrate train.jsonl --preset specreason --share 0.3 --reasoner small.gguf --teacher large.gguf --record DIR
  hintree calibrate train.jsonl --search confident-vote --scorer confidence:entropy --reasoner small.gguf

The reasoner writes one chain for each problem, and the threshold is the quantile at which the gate acts on the share of
these steps. Thresholds need no reference answers; the neighbours of first_tokens do. With --record, another preset with
the same sampling, or a run that was killed, makes no chain again.
"""


def add_calibrate(commands: Any) -> None:
    """Add the command ``hintree calibrate``."""
    command = commands.add_parser(
        "calibrate",
        help="set the threshold of a router or a rewrite rule for your models, from training problems",
        epilog=EXAMPLES,
    )
    command.add_argument("problems", metavar="PROBLEMS", help="training problems, as for `hintree eval`")
    command.add_argument("--n", type=positive, metavar="N", default=100, help="first N problems (default %(default)s)")
    command.add_argument(
        "--share",
        type=float,
        default=0.25,
        metavar="S",
        help="share of the steps that the gate acts on, from 0 to 1 (default %(default)s)",
    )
    add_preset(command)
    add_method(command)
    add_models(command)
    add_loading(command)
    add_seed(command, "seed of all draws")
    command.add_argument("--record", metavar="DIR", help="folder of model outputs, read and written")
    add_json(command, "print one JSON object: the settings of an arm")
    add_problem_options(command)
    command.set_defaults(run=run_calibrate)


def run_calibrate(args: argparse.Namespace) -> None:
    """Write the chains, and print the settings for the command line and for a study. Raises UsageError."""
    from hintree.data.settings import source_from_args
    from hintree.training.thresholds import chain_solver, set_gate

    if not 0 <= args.share <= 1:
        raise UsageError(f"--share {args.share} is not a number from 0 to 1")
    method = chosen_preset(args)
    cases = source_from_args(args.problems, args).read(args.n)
    given = {role: getattr(args, role) for role in MODEL_ROLES}
    solver = chain_solver(
        method,
        given,
        prm_spec=args.prm_spec,
        seed=args.seed,
        recording=None if args.record is None else args.record.rstrip("/") + "/",
        device=args.device,
        dtype=args.dtype,
        threads=args.threads,
        engine_args=args.engine_args,
    )
    settings = set_gate(method, solver, cases, args.share)
    if args.json:
        print_json(settings)
        return
    print(f"{args.preset}: {len(cases)} problems, share {args.share:g}")
    for path, value in settings.items():
        print(f"{path}: {list(value) if isinstance(value, list) else value}")
    for part, option in (("search", "--set"), ("rewrite", "--rewrite")):
        texts = [f"{path.partition('.')[2]}={value_text(x)}" for path, x in settings.items() if path.startswith(part)]
        if texts:
            print(f"{option} {','.join(texts)}")
