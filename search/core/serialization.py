"""Trees as versioned JSON and as networkx graphs, without loss in either direction."""

import json
import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import networkx as nx

from hintree.errors import UsageError
from hintree.search.core.seeds import seed_of
from hintree.search.core.tree import RETRY, STATUSES, Node, Problem, StepOutput, Tree

VERSION = 3
"""Version of the JSON form; a reader refuses a newer one."""

AUTHORS = ("reasoner", "teacher")
ENDS = ("delimiter", "end", "length")
MADE = ("parent", "children", "step", "key", "begun", "tried")
"""Fields that are written in another way, or follow from the others."""
PLAIN = [f.name for f in fields(Node) if f.name not in MADE]
ODD = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
"""Numbers that JSON does not have, by the text that stands for them."""
RECORDED = ("log_probability", "least_probability", "first_entropy")
"""Fields of a step that are None where they were not recorded; the last two are then left out."""
NUMBERS = ("mean_probability", "min_probability", "entropy", *RECORDED, "value")
"""Fields that may hold such a number."""
KINDS: dict[str, Any] = {
    **dict.fromkeys(("id", "index", "hint_tokens", "visits", "depth", "rewrites", "tokens"), int),
    **dict.fromkeys(("author", "status", "reason", "text", "ended"), str),
    **dict.fromkeys(NUMBERS, int | float),
    **dict.fromkeys(("hint", "answer"), str | None),
    **dict.fromkeys(RECORDED, int | float | None),
    **{"score": int | float | None, "replaces": int | None},
}
"""What each field of a node and of its step holds; whole numbers are at least 0, and below ``LARGEST``."""
LARGEST = 2**63


def to_dict(tree: Tree) -> dict[str, Any]:
    """The tree as plain data: version, problem, seed, and ``nodes`` in order of creation (the root first)."""
    nodes = []
    for node in tree:
        row: dict[str, Any] = {name: getattr(node, name) for name in PLAIN}
        row["parent"] = None if node.parent is None else node.parent.id
        step = node.step._asdict().items()
        row["step"] = {n: plain(n, value) for n, value in step if value is not None or n not in RECORDED[1:]}
        row["value"] = plain("value", node.value)
        nodes.append(row)
    problem = {"id": tree.problem.id, "question": tree.problem.question}
    return {"format": "hintree-tree", "version": VERSION, "problem": problem, "seed": tree.seed, "nodes": nodes}


def from_dict(data: Mapping[str, Any]) -> Tree:
    """The tree that ``to_dict`` came from.

    Raises:
        UsageError: The data is not such a tree, or of a newer version.
    """
    try:
        if data["format"] != "hintree-tree" or data["version"] not in range(1, VERSION + 1):
            raise UsageError(f"not a hintree tree of version {VERSION} or older")
        tree = Tree(Problem(**data["problem"]), data["seed"])
        if not all(isinstance(text, str) for text in data["problem"].values()) or not isinstance(tree.seed, int):
            raise UsageError("not a hintree tree: its problem is no text, or its seed no whole number")
        tree.nodes.clear()
        for row in data["nodes"]:
            add_row(tree, row if data["version"] > 1 else {"index": 0, **row})
        tree.root = tree.nodes[0]
    except (KeyError, TypeError, IndexError) as error:
        raise UsageError(f"not a hintree tree: {type(error).__name__} {error}") from error
    return tree


def add_row(tree: Tree, row: Mapping[str, Any]) -> None:
    """Add one node as it was written."""
    parent = None if row["parent"] is None else tree.nodes[row["parent"]]
    if row["id"] != len(tree.nodes) or row["status"] not in STATUSES or (parent is None) != (row["id"] == 0):
        raise UsageError(f"not a hintree tree: node {row['id']!r} is out of order or has a wrong parent or status")
    if parent is not None and (row["parent"] < 0 or row["author"] not in AUTHORS or row["depth"] != parent.depth + 1):
        raise UsageError(f"not a hintree tree: node {row['id']!r} has a wrong parent, author or depth")
    if not (row["score"] is None or 0.0 <= row["score"] <= 1.0):
        raise UsageError(f"not a hintree tree: node {row['id']!r} has a wrong score")
    if not (row["replaces"] is None or 0 < row["replaces"] < row["id"]) or row["step"]["ended"] not in ENDS:
        raise UsageError(f"not a hintree tree: node {row['id']!r} replaces none before it, or ended in a wrong way")
    key = tree.root.key if parent is None else seed_of(parent.key, row["author"], row["index"])
    step = StepOutput(**{name: number(name, value) for name, value in row["step"].items()})
    node = Node(parent=parent, key=key, step=step, **{name: number(name, row[name]) for name in PLAIN})
    tree.texts.add(node.step.text)
    tree.nodes.append(node)
    if parent is not None:
        parent.children.append(node)
        parent.children_requested = max(parent.children_requested, node.index + 1 if node.index < RETRY else 0)


def plain(name: str, value: Any) -> Any:
    """A field's value as JSON has it: NaN and infinities as their names."""
    if name not in NUMBERS or not isinstance(value, float) or math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def number(name: str, value: Any) -> Any:
    """The value that ``plain`` was given. Raises UsageError if it is not of the field's kind."""
    found = ODD.get(value, value) if name in NUMBERS and isinstance(value, str) else value
    if not isinstance(found, KINDS[name]) or (KINDS[name] is int and not 0 <= found < LARGEST):
        raise UsageError(f"not a hintree tree: {name}={str(value)[:40]!r} is not what this field holds")
    return found


def to_json(tree: Tree) -> str:
    """The tree as one line of JSON in ASCII, so that it holds any text, lone surrogates included."""
    return json.dumps(to_dict(tree), allow_nan=False)


def from_json(text: str) -> Tree:
    """The tree that ``to_json`` came from. Raises UsageError for any other text."""
    try:
        return from_dict(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise error if isinstance(error, UsageError) else UsageError(f"not a hintree tree: {error}") from error


def to_networkx(tree: Tree) -> "nx.DiGraph[int]":
    """A directed graph from parents to children; node attributes as in JSON, problem and seed on the graph."""
    data = to_dict(tree)
    graph: nx.DiGraph[int] = nx.DiGraph(**{name: data[name] for name in ("format", "version", "problem", "seed")})
    for row in data["nodes"]:
        graph.add_node(row["id"], **row)
        if row["parent"] is not None:
            graph.add_edge(row["parent"], row["id"])
    return graph


def from_networkx(graph: "nx.DiGraph[int]") -> Tree:
    """The tree that ``to_networkx`` came from. Raises UsageError for any other graph."""
    try:
        rows = [{**graph.nodes[i], "id": i} for i in sorted(graph.nodes)]
    except TypeError as error:
        raise UsageError(f"not a hintree tree: its nodes are not numbers ({error})") from error
    return from_dict({**graph.graph, "nodes": rows})
