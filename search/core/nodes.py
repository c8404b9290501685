"""Select, prune and fail several nodes of a tree."""

from collections.abc import Iterable

from hintree.search.core.endings import Rejection
from hintree.search.core.tree import Node


def open_nodes(nodes: Iterable[Node]) -> list[Node]:
    """Return the nodes that can be continued."""
    return [node for node in nodes if node.status == "open"]


def prune(nodes: Iterable[Node], because: Rejection, reason: str) -> None:
    """Prune those of the nodes that are open or finished."""
    for node in nodes:
        if node.status in ("open", "terminal"):
            node.close("pruned", because, reason)


def fail_too_long(nodes: Iterable[Node], depth: int) -> None:
    """Fail the open nodes, as paths longer than ``depth`` steps."""
    for node in open_nodes(nodes):
        node.fail(Rejection.TOO_LONG, f"longer than {depth} steps")


def unique(nodes: Iterable[Node]) -> list[Node]:
    """Return each node once, in order of first appearance."""
    return list({node.id: node for node in nodes}.values())
