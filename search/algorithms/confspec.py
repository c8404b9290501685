"""ConfSpec: a draft that its author is sure of is accepted at once; the scorer verifies the others."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from hintree.search.algorithms.checks import check_limits, check_range, check_whole
from hintree.search.algorithms.mur import certainty
from hintree.search.core.expand import Slot, generate_steps, score_nodes
from hintree.search.core.limits import PathLimits
from hintree.search.core.nodes import fail_too_long
from hintree.search.core.tree import Tree
from hintree.search.escalation import Rewrite, rewrite
from hintree.search.gates import below, drafts


@dataclass(frozen=True, slots=True)
class ConfSpec(PathLimits):
    """One chain; only a draft of low confidence is verified, and rewritten if it fails (arXiv 2602.18447).

    The confidence of a draft is the geometric mean of the probabilities of its tokens. Only drafts below ``accept`` get
    a score, such as the teacher's grade, so that the rewrite rule leaves all others alone.

    Attributes:
        accept: Confidence from which a draft is accepted without a score, in [0, 1]; at 0 all are.
        depth: Longest path in steps.

    Raises:
        UsageError: A value is outside its range.
    """

    accept: float = 0.9
    depth: int = 40

    def __post_init__(self) -> None:
        check_limits(self)
        check_whole(self, depth=1)
        check_range(self, accept=(0.0, 1.0))

    async def grow(self, tree: Tree, rule: Rewrite | None = None) -> None:
        """Draft, verify if unsure, and rewrite by the rule, until the chain ends."""
        tree.limits = self
        node = tree.root
        for _ in range(self.depth):
            [draft] = await generate_steps(tree, [Slot(node)], score=False)
            if draft is None:
                return
            if math.exp(certainty(draft)) < self.accept:
                await score_nodes(tree, [draft])
            [node] = await rewrite(tree, [draft], rule)
            if node.status != "open":
                return
        fail_too_long([node], self.depth)

    def calibrated(self, trees: Sequence[Tree], share: float) -> "ConfSpec":
        """Return the search that verifies a ``share`` of the steps of these chains. Raises UsageError."""
        return replace(self, accept=min(below((math.exp(certainty(node)) for node in drafts(trees)), share), 1.0))
