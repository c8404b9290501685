"""Diverse verifier tree search."""

from dataclasses import dataclass

from hintree.search.algorithms.checks import check_limits, check_one_of, check_range, check_whole
from hintree.search.core.endings import Rejection
from hintree.search.core.expand import Slot, generate_steps
from hintree.search.core.limits import LONGEST_PATH, PathLimits
from hintree.search.core.nodes import fail_too_long, prune
from hintree.search.core.position import Position
from hintree.search.core.tree import Node, Tree
from hintree.search.escalation import Rewrite, rewrite
from hintree.search.selection import AGGREGATES, Selection, keep_best, trajectory_score


@dataclass(frozen=True, slots=True)
class DVTS(PathLimits):
    """Independent subtrees, each a greedy search by the scorer (Beeching et al. 2024, search-and-learn).

    Each of ``width`` subtrees extends its only path by ``branch`` next steps and keeps the best, independently of the
    other subtrees, which keeps the solutions diverse. In the last expansion of a subtree all finished siblings stay as
    candidates.

    Attributes:
        width: Subtrees (n // m), at least 1.
        branch: Next steps written per subtree (m), at least 1.
        unhinted: Next steps of these that are written without a hint, at most ``branch``.
        depth: Longest path in steps; a longer one fails.
        aggregate: How step scores rank a path.

    Raises:
        UsageError: A value is outside its range.
    """

    width: int = 4
    branch: int = 4
    unhinted: int = 0
    depth: int = LONGEST_PATH
    aggregate: str = "last"

    def __post_init__(self) -> None:
        check_limits(self)
        check_whole(self, width=1, branch=1, unhinted=0, depth=1)
        check_range(self, unhinted=(0, self.branch))
        check_one_of(self, aggregate=tuple(AGGREGATES))

    @property
    def selection(self) -> Selection:
        """Select the answer as the paper does; a selection of the solver replaces this one."""
        return Selection("weighted", self.aggregate)

    async def grow(self, tree: Tree, rule: Rewrite | None = None) -> None:
        """Grow all subtrees in parallel until each is finished."""
        tree.limits = self
        ends = dict.fromkeys(range(self.width), tree.root)
        for _ in range(self.depth):
            growing = [(subtree, node) for subtree, node in ends.items() if node.status == "open"]
            if not growing:
                return
            slots = [self.slot(subtree, node, i) for subtree, node in growing for i in range(self.branch)]
            steps = await generate_steps(tree, slots, merge=False)
            written = [(s.position.group, step) for s, step in zip(slots, steps, strict=True) if step is not None]
            if rule and rule.when == "before":
                kept = await rewrite(tree, [step for _, step in written], rule, merge=False)
                written = [(subtree, new) for (subtree, _), new in zip(written, kept, strict=True)]
            siblings_of: dict[int, list[Node]] = {}
            for subtree, step in written:
                siblings_of.setdefault(subtree, []).append(step)
            best = {subtree: self.pick(siblings) for subtree, siblings in siblings_of.items()}
            kept = list(best.values())
            if rule and rule.when == "after":
                kept = await rewrite(tree, kept, rule, merge=False)
            ends = dict(zip(best, kept, strict=True))
        fail_too_long(ends.values(), self.depth)

    def slot(self, subtree: int, node: Node, i: int) -> Slot:
        """Return the slot of a subtree's ``i``-th next step."""
        return Slot(node, Position(i, subtree, self.branch), hinted=i < self.branch - self.unhinted)

    def pick(self, siblings: list[Node]) -> Node:
        """Return the best sibling and prune the other open ones, and the finished ones if the subtree continues."""
        why = "not the best of its subtree"
        best = keep_best(siblings, 1, lambda n: trajectory_score(n, self.aggregate), why)[0]
        if best.status == "open":
            prune((node for node in siblings if node is not best), Rejection.OUTRANKED, why)
        return best
