"""The command ``hintree eval``: accuracy and cost of one method on a data set, as a study of one arm."""

import argparse
import hashlib
import json
import os
import shutil
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hintree.cli.folders import cache_folder
from hintree.cli.options import (
    add_budget,
    add_json,
    add_loading,
    add_models,
    add_problem_options,
    add_seed,
    positive,
)
from hintree.cli.output import print_json
from hintree.cli.solve import add_method, add_preset, chosen_preset
from hintree.errors import UsageError
from hintree.search import ROLES
from hintree.search.core.budget import Budget

if TYPE_CHECKING:
    from rich.table import Table

    from hintree.experiments.study.store import Store
    from hintree.statistics.intervals import Share

EXAMPLES = """examples:
  hintree eval lab:test?steps=4 --n 50
  hintree eval problems.jsonl --n 50 --preset greedy --reasoner model.gguf --out runs/mine
  hintree eval problems.jsonl --n 50 --preset greedy --reasoner model.gguf --out runs/mine --resume
  hintree eval openai/gsm8k --n 100 --preset beam --reasoner Qwen/Qwen2.5-1.5B-Instruct --json | jq .accuracy
"""
REASONS = 3
"""Different reasons of failures that are listed."""


def add_eval(commands: Any) -> None:
    """Add the command ``hintree eval``."""
    command = commands.add_parser(
        "eval", help="measure one method on a data set: accuracy, cost, failures", epilog=EXAMPLES
    )
    command.add_argument(
        "problems",
        metavar="PROBLEMS",
        help="a file, a folder, a name on the Hugging Face hub, or lab:... (docs/problems.md)",
    )
    command.add_argument("--n", type=positive, metavar="N", help="only the first N problems")
    command.add_argument(
        "--out", metavar="DIR", type=Path, help="folder of the results (default: one in the user's cache folder)"
    )
    command.add_argument("--resume", action="store_true", help="go on with the results of an interrupted run")
    command.add_argument(
        "--workers", metavar="N", type=positive, default=1, help="worker processes (default %(default)s)"
    )
    add_preset(command)
    add_method(command)
    add_models(command)
    add_loading(command)
    add_budget(command)
    add_seed(command, "seed of all draws")
    add_json(command, "print one JSON object instead of tables")
    add_problem_options(command)
    command.set_defaults(run=run_eval)


def run_eval(args: argparse.Namespace) -> None:
    """Solve the problems, grade the answers, and print accuracy and cost. Raises UsageError."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        from hintree.experiments.study.resolve import resolve
        from hintree.experiments.study.run import RunOptions, run_study
    except ModuleNotFoundError as error:
        raise UsageError(f'`hintree eval` needs {error.name}: pip install "hintree[study]"') from error
    import yaml

    from hintree.yaml_file import parse

    data = json.loads(json.dumps(study_of(args)))  # tuples become lists
    study = resolve(parse("eval", yaml.safe_dump(data, sort_keys=False)))
    out = args.out or default_folder(data, args.resume)

    def show(store: "Store", table: Path) -> None:
        if args.json:
            print_json({**figures(store), "arm": study.data["arms"]["eval"], "results": str(table)})
        else:
            show_figures(store, args, table)

    run_study(study, RunOptions(out, resume=args.resume, workers=args.workers), show)


def study_of(args: argparse.Namespace) -> dict[str, Any]:
    """Return the study of the options: one arm, named "eval", with every setting of its method."""
    from hintree.data.settings import override
    from hintree.presets.settings import settings_of
    from hintree.solver.role_choice import choose_models
    from hintree.solver.solver import with_engine_arguments

    preset, models = choose_models(chosen_preset(args), {role: getattr(args, role) for role in ROLES})
    budget = asdict(Budget.parse(args.budget)) if args.budget is not None else {}
    arm = {
        **settings_of(preset),
        **dict.fromkeys(ROLES),
        **with_engine_arguments(models, args.engine_args),
        "budget": {name: limit for name, limit in budget.items() if limit is not None},
        "device": args.device,
        "dtype": args.dtype,
        **({} if args.prm_spec is None else {"prm_spec": args.prm_spec}),
    }
    problems = override(args.problems, args)
    return {"name": "eval", "problems": problems, "limit": args.n, "seeds": [args.seed], "arms": {"eval": arm}}


def default_folder(data: dict[str, Any], resume: bool) -> Path:
    """Return the folder of an evaluation in the user's cache, emptied unless it is resumed; equal ones share it."""
    name = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:12]
    folder = cache_folder() / "eval" / name
    if not resume:
        shutil.rmtree(folder, ignore_errors=True)
    return folder


def figures(store: "Store") -> dict[str, Any]:
    """Return accuracy, failures, and the cost of each role per problem, as JSON data."""
    from hintree.experiments.study.result_table import accuracy

    results = list(store.results())
    n = max(1, len(results))
    names = ("calls", "prompt_tokens", "generated_tokens", "discarded_tokens", "seconds")
    return {
        "n": len(results),
        "right": sum(result.right for result in results),
        "accuracy": accuracy(results).rounded(),
        "failed": dict(Counter(result.reason for result in results if result.status == "failed").most_common()),
        "ungraded": sum(result.status == "ungraded" for result in results),
        "without_answer": sum(result.answer is None for result in results),
        "cost_per_problem": {
            role: {name: round(sum(getattr(r.ledger[role], name) for r in results) / n, 3) for name in names}
            for role in ROLES
            if any(result.ledger[role].calls for result in results)
        },
    }


def show_figures(store: "Store", args: argparse.Namespace, table: Path) -> None:
    """Print the figures as two small tables, and the reasons of failures."""
    from rich.console import Console

    from hintree.statistics.intervals import Share
    from hintree.view.text import one_line

    found = figures(store)
    console = Console(highlight=False, soft_wrap=True)
    console.print(accuracy_table(found, Share(**found["accuracy"]), args.preset))
    console.print()
    console.print(cost_table(found["cost_per_problem"]))
    for reason, count in list(found["failed"].items())[:REASONS]:
        console.print(f"failed {count}: {one_line(reason)}", markup=False)
    console.print(f"\n95 % interval; all results are in {table}", markup=False)


def accuracy_table(found: dict[str, Any], share: "Share", preset: str) -> "Table":
    """Return the table of accuracy and failures."""
    from rich.table import Table

    table = Table("preset", "right", "n", "without answer", "failed", box=None, padding=(0, 2, 0, 0))
    failed = str(sum(found["failed"].values()))
    table.add_row(preset, str(share) if share.n else "-", str(found["n"]), str(found["without_answer"]), failed)
    return table


def cost_table(costs: dict[str, dict[str, float]]) -> "Table":
    """Return the table of the cost of each role per problem."""
    from rich.table import Table

    heads = {"calls": "calls", "prompt_tokens": "prompt tokens", "generated_tokens": "generated tokens"}
    heads |= {"discarded_tokens": "discarded tokens", "seconds": "seconds"}
    table = Table("per problem", box=None, padding=(0, 2, 0, 0))
    for head in heads.values():
        table.add_column(head, justify="right")
    for role, cost in costs.items():
        table.add_row(role, *(f"{cost[name]:.1f}" for name in heads))
    return table
