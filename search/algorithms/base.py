"""What a search is."""

from typing import Protocol

from hintree.search.core.tree import Tree
from hintree.search.escalation import Rewrite
from hintree.search.selection import Selection


class Search(Protocol):
    """An algorithm that grows a tree for one problem, asking its questions through ``expand`` and ``rewrite``."""

    async def grow(self, tree: Tree, rule: Rewrite | None = None) -> None:
        """Grow the tree to this search's own end, rewriting steps as the rule says."""
        ...


def selection_of(search: Search) -> Selection:
    """Return the selection that a search's paper uses; the best trajectory if the search names none."""
    usual: Selection = getattr(search, "selection", Selection())
    return usual
