"""Where the steps of a tree stand in a panel of a picture."""

from typing import NamedTuple

from hintree.search import Tree

WIDE, HIGH, TOP, BOTTOM, MARGIN = 300.0, 290.0, 52.0, 52.0, 14.0
"""A panel, its room for the title and for the caption, and its margin, in pixels."""
LARGEST = 7.0
"""Radius of a step where there is room, in pixels."""


class Circle(NamedTuple):
    """Centre and radius of a step, in pixels."""

    x: float
    y: float
    r: float


def columns(tree: Tree) -> list[float]:
    """The column of every step: leaves side by side at 0, 1, ..., parents centred over their children."""
    found = [0.0] * len(tree)
    waiting, leaves = [tree.root], 0
    while waiting:
        node = waiting.pop()
        waiting += reversed(node.children)
        if not node.children:
            found[node.id], leaves = float(leaves), leaves + 1
    for node in reversed(tree.nodes):  # children are younger than their parents
        if node.children:
            found[node.id] = (found[node.children[0].id] + found[node.children[-1].id]) / 2
    return found


def circles(tree: Tree, levels: int) -> list[Circle]:
    """Every step within a panel that has room for so many levels; larger where a search came by more often.

    Between neighbours there is room for rings, as wide as half a radius each.
    """
    found = columns(tree)
    step = min(4 * LARGEST, (WIDE - 2 * MARGIN - 2 * LARGEST) / max(1.0, max(found)))
    row = (HIGH - TOP - BOTTOM - 2 * LARGEST) / max(1, levels)
    left = (WIDE - step * max(found)) / 2
    most = max((node.visits for node in tree.nodes[1:]), default=0)
    room = min(LARGEST, 0.4 * step, 0.45 * row)
    radii = [room * (0.6 + 0.4 * (node.visits / most) ** 0.5) if most else 0.8 * room for node in tree]
    return [
        Circle(left + step * x, TOP + LARGEST + row * node.depth, room if node.parent is None else r)
        for x, node, r in zip(found, tree, radii, strict=True)
    ]
