"""The command ``hintree eval``: accuracy and cost of one method on a data set, as a study of one arm."""

import argparse
import hashlib
import json
import math
import os
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hintree.cli.folders import cache_folder
from hintree.cli.options import (
    add_abstain,
    add_budget,
    add_json,
    add_loading,
    add_models,
    add_prices,
    add_problem_options,
    add_seed,
    positive,
)
from hintree.cli.output import print_json
from hintree.cli.solve import add_method, add_preset, chosen_preset
from hintree.errors import UsageError
from hintree.search import ROLES
from hintree.search.core.budget import Budget
from hintree.search.core.ledger import ALL_ROLES

if TYPE_CHECKING:
    from rich.table import Table

    from hintree.experiments.report.prices import Prices
    from hintree.experiments.study.store import Result, Store

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
    add_abstain(command)
    add_prices(command)
    add_seed(command, "seed of all draws")
    add_json(command, "print one JSON object instead of tables")
    add_problem_options(command)
    command.set_defaults(run=run_eval)


def run_eval(args: argparse.Namespace) -> None:
    """Solve the problems, grade the answers, and print accuracy and cost. Raises UsageError."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        from hintree.experiments.report.prices import read_prices
        from hintree.experiments.study.resolve import resolve
        from hintree.experiments.study.run import RunOptions, run_study
    except ModuleNotFoundError as error:
        raise UsageError(f'`hintree eval` needs {error.name}: pip install "hintree[study]"') from error
    import yaml

    from hintree.yaml_file import parse

    data = json.loads(json.dumps(study_of(args)))  # tuples become lists
    study = resolve(parse("eval", yaml.safe_dump(data, sort_keys=False)))
    out = args.out or default_folder(data, args.resume)
    prices = None if args.prices is None else read_prices(args.prices)

    def show(store: "Store", table: Path) -> None:
        found = figures(store, prices)
        if args.json:
            print_json({**found, "arm": study.data["arms"]["eval"], "results": str(table)})
        else:
            show_figures(found, args, table)

    run_study(study, RunOptions(out, resume=args.resume, workers=args.workers), show)


def study_of(args: argparse.Namespace) -> dict[str, Any]:
    """Return the study of the options: one arm, named "eval", with every setting of its method."""
    from hintree.data.settings import override
    from hintree.presets.settings import settings_of
    from hintree.solver.role_choice import choose_models
    from hintree.solver.solver import with_engine_arguments

    given = {role: getattr(args, role) for role in ALL_ROLES}
    preset, models = choose_models(chosen_preset(args), given)
    budget = asdict(Budget.parse(args.budget)) if args.budget is not None else {}
    arm = {
        **settings_of(preset),
        **dict.fromkeys(ROLES),
        **with_engine_arguments(models, args.engine_args),
        "budget": {name: limit for name, limit in budget.items() if limit is not None},
        "device": args.device,
        "dtype": args.dtype,
        **({} if args.prm_spec is None else {"prm_spec": args.prm_spec}),
        **({} if args.abstain is None else {"abstain": args.abstain}),
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


def figures(store: "Store", prices: "Prices | None" = None) -> dict[str, Any]:
    """Return accuracy, withheld answers, failures, and the cost of each role per problem, as JSON data."""
    from hintree.experiments.report.prices import role_models
    from hintree.experiments.study.result_table import accuracy, answered

    results = list(store.results())
    n, kept = max(1, len(results)), answered(results)
    found = {
        "n": len(results),
        "right": sum(result.right for result in results),
        "accuracy": accuracy(results).rounded(),
        "abstained": len(results) - len(kept),
        "coverage": round(len(kept) / n, 4),
        "accuracy_of_answered": accuracy(kept).rounded(),
        "failed": dict(Counter(result.reason for result in results if result.status == "failed").most_common()),
        "ungraded": sum(result.status == "ungraded" for result in results),
        "without_answer": sum(result.answer is None for result in kept),
        "cost_per_problem": (costs := cost_of(results)),
        "gflops_per_problem": {name: total(costs, roles).get("gflops") for name, roles in sums(costs).items()},
    }
    if prices is not None:
        models = role_models(store.arms()["eval"])
        price = sum(prices.cost(result.ledger, models) for result in results) / n
        value = None if math.isnan(price) else float(f"{price:.6g}")
        found["price_per_problem"] = {"currency": prices.currency, "value": value}
    return found


def cost_of(results: Sequence["Result"]) -> dict[str, dict[str, float | None]]:
    """Return the mean cost per problem of each role that was called; None for GFLOPs that are unknown."""
    names = ("calls", "prompt_tokens", "generated_tokens", "discarded_tokens", "seconds")
    n = max(1, len(results))
    roles: dict[str, dict[str, float | None]] = {}
    for role in ALL_ROLES:
        accounts = [result.ledger[role] for result in results]
        if any(account.calls for account in accounts):
            means = {name: round(sum(getattr(account, name) for account in accounts) / n, 3) for name in names}
            roles[role] = {**means, "gflops": rounded(sum(account.gflops() for account in accounts) / n)}
    return roles


def total(costs: dict[str, dict[str, float | None]], roles: Sequence[str]) -> dict[str, float | None]:
    """Return the sum of some roles' costs; None where one of them is unknown."""
    columns = {name: [costs[role][name] for role in roles] for name in next(iter(costs.values()), {})}
    known = {name: [figure for figure in figures if figure is not None] for name, figures in columns.items()}
    return {name: sum(known[name]) if len(known[name]) == len(roles) else None for name in columns}


