"""Backup: the values of an evaluated step enter the means of the steps before it."""

from hintree.search.core.tree import Node


def backup(node: Node, value: float) -> None:
    """Back up one evaluation: every step of the path, and the root, counts a visit and averages the value in."""
    at: Node | None = node
    while at is not None:
        at.visits += 1
        at.value += (value - at.value) / at.visits
        at = at.parent
