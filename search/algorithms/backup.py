"""Backup: the values of an evaluated step enter the means of the steps before it."""

from hintree.search.core.tree import Node


def backup(node: Node, value: float) -> None:
    """Back up one evaluation: every step of the path, and the root, counts a visit and averages the value in."""
    at: Node | None = node
    while at is not None:
        at.visits += 1
        at.value += (value - at.value) / at.visits
        at = at.parent


def backup_best(node: Node, value: float) -> None:
    """Back up one evaluation: every step before the evaluated one, and the root, takes the value of its best child.

    Rejected, pruned and failed children do not count.
    """
    node.visits += 1
    node.value += (value - node.value) / node.visits
    at = node.parent
    while at is not None:
        at.visits += 1
        below = [child.value for child in at.children if child.visits and child.status in ("open", "terminal")]
        at.value = max(below, default=value)
        at = at.parent
