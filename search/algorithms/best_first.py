"""Best-first search and its A* form."""

from dataclasses import dataclass
from heapq import heappop, heappush

from hintree.search.actions import find_actions
from hintree.search.algorithms.checks import check_limits, check_one_of, check_range, check_whole
from hintree.search.core.actions import Action
from hintree.search.core.expand import expand
from hintree.search.core.limits import LONGEST_PATH, PathLimits
from hintree.search.core.nodes import fail_too_long, open_nodes, unique
from hintree.search.core.tree import Node, Tree
from hintree.search.escalation import Rewrite, rewrite
from hintree.search.selection import AGGREGATES, Selection, value_of


@dataclass(frozen=True, slots=True)
class BestFirst(PathLimits):
    """Expand the open step with the highest priority in the whole tree.

    The priority of a step is f = g + weight * h, where g aggregates the scores of its path and h is its own score (Q*,
    Wang et al. 2024, arXiv 2406.14283, with the scorer as h). With weight 0 and aggregate "product" it is uniform-cost
    search on the cost -log(score), that is A* without a heuristic.

    Attributes:
        expansions: Steps expanded, at least 1.
        branch: Next steps written per expansion, at least 1.
        unhinted: Next steps of these that are written without a hint, at most ``branch``.
        weight: Weight of h, at least 0.
        answers: Finished solutions after which the search stops, at least 1.
        depth: Longest path in steps; a longer one fails.
        aggregate: How step scores make g.
        actions: Actions that grow a node, by name or as ``Action`` values (docs/actions.md): an expansion writes the
            samples of each that applies. () for ``branch`` next steps.

    Raises:
        UsageError: A value is outside its range.
    """

    expansions: int = 32
    branch: int = 4
    unhinted: int = 0
    weight: float = 0.0
    answers: int = 4
    depth: int = LONGEST_PATH
    aggregate: str = "min"
    actions: tuple[str | Action, ...] = ()

    def __post_init__(self) -> None:
        check_limits(self)
        check_whole(self, expansions=1, branch=1, unhinted=0, answers=1, depth=1)
        check_range(self, unhinted=(0, self.branch), weight=(0, 1e6))
        check_one_of(self, aggregate=tuple(AGGREGATES))
        find_actions(self.actions)

    @property
    def selection(self) -> Selection:
        """Select the answer as the paper does; a selection of the solver replaces this one."""
        return Selection("best", self.aggregate)

    async def grow(self, tree: Tree, rule: Rewrite | None = None) -> None:
        """Expand the best open step until enough solutions are finished, or nothing is left to expand."""
        tree.limits, actions = self, find_actions(self.actions)
        frontier, answers = [(-self.priority(tree.root), tree.root.id, tree.root)], 0
        for _ in range(self.expansions):
            if not frontier or answers >= self.answers:
                return
            *_, best = heappop(frontier)
            children = await expand(tree, [best], branch=self.branch, unhinted=self.unhinted, actions=actions)
            children = unique(await rewrite(tree, children, rule))
            answers += sum(node.status == "terminal" for node in children)
            fail_too_long((node for node in children if node.depth >= self.depth), self.depth)
            for node in open_nodes(children):
                heappush(frontier, (-self.priority(node), node.id, node))

    def priority(self, node: Node) -> float:
        """Return the priority f of a step; the root comes first."""
        if node.parent is None:
            return float("inf")
        return value_of(node, self.aggregate) + self.weight * (node.score or 0.0)
