"""Gated search: one greedy chain first, and a beam search only where the chain is in doubt."""

from dataclasses import dataclass

from hintree.search.algorithms.beam import Beam
from hintree.search.algorithms.checks import check_limits, check_range, check_whole
from hintree.search.core.expand import generate_steps, reserve_slots
from hintree.search.core.limits import LONGEST_PATH, PathLimits
from hintree.search.core.tree import Node, Tree
from hintree.search.escalation import Rewrite
from hintree.search.selection import Selection, trajectory_score


@dataclass(frozen=True, slots=True)
class Gated(PathLimits):
    """One chain without hints; step beam search if the chain is in doubt (greedy first, search when unsure).

    The confidence of the chain is its weakest link: the lowest score of its steps or, without a scorer, their lowest
    mean token probability. So the chain is in doubt at its first step below ``threshold``; one that ends above it is
    the answer. Otherwise the beam search goes on after the last step above it, with the doubtful step as one of its
    ``branch`` drafts. The rewrite rule is that of the beam search.

    Attributes:
        threshold: Least confidence of a chain that is accepted, in [0, 1].
        width: Paths kept by the beam, at least 1.
        branch: Next steps per path, at least 1.
        unhinted: Next steps per path that are written without a hint, at most ``branch``.
        depth: Longest path in steps; a longer one fails.

    Raises:
        UsageError: A value is outside its range.
    """

    threshold: float = 0.9
    width: int = 1
    branch: int = 2
    unhinted: int = 0
    depth: int = LONGEST_PATH

    def __post_init__(self) -> None:
        check_limits(self)
        check_whole(self, width=1, branch=1, unhinted=0, depth=1)
        check_range(self, threshold=(0.0, 1.0), unhinted=(0, self.branch))

    @property
    def selection(self) -> Selection:
        """Select the path with the best weakest link, as the gate does."""
        return Selection("best", "min")

    async def grow(self, tree: Tree, rule: Rewrite | None = None) -> None:
        """Write the chain, then run the beam search after its last sure step unless it ended with an answer."""
        tree.limits = self
        last = await self.sure_part(tree)
        if last.step.answer is None:
            await Beam(self.width, self.branch, self.unhinted, depth=self.depth).grow_after(tree, last, rule)

    async def sure_part(self, tree: Tree) -> Node:
        """Write the chain until it ends or is in doubt; return its last step above the threshold, the root for none."""
        last = tree.root
        for _ in range(self.depth):
            [step] = await generate_steps(tree, reserve_slots([last], 1, unhinted=1))
            if step is None or step.status == "failed" or trajectory_score(step, "min") < self.threshold:
                break
            if step.finished and step.step.answer is None:
                break
            last = step
            if step.finished:
                break
        return last