def sums(costs: dict[str, dict[str, float | None]]) -> dict[str, list[str]]:
    """Return the roles of each sum: all of them and, if there is a scorer, all but the scorer."""
    others = [role for role in costs if role != "scorer"]
    return {"all": list(costs), **({"without_scorer": others} if "scorer" in costs else {})}


def rounded(figure: float) -> float | None:
    """Return a figure to four digits behind the point; None where it is unknown."""
    return None if math.isnan(figure) else round(figure, 4)


def show_figures(found: dict[str, Any], args: argparse.Namespace, table: Path) -> None:
    """Print the figures as two small tables, the price, and the reasons of failures."""
    from rich.console import Console

    from hintree.view.text import one_line

    console = Console(highlight=False, soft_wrap=True)
    console.print(accuracy_table(found, args.preset, abstaining=args.abstain is not None))
    console.print()
    console.print(cost_table(found["cost_per_problem"]))
    if "price_per_problem" in found:
        price = found["price_per_problem"]
        shown = "-" if price["value"] is None else f"{price['value']:.4g}"
        console.print(f"price per problem: {shown} {one_line(price['currency'])}".rstrip(), markup=False)
    for reason, count in list(found["failed"].items())[:REASONS]:
        console.print(f"failed {count}: {one_line(reason)}", markup=False)
    console.print(f"\n95 % interval; all results are in {table}", markup=False)


def accuracy_table(found: dict[str, Any], preset: str, *, abstaining: bool) -> "Table":
    """Return the table of accuracy and failures; with withheld answers, coverage and the accuracy of the others."""
    from rich.table import Table

    from hintree.statistics.intervals import Share

    def shown(name: str) -> str:
        share = Share(**found[name])
        return str(share) if share.n else "-"

    cells = {"preset": preset, "right": shown("accuracy"), "n": str(found["n"])}
    if abstaining:
        cells["abstained"], cells["coverage"] = str(found["abstained"]), f"{100 * found['coverage']:.1f} %"
        cells["right of answered"] = shown("accuracy_of_answered")
    cells["without answer"], cells["failed"] = str(found["without_answer"]), str(sum(found["failed"].values()))
    table = Table(*cells, box=None, padding=(0, 2, 0, 0))
    table.add_row(*cells.values())
    return table


def cost_table(costs: dict[str, dict[str, float | None]]) -> "Table":
    """Return the table of the cost of each role per problem; a dash where a model's size is unknown."""
    from rich.table import Table

    heads = {"calls": "calls", "prompt_tokens": "prompt tokens", "generated_tokens": "generated tokens"}
    heads |= {"discarded_tokens": "discarded tokens", "gflops": "GFLOPs", "seconds": "seconds"}
    table = Table("per problem", box=None, padding=(0, 2, 0, 0))
    table.columns[0].no_wrap = True
    for head in heads.values():
        table.add_column(head, justify="right")
    wholes = {name: total(costs, roles) for name, roles in sums(costs).items()} if len(costs) > 1 else {}
    for name, cost in (costs | wholes).items():
        table.add_row(name.replace("_", " "), *(shown_figure(head, cost.get(head)) for head in heads))
    return table


def shown_figure(name: str, figure: float | None) -> str:
    """Format a figure of the costs; GFLOPs to three digits."""
    if figure is None:
        return "-"
    return f"{figure:.3g}" if name == "gflops" else f"{figure:.1f}"
