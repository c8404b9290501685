"""Revision of whole solutions: write, criticise, write again."""

from dataclasses import dataclass, replace

from hintree.search.actions import REVIEW, REVISE
from hintree.search.algorithms.checks import check_limits, check_one_of, check_range, check_whole
from hintree.search.core.corrections import with_critiques
from hintree.search.core.expand import Slot, write_steps
from hintree.search.core.limits import LONGEST_PATH, PathLimits
from hintree.search.core.nodes import fail_too_long
from hintree.search.core.position import FIRST_DRAFT, Position
from hintree.search.core.tree import Node, Tree
from hintree.search.escalation import Rewrite, reject_version, replace_version, rewrite
from hintree.search.selection import AGGREGATES, Selection, value_of


@dataclass(frozen=True, slots=True)
class Revise(PathLimits):
    """Write a solution, criticise it as a whole and write it again, until a revision gains too little.

    A critique that finds nothing wrong ends it too, which is the stop condition of Self-Refine (arXiv 2303.17651).

    With one round this is the self-correction of SCORE (arXiv 2404.17140), with several the recursive refinement of
    PRefLexOR (arXiv 2410.12375). A version is a chain of its own from the root; all of them stay in the tree.

    Attributes:
        rounds: Maximum number of revisions (k), at least 0.
        gain: Minimum gain of a revision (x) for another one to follow, in [0, 1].
        threshold: Value below which a solution is revised, at least 0; above 1 every solution is.
        accept: "better" keeps the version with the higher value, "always" the new one.
        aggregate: How step scores make the value of a solution: last, min, product, mean or max.
        depth: Longest path in steps; a longer one fails.

    Raises:
        UsageError: A value is outside its range.
    """

    rounds: int = 3
    gain: float = 0.0
    threshold: float = 1.01
    accept: str = "better"
    aggregate: str = "min"
    depth: int = LONGEST_PATH

    def __post_init__(self) -> None:
        check_limits(self)
        check_whole(self, rounds=0, depth=1)
        check_range(self, gain=(0.0, 1.0), threshold=(0.0, 2.0))
        check_one_of(self, accept=("better", "always"), aggregate=tuple(AGGREGATES))

    @property
    def selection(self) -> Selection:
        """Select the version that was kept; a selection of the solver replaces this one."""
        return Selection("best", self.aggregate)

    async def grow(self, tree: Tree, rule: Rewrite | None = None) -> None:
        """Write a solution, and revise it until a revision gains too little."""
        tree.limits = self
        kept = await self.write(tree, Slot(tree.root), rule)
        for number in range(1, self.rounds + 1):
            if kept is None or self.value(kept) >= self.threshold:
                return
            first = Slot(tree.root, Position(number), replaces=kept.path()[0], action=REVISE, about=kept)
            slots = await with_critiques(tree, [first], REVIEW)
            new = await self.write(tree, slots[0], rule) if slots else None
            if new is None:
                return
            gain = self.value(new) - self.value(kept)
            kept = self.choose(new, kept, gain)
            if gain < self.gain:
                return

    async def write(self, tree: Tree, slot: Slot, rule: Rewrite | None) -> Node | None:
        """Write one version from its first slot on; return its last step, None where the reasoner is out of budget."""
        for _ in range(self.depth):
            [written] = await write_steps(tree, [slot], merge=False)
            if written is None:
                return None
            [node] = await rewrite(tree, [written], rule, merge=False)
            if node.status != "open":
                return node
            slot = replace(slot, node=node, position=FIRST_DRAFT, replaces=None)
        fail_too_long([node], self.depth)
        return node

    def value(self, last: Node) -> float:
        """Return the value of a solution; 0 if it failed."""
        return value_of(last, self.aggregate)

    def choose(self, new: Node, kept: Node, gain: float) -> Node:
        """Reject one of two solutions and return the last step of the other; a failed one is never kept."""
        before, after = kept.path()[0], new.path()[0]
        if new.status != "failed" and (self.accept == "always" or gain > 0):
            replace_version(before, after)
            return new
        reject_version(after, before)
        return kept
