"""SMART's beam search: write, score, take out finished beams, prune, and only then call the teacher."""

from collections.abc import Callable
from dataclasses import dataclass

from hintree.search.algorithms.checks import check_limits, check_one_of, check_range, check_whole
from hintree.search.core.endings import Rejection
from hintree.search.core.expand import generate_steps, reserve_slots
from hintree.search.core.limits import PathLimits
from hintree.search.core.nodes import fail_too_long, open_nodes, prune, unique
from hintree.search.core.tree import Node, Tree
from hintree.search.escalation import Rewrite, rewrite
from hintree.search.selection import AGGREGATES, Selection, keep_best, trajectory_score


@dataclass(frozen=True, slots=True)
class Smart(PathLimits):
    """The search of SMART (arXiv 2504.09923) in the order of its public code; ``m`` = 1 is its best-of-N.

    Each of ``n`` beams writes a step; finished beams are taken out; the best ``n // m`` are kept; the rule rewrites
    their low steps; each is continued ``m`` times. Without a rule this is the beam search of search-and-learn
    (Beeching et al. 2024).

    Attributes:
        n: Number of beams, at least 1.
        m: Beam width, in 1..n: ``n // m`` beams are kept and continued about ``m`` times each. 1 prunes nothing.
        depth: Iterations; a longer path fails.
        aggregate: How step scores rank a path: last, min, product, mean or max.

    Raises:
        UsageError: A value is outside its range.
    """

    n: int = 16
    m: int = 4
    depth: int = 40
    aggregate: str = "last"

    def __post_init__(self) -> None:
        check_limits(self)
        check_whole(self, n=1, m=1, depth=1)
        check_range(self, m=(1, self.n))
        check_one_of(self, aggregate=tuple(AGGREGATES))

    @property
    def selection(self) -> Selection:
        """Select the answer as the paper does; a selection of the solver replaces this one."""
        return Selection("best", self.aggregate)

    async def grow(self, tree: Tree, rule: Rewrite | None = None) -> None:
        """Grow the tree until ``n`` beams are finished or none can be continued."""
        tree.limits = self
        beams, ended = [tree.root], 0
        for _ in range(self.depth):
            drafts = await self.refill(tree, beams)
            if rule and rule.when == "before":
                drafts = await rewrite(tree, drafts, rule)
            if rule and rule.when == "after" and rule.final:
                drafts = await rewrite_some(tree, drafts, rule, lambda node: node.status == "terminal")
            ended += sum(node.status == "terminal" for node in drafts)
            beams = unique(node for node in drafts if node.status != "terminal")
            if ended >= self.n:
                return prune(open_nodes(beams), Rejection.SEARCH_ENDED, f"{ended} beams have ended")
            beams = keep_best(beams, self.n // self.m, self.rank, "not among the best")
            if rule and rule.when == "after":
                beams = await rewrite_some(tree, beams, rule, lambda node: node.replaces is None)
                ended += sum(node.status == "terminal" for node in beams)
            beams = open_nodes(unique(beams))
            if not beams:
                return
        fail_too_long(beams, self.depth)

    async def refill(self, tree: Tree, beams: list[Node]) -> list[Node]:
        """Write and score one step for each of ``n`` beams, which repeat the given ones in turn."""
        share, more = divmod(self.n, len(beams))
        slots = [slot for i, beam in enumerate(beams) for slot in reserve_slots([beam], share + (i < more))]
        return [node for node in await generate_steps(tree, slots) if node is not None]

    def rank(self, node: Node) -> float:
        """Return the rank of a beam: its trajectory score."""
        return trajectory_score(node, self.aggregate)


async def rewrite_some(
    tree: Tree, nodes: list[Node], rule: Rewrite | None, which: Callable[[Node], bool]
) -> list[Node]:
    """Rewrite the low ones among some of the nodes; return all nodes in order with the versions that were kept."""
    some = [node for node in nodes if which(node)]
    new = dict(zip((node.id for node in some), await rewrite(tree, some, rule), strict=True))
    return [new.get(node.id, node) for node in nodes]
