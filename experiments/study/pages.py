"""Write a run as HTML pages: an index of arms and problems, and a page per problem that compares its arms."""

import html
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from hintree.errors import UsageError
from hintree.experiments.study.result_table import accuracy_text
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
    """Write the pages of a run into a folder, created if missing, and return the path of the index.

    Pages of an earlier call are replaced.

    Raises:
        UsageError: The folder has an index that is not ours.
    """
    folder.mkdir(parents=True, exist_ok=True)
    index = folder / "index.html"
    if index.exists() and OURS not in index.read_text(encoding="utf-8", errors="replace"):
        raise UsageError(f"{index} is not a page of hintree; give another folder with --to")
    arms, cases = store.arms(), store.problems()
    found: dict[str, list[Result]] = defaultdict(list)
    for result in store.results():
        found[result.problem].append(result)
    shown = [key for key in cases if any(store.packed_tree(r.arm, key, r.seed) is not None for r in found[key])]
    places, rows = {key: at for at, key in enumerate(shown)}, []
    for key, case in tqdm(cases.items(), desc="writing pages", unit="problem", delay=2):
        pairs = [(result, solved_tree(store, result, case, arms[result.arm])) for result in found[key]]
        name = page_name(places[key], len(shown)) if key in places else ""
        if name:
            trees = [solved for _, solved in pairs if solved is not None]
            write_whole(folder / name, page(trees, links_of(places[key], len(shown))))
        facts = {"id": line(case.id), "question": line(case.question), "reference": line(case.reference)}
        rows.append({**facts, "steps": case.steps, "page": name, "cells": cells(list(arms), pairs)})
    results = [result for of_problem in found.values() for result in of_problem]
    write_whole(index, index_page(store, rows, results))
    return index


def page_name(at: int, count: int) -> str:
    """Return the name of the file of a problem's page, of ``count`` pages; "" beyond the first and the last one."""
    return f"problem-{at + 1:05d}.html" if 0 <= at < count else ""


def links_of(at: int, count: int) -> dict[str, str]:
    """Return the addresses of the pages before and after a problem's page, and of the index."""
    links = {"previous": page_name(at - 1, count), "index": "index.html", "next": page_name(at + 1, count)}
    return {name: address for name, address in links.items() if address}


def line(text: str) -> str:
    """Return a text as one line, with invisible characters escaped."""
    return one_line(text, LONGEST)


def index_page(store: Store, rows: Sequence[Mapping[str, Any]], results: Sequence[Result]) -> str:
    """Return the index as HTML: its arms, and a table of the problems."""
    name, arms = line(store.study["name"]), list(store.arms())
    whole = len(arms) * len(rows) * len(store.study["seeds"])
    data = {
        "name": name,
        "progress": "" if len(results) >= whole else f"{len(results):,} of {whole:,} results so far",
        "roles": list(ROLES),
        "arms": [arm_row(at, arm, [r for r in results if r.arm == arm]) for at, arm in enumerate(arms)],
        "problems": rows,
    }
    linked = [row for row in rows if row["page"]]
    outline = "".join(f'<li><a href="{row["page"]}">{html.escape(row["question"])}</a></li>\n' for row in linked)
    return fill("index.html", "index", data, {"TITLE": html.escape(name), "OUTLINE": outline, "REFRESH": ""})


def arm_row(at: int, arm: str, results: Sequence[Result]) -> dict[str, Any]:
    """Return the figures of an arm for the index: share of right answers, failures, tokens per result by role."""
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
    }


def mark_of(result: Result) -> str:
    """Return "right", "wrong", "ungraded" or "failed"."""
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
        text = result.reason if mark == "failed" else result.answer if result.answer is not None else "no answer"
        kept = 0 if solved is None else sum(node.replaces is not None for node in solved.chosen.path())
        tokens = round(result.ledger.total("generated_tokens"))
        row[result.arm].append([mark, line(text), -1 if solved is None else tree, kept, tokens])
        tree += solved is not None
    return list(row.values())
