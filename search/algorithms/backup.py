"""Values that flow back from a step to the steps before it."""

from hintree.search.core.tree import Node


def backup(node: Node, value: float) -> None:
    """Enter one evaluation of a step: all steps of its path, and the root, are visited and take it into their means."""
    at: Node | None = node
    while at is not None:
        at.visits += 1
        at.value += (value - at.value) / at.visits
        at = at.parent
