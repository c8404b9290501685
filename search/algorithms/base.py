"""What a search is."""

from typing import Protocol

from hintree.search.core.tree import Tree
from hintree.search.escalation import Rewrite


class Search(Protocol):
    """An algorithm that grows a tree for one problem, asking its questions through ``expand`` and ``rewrite``."""

    @property
    def aggregate(self) -> str:
        """How step scores make a trajectory score; see ``choose.AGGREGATES``."""
        ...

    @property
    def choice(self) -> str:
        """How the answer is chosen; see ``choose``."""
        ...

    async def grow(self, tree: Tree, rule: Rewrite | None = None) -> None:
        """Grow the tree to this search's own end, rewriting steps as the rule says."""
        ...
