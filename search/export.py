"""Trees as versioned JSON and as networkx graphs, without loss in either direction."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import networkx as nx

from hintree.search.errors import UsageError
from hintree.search.seeds import seed_of
from hintree.search.tree import RETRY, STATUSES, Node, Problem, Tree, Written

VERSION = 2
"""Version of the JSON form; a reader refuses a newer one."""

AUTHORS = ("reasoner", "teacher")
MADE = ("parent", "children", "step", "key", "begun", "tried")
"""Fields that are written in another way, or follow from the others."""
PLAIN = [f.name for f in fields(Node) if f.name not in MADE]


def to_dict(tree: Tree) -> dict[str, Any]:
    """The tree as plain data: version, problem, seed, and ``nodes`` in order of creation (the root first)."""
    nodes = []
    for node in tree:
        row: dict[str, Any] = {name: getattr(node, name) for name in PLAIN}
        row["parent"] = None if node.parent is None else node.parent.id
        row["step"] = node.step._asdict()
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
    if parent is not None and (row["parent"] < 0 or row["author"] not in AUTHORS):
        raise UsageError(f"not a hintree tree: node {row['id']!r} has a wrong parent or author")
    if not isinstance(row["step"]["text"], str) or not (row["score"] is None or 0.0 <= row["score"] <= 1.0):
        raise UsageError(f"not a hintree tree: node {row['id']!r} has a wrong text or score")
    key = tree.root.key if parent is None else seed_of(parent.key, row["author"], row["index"])
    node = Node(parent=parent, key=key, step=Written(**row["step"]), **{name: row[name] for name in PLAIN})
    tree.texts.add(node.step.text)
    tree.nodes.append(node)
    if parent is not None:
        parent.children.append(node)
        parent.begun = max(parent.begun, node.index + 1 if node.index < RETRY else 0)


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
