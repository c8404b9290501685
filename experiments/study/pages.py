"""Write a run as HTML pages: an index of arms and problems, and a page per problem that compares its arms."""

import html
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from hintree.errors import UsageError
from hintree.experiments.study.result_table import accuracy_text, mean_gflops, shown_cost
from hintree.experiments.study.store import Result, Store
from hintree.experiments.study.trees import solved_tree
from hintree.search import ROLES
from hintree.view.page import fill, page
from hintree.view.palette import arm_colour, arm_mark
from hintree.view.shown_tree import ShownTree
from hintree.view.text import one_line
from hintree.whole_files import write_whole

OURS = '<meta name="generator" content="hintree">'
"""What all our pages hold."""
LONGEST = 400
"""Characters of a text in the index."""


def write_run(store: Store, folder: Path) -> Path:
    """Write the pages of a run into a folder and return the path of the index; see ``RunPages``."""
    return RunPages(store, folder).write()


class RunPages:
    """Pages of a run in a folder; a problem's page is written again only where something has changed.

    Args:
        store: The run; another process may add results to it.
        folder: Folder of the pages, created if missing; pages of an earlier run are replaced.

    Attributes:
        complete: True once there is a result for every arm, problem and seed.

    Raises:
        UsageError: The folder has an index that is not ours.
    """

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.folder, self.complete = store, folder, False
        self._arms, self._cases = store.arms(), store.problems()
        self._names = {key: f"problem-{at:05d}.html" for at, key in enumerate(self._cases, 1)}
        self._states: dict[str, Any] = {}
        self._rows: dict[str, dict[str, Any]] = {}
        folder.mkdir(parents=True, exist_ok=True)
        index = folder / "index.html"
        if index.exists() and OURS not in index.read_text(encoding="utf-8", errors="replace"):
            raise UsageError(f"{index} is not a page of hintree; give another folder with --to")

    def write(self, *, live: int = 0) -> Path:
        """Bring the pages up to date and return the path of the index.

        Args:
            live: Seconds after which the index reads its file again, as the run goes on; 0 if it is over.
        """
        results = list(self.store.results())
        whole = len(self._arms) * len(self._cases) * len(self.store.study["seeds"])
        self.complete = len(results) >= whole
        found: dict[str, list[Result]] = defaultdict(list)
        for result in results:
            found[result.problem].append(result)
        links = self._links(self.store.tree_keys())
        for key in tqdm(self._cases, desc="writing pages", unit="problem", delay=2):
            state = links.get(key), [(r.arm, r.seed, r.status) for r in found[key]]
            if self._states.get(key) != state:
                self._rows[key] = self._write_problem(key, found[key], links.get(key))
                self._states[key] = state
        index = self.folder / "index.html"
        progress = "" if self.complete else f"{len(results):,} of {whole:,} results so far"
        write_whole(index, index_page(self.store, list(self._rows.values()), results, progress, live))
        return index

    def _links(self, trees: Collection[tuple[str, str, int]]) -> dict[str, dict[str, str]]:
        """Return the addresses around the page of each problem that has a tree: previous, index and next."""
        having = {problem for _, problem, _ in trees}
        names = [name for key, name in self._names.items() if key in having]
        around = zip(["", *names[:-1]], ["index.html"] * len(names), [*names[1:], ""], strict=True)
        named = (zip(("previous", "index", "next"), addresses, strict=True) for addresses in around)
        links = [{name: address for name, address in pairs if address} for pairs in named]
        return dict(zip((key for key in self._names if key in having), links, strict=True))

    def _write_problem(self, key: str, results: Sequence[Result], links: Mapping[str, str] | None) -> dict[str, Any]:
        """Write the page of a problem, if it has trees, and return its row of the index."""
        case = self._cases[key]
        pairs = [(result, solved_tree(self.store, result, case, self._arms[result.arm])) for result in results]
        if links is not None:
            write_whole(self.folder / self._names[key], page([tree for _, tree in pairs if tree is not None], links))
        facts = {"id": line(case.id), "question": line(case.question), "reference": line(case.reference)}
        shown = cells(list(self._arms), pairs)
        return {**facts, "steps": case.steps, "page": "" if links is None else self._names[key], "cells": shown}


def line(text: str) -> str:
    """Return a text as one line, with invisible characters escaped."""
    return one_line(text, LONGEST)


def index_page(
    store: Store, rows: Sequence[Mapping[str, Any]], results: Sequence[Result], progress: str, live: int
) -> str:
    """Return the index as HTML: its arms, and a table of the problems."""
    name, arms = line(store.study["name"]), list(store.arms())
    data = {
        "name": name,
        "progress": progress,
        "live": live,
        "roles": list(ROLES),
        "arms": [arm_row(at, arm, [r for r in results if r.arm == arm]) for at, arm in enumerate(arms)],
        "problems": rows,
    }
    linked = [row for row in rows if row["page"]]
    outline = "".join(f'<li><a href="{row["page"]}">{html.escape(row["question"])}</a></li>\n' for row in linked)
    return fill("index.html", "index", data, {"TITLE": html.escape(name), "OUTLINE": outline})


def arm_row(at: int, arm: str, results: Sequence[Result]) -> dict[str, Any]:
    """Return the figures of an arm for the index: share of right answers, failures, tokens and GFLOPs per result."""
    tokens = [sum(r.ledger[role].tokens() for r in results) / max(1, len(results)) for role in ROLES]
    return {
        "name": line(arm),
        "colour": arm_colour(at),
        "mark": arm_mark(at),
        "count": len(results),
        "right": accuracy_text(results),
        "failed": sum(r.status == "failed" for r in results),
        "ungraded": sum(r.status == "ungraded" for r in results),
        "tokens": [f"{mean:,.0f}" if mean else "-" for mean in tokens],
        "gflops": [shown_cost(mean) for mean in mean_gflops(results, ROLES)],
    }


def mark_of(result: Result) -> str:
    """Return "right", "wrong", "ungraded" (also where the answer is withheld) or "failed"."""
    if result.status == "abstained":
        return "ungraded"
    return result.status if result.status != "done" else "right" if result.right else "wrong"


def cells(arms: Sequence[str], pairs: Sequence[tuple[Result, ShownTree | None]]) -> list[list[list[Any]]]:
    """Return the results of each arm on one problem, one for each seed.

    A result is its mark, its answer or why it failed, the number of its tree on the problem's page (-1 for none), its
    rewrites on the chosen path, and its generated tokens.
    """
    row: dict[str, list[list[Any]]] = {arm: [] for arm in arms}
    tree = 0
    for result, solved in pairs:
        mark = mark_of(result)
        none = "withheld" if result.status == "abstained" else "no answer"
        text = result.reason if mark == "failed" else none if result.answer is None else result.answer
        kept = 0 if solved is None else sum(node.replaces is not None for node in solved.chosen.path())
        tokens = round(result.ledger.total("generated_tokens"))
        row[result.arm].append([mark, line(text), -1 if solved is None else tree, kept, tokens])
        tree += solved is not None
    return list(row.values())
