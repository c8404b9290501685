"""The contract of all searches."""

from typing import Protocol

from hintree.search.core.tree import Tree
from hintree.search.escalation import Rewrite
from hintree.search.selection import Selection


class Search(Protocol):
    """An algorithm that grows the tree of one problem.

    A search is an immutable set of settings: the state of a run lives in its tree and in the coroutine of ``grow``, so
    that one search may grow many trees at once. It holds no model. It awaits requests (``expand``, ``generate_steps``,
    ``rewrite``), reads nodes and their scores, and prunes or fails nodes. Random choices come from ``core.seeds`` with
    the keys of nodes, so that a tree depends on its seed alone.

    A search may define a property ``selection``: the selection of the answer that its paper uses. The solver applies
    it, or the preset's or the user's own, after the run; a search never selects the answer itself.
    """

    async def grow(self, tree: Tree, rule: Rewrite | None = None) -> None:
        """Grow the tree to this search's own end, and rewrite steps by the rule.

        Args:
            tree: A tree that holds only the root. The coroutine owns it until it returns; a driver may end it early, at
                a limit of the budget or by an error, so that the tree must be valid at every ``await``.
            rule: The rewrite rule; None rewrites no step.

        An answer of None to a request means that its role is absent or out of budget: the search goes on without it, or
        ends. Drivers turn an exception into a failed run.
        """
        ...


def selection_of(search: Search) -> Selection:
    """Return the selection that a search's paper uses; the best trajectory if the search names none."""
    usual: Selection = getattr(search, "selection", Selection())
    return usual
