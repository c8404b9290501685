"""Compute where the steps of a tree stand in a picture."""

from collections.abc import Iterator
from typing import NamedTuple

from hintree.search import Node, Tree
from hintree.search.core.citations import Citation, citations_of, source_of

TOP, BOTTOM, MARGIN = 52.0, 52.0, 14.0
"""Height of a panel's title and caption, and its margin, in pixels."""


class Size(NamedTuple):
    """Width and height of a panel, and the radius of a step where there is room, in pixels."""

    wide: float = 300.0
    high: float = 290.0
    largest: float = 7.0


class Circle(NamedTuple):
    """Centre and radius of a step, in pixels."""

    x: float
    y: float
    r: float


def preorder(tree: Tree) -> Iterator[Node]:
    """Return the steps in preorder, siblings by order of creation."""
    waiting = [tree.root]
    while waiting:
        node = waiting.pop()
        waiting += reversed(node.children)
        yield node


def fit(tree: Tree) -> Size:
    """Return the size of a picture of this tree alone, at most about 4,000 pixels each way."""
    levels, leaves = max(node.depth for node in tree), max(columns(tree)) + 1
    return Size(min(4000.0, max(640.0, 34 * leaves)), TOP + BOTTOM + min(4000.0, 24 + 52.0 * levels), 11.0)


def columns(tree: Tree) -> list[float]:
    """Return the column of every step: leaves at 0, 1, ..., parents centred over their children."""
    found, leaves = [0.0] * len(tree), 0
    for node in preorder(tree):
        if not node.children:
            found[node.id], leaves = float(leaves), leaves + 1
    for node in reversed(tree.nodes):  # children are younger than their parents
        if node.children:
            found[node.id] = (found[node.children[0].id] + found[node.children[-1].id]) / 2
    return found


def circles(tree: Tree, levels: int, size: Size) -> list[Circle]:
    """Return position and radius of every step in a panel; the radius grows with the number of visits.

    Between neighbours there is room for rings, as wide as half a radius each.
    """
    found = columns(tree)
    step = min(4 * size.largest, (size.wide - 2 * MARGIN - 2 * size.largest) / max(1.0, max(found)))
    row = (size.high - TOP - BOTTOM - 2 * size.largest) / max(1, levels)
    left = (size.wide - step * max(found)) / 2
    most = max((node.visits for node in tree.nodes[1:]), default=0)
    room = min(size.largest, 0.4 * step, 0.45 * row)
    radii = [room * (0.6 + 0.4 * (node.visits / most) ** 0.5) if most else 0.8 * room for node in tree]
    return [
        Circle(left + step * x, TOP + size.largest + row * node.depth, room if node.parent is None else r)
        for x, node, r in zip(found, tree, radii, strict=True)
    ]


def guidance(node: Node) -> list[str]:
    """Return what a step was written under, a line each: its hint, the critique of its draft, and what it cites."""
    lines = [f"hint: {node.hint}"] if node.hint else []
    lines += [f"critique: {node.critique.text}"] if node.critique and node.critique.text else []
    return lines + [citation_line(node, one) for one in citations_of(node)[0]]


def citation_line(node: Node, citation: Citation) -> str:
    """Return a citation with the step that looked its passage up, and the quotation if it has one."""
    step = source_of(node, citation)
    quote = "" if citation.at is None else f": {node.step.text[citation.start : citation.end]}"
    return f"cites [{citation.id}] of step {step.id}{quote}"


def byline(node: Node, who: str = "") -> str:
    """Return who wrote a step, and by which action where it is no plain step: "hinter ask".

    ``who`` stands for the author.
    """
    return (who or node.author) + ("" if node.action is None else f" {node.action.name}")


def author(node: Node) -> str:
    """Return who wrote a step, its author; "hinted" stands for the reasoner under a hint."""
    return "hinted" if node.author == "reasoner" and node.hint is not None else node.author
