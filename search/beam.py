"""Step-level beam search (Snell et al. 2024, arXiv 2408.03314, section 5.2), with the rewrite ladder."""

from collections.abc import Sequence
from dataclasses import dataclass

from hintree.search.choose import AGGREGATES, trajectory_score
from hintree.search.errors import UsageError
from hintree.search.expand import expand
from hintree.search.rewrite import Rewrite, rewrite
from hintree.search.tree import Node, Tree


@dataclass(frozen=True, slots=True)
class Beam:
    """Keep the ``width`` best paths; each writes ``branch`` next steps. Width and branch 1 make one chain.

    Attributes:
        width: Paths kept (n // m in the paper's terms), at least 1.
        branch: Next steps written per path (m), at least 1.
        unhinted: How many of these are written without a hint, at most ``branch``.
        depth: Longest path in steps; a longer one fails.
        aggregate: How step scores rank a path: last, min, product or mean.

    Raises:
        UsageError: A value is outside its range.
    """

    width: int = 4
    branch: int = 4
    unhinted: int = 0
    depth: int = 16
    aggregate: str = "last"

    def __post_init__(self) -> None:
        for name, least in (("width", 1), ("branch", 1), ("unhinted", 0), ("depth", 1)):
            value = getattr(self, name)
            if not isinstance(value, int) or value < least:
                raise UsageError(f"beam {name}={value!r} is not a whole number of at least {least}")
        if self.unhinted > self.branch:
            raise UsageError(f"beam unhinted={self.unhinted} is more than branch={self.branch}")
        if self.aggregate not in AGGREGATES:
            raise UsageError(f"beam aggregate={self.aggregate!r} is not one of {', '.join(AGGREGATES)}")

    async def grow(self, tree: Tree, rule: Rewrite | None = None) -> None:
        """Grow the tree until every kept path is finished."""
        beam = [tree.root]
        for _ in range(self.depth):
            finished = [node for node in beam if node.status == "terminal"]
            children = await expand(tree, living(beam), branch=self.branch, unhinted=self.unhinted)
            if rule and rule.when == "before":
                children = await rewrite(tree, children, rule)
            beam = self.prune([*finished, *children])
            if rule and rule.when == "after":
                fresh = [node for node in beam if node not in finished]
                beam = [*(node for node in beam if node in finished), *await rewrite(tree, fresh, rule)]
            if not living(beam):
                return
        for node in living(beam):
            node.fail(f"longer than {self.depth} steps")

    def prune(self, nodes: Sequence[Node]) -> list[Node]:
        """The ``width`` best nodes, failed ones last; open nodes that are not kept are marked pruned."""
        ranked = sorted(nodes, key=lambda n: (n.status == "failed", -trajectory_score(n, self.aggregate), n.id))
        for node in living(ranked[self.width :]):
            node.status, node.reason = "pruned", "not among the best"
        return ranked[: self.width]


def living(nodes: Sequence[Node]) -> list[Node]:
    """The nodes that can be continued."""
    return [node for node in nodes if node.status == "open"]
