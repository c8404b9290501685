"""Write a run as HTML pages: an index of arms and problems, and a page per problem that compares its arms."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, StrictUndefined
from tqdm import tqdm

from hintree.errors import UsageError
from hintree.experiments.study.result_table import accuracy_text
from hintree.experiments.study.store import Result, Store
from hintree.experiments.study.store_study import StoredCase
from hintree.experiments.study.trees import solved_tree
from hintree.search import ROLES
from hintree.view.bundle import source
from hintree.view.page import digest, page
from hintree.view.shown_tree import ShownTree
from hintree.view.text import one_line

OURS = '<meta name="generator" content="hintree">'
"""What all our pages hold."""


class ResultCell(NamedTuple):
    """Result in the index: its mark and answer, and the page that shows its tree, "" for none."""

    mark: str
    text: str
    link: str


class ProblemRow(NamedTuple):
    """Problem in the index, with the cells of each arm and the number that are wrong or failed."""

    number: int
    case: StoredCase
    cells: list[list[ResultCell]]
    wrong: int


def write_run(store: Store, folder: Path) -> Path:
    """Write the pages of a run into a folder, created if missing, and return the path of the index.

    Pages of an earlier call are replaced.

    Raises:
        UsageError: The folder has an index that is not ours.
    """
    folder.mkdir(parents=True, exist_ok=True)
    index, arms = folder / "index.html", list(store.arms())
    if index.exists() and OURS not in index.read_text(encoding="utf-8", errors="replace"):
        raise UsageError(f"{index} is not a page of hintree; give another folder with --to")
    found: dict[str, list[Result]] = defaultdict(list)
    for result in store.results():
        found[result.problem].append(result)
    rows = []
    progress = tqdm(store.problems().items(), desc="writing pages", unit="problem", delay=2)
    for number, (key, case) in enumerate(progress, 1):
        pairs = [(result, solved_tree(store, result)) for result in found[key]]
        name = f"problem-{number:05d}.html"
        if trees := [solved for _, solved in pairs if solved is not None]:
            (folder / name).write_text(page(trees), encoding="utf-8")
        wrong = sum(mark_of(result) in ("wrong", "failed") for result in found[key])
        rows.append(ProblemRow(number, case, cells(arms, pairs, name), wrong))
    index.write_text(index_page(store, rows, [r for results in found.values() for r in results]), encoding="utf-8")
    return index


def index_page(store: Store, rows: Sequence[ProblemRow], results: Sequence[Result]) -> str:
    """Return the index as HTML: arms, then problems, those that most arms fail first."""
    style = source("page.css")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, finalize=shown)
    return environment.from_string(source("index.html")).render(
        name=store.study["name"],
        arms=[arm_row(arm, [result for result in results if result.arm == arm]) for arm in store.arms()],
        rows=sorted(rows, key=lambda row: (-row.wrong, row.number)),
        roles=ROLES,
        some_ungraded=any(result.status == "ungraded" for result in results),
        style_hash=digest(style),
        style=style,
    )


def shown(value: Any) -> Any:
    """Return the texts as one line, with invisible characters escaped."""
    return one_line(value, 400) if type(value) is str else value


def arm_row(arm: str, results: Sequence[Result]) -> dict[str, Any]:
    """Return the figures of an arm for the index: share of right answers, failures, tokens per result by role."""
    count = len(results)
    tokens = {role: sum(r.ledger[role].tokens() for r in results) / max(1, count) for role in ROLES}
    return {
        "name": arm,
        "count": count,
        "right": accuracy_text(results),
        "failed": sum(r.status == "failed" for r in results),
        "ungraded": sum(r.status == "ungraded" for r in results),
        "tokens": {role: f"{mean:,.0f}" if mean else "-" for role, mean in tokens.items()},
    }


def mark_of(result: Result) -> str:
    """Return "right", "wrong", "ungraded" or "failed"."""
    return result.status if result.status != "done" else "right" if result.right else "wrong"


def cells(arms: Sequence[str], pairs: Sequence[tuple[Result, ShownTree | None]], name: str) -> list[list[ResultCell]]:
    """Return the results of each arm on one problem, a cell for each seed."""
    row: dict[str, list[ResultCell]] = {arm: [] for arm in arms}
    tree = 0
    for result, solved in pairs:
        mark = mark_of(result)
        text = result.reason if mark == "failed" else result.answer if result.answer is not None else "no answer"
        row[result.arm].append(ResultCell(mark, text, f"{name}#tree={tree}" if solved else ""))
        tree += solved is not None
    return list(row.values())
