"""Gated search: greedy steps, and a search among several drafts only where a step is in doubt."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hintree.search.algorithms.checks import check_limits, check_range, check_whole
from hintree.search.core.expand import generate_steps, reserve_slots
from hintree.search.core.limits import LONGEST_PATH, PathLimits
from hintree.search.core.nodes import fail_too_long, unique
from hintree.search.core.tree import Node, Tree
from hintree.search.escalation import Rewrite, rewrite
from hintree.search.gates import below, drafts
from hintree.search.selection import Selection, keep_best, value_of


@dataclass(frozen=True, slots=True)
class Gated(PathLimits):
    """One chain of greedy steps without hints; a step in doubt gets more drafts, under hints (search when unsure).

    A step is in doubt if its score is below ``threshold`` (without a scorer: its mean token probability), if it failed,
    or if it ends the solution without an answer. Then ``branch`` - 1 more drafts are written and the best is kept. The
    rewrite rule sees every kept step, in doubt or not. A chain without doubt costs what a greedy chain costs, and its
    confidence is its weakest link: the lowest score of its steps is at least ``threshold``.

    Attributes:
        threshold: Score below which a step is in doubt, in [0, 1].
        branch: Drafts of a step in doubt, the greedy one among them, at least 1.
        unhinted: New drafts of these that are written without a hint, at most ``branch``.
        depth: Longest path in steps; a longer one fails.

    Raises:
        UsageError: A value is outside its range.
    """

    threshold: float = 0.9
    branch: int = 2
    unhinted: int = 0
    depth: int = LONGEST_PATH

    def __post_init__(self) -> None:
        check_limits(self)
        check_whole(self, branch=1, unhinted=0, depth=1)
        check_range(self, threshold=(0.0, 1.0), unhinted=(0, self.branch))

    @property
    def selection(self) -> Selection:
        """Select by the weakest link, which is also the confidence."""
        return Selection("best", "min")

    async def grow(self, tree: Tree, rule: Rewrite | None = None) -> None:
        """Write the chain, and search where it is in doubt."""
        tree.limits = self
        node = tree.root
        for _ in range(self.depth):
            [step] = await generate_steps(tree, reserve_slots([node], 1, unhinted=1))
            if step is None:
                return
            if self.doubts(step):
                more = await generate_steps(tree, reserve_slots([node], self.branch - 1, self.unhinted))
                drafts = unique([step, *(draft for draft in more if draft is not None)])
                [step] = keep_best(drafts, 1, value_of, "not the best draft")
            [step] = await rewrite(tree, [step], rule)
            if step.status != "open":
                return
            node = step
        fail_too_long([node], self.depth)

    def doubts(self, step: Node) -> bool:
        """Tell whether a step is in doubt."""
        low = score_of(step) < self.threshold
        return step.status == "failed" or low or (step.finished and step.step.answer is None)

    def calibrated(self, trees: Sequence[Tree], share: float) -> "Gated":
        """Return the search that doubts a ``share`` of the steps of these chains. Raises UsageError."""
        return replace(self, threshold=min(below(map(score_of, drafts(trees)), share), 1.0))


def score_of(step: Node) -> float:
    """Return the score of a step, its mean token probability without a scorer; in [0, 1]."""
    return step.step.mean_probability if step.score is None else step.score
