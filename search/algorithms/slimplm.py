"""SlimPLM: a small proxy answers first, and only what it lacks is looked up for the larger model."""

from dataclasses import dataclass, replace

from hintree.search.actions import ACTIONS, MISSING
from hintree.search.algorithms.checks import check_limits, check_range, check_whole
from hintree.search.algorithms.retrieve import follow
from hintree.search.core.endings import Rejection
from hintree.search.core.expand import Slot, generate_steps
from hintree.search.core.limits import LONGEST_PATH, PathLimits
from hintree.search.core.nodes import prune
from hintree.search.core.position import Position
from hintree.search.core.tree import Node, Tree
from hintree.search.escalation import Rewrite
from hintree.search.questions import finish
from hintree.search.selection import trajectory_score


@dataclass(frozen=True, slots=True)
class SlimPLM(PathLimits):
    """Answer with a small proxy, look up what its answer lacks, and answer with the larger model (arXiv 2402.12052).

    The reasoner is the proxy, the teacher the larger model. An answer that scores at least ``threshold`` counts as
    known, and nothing is looked up. Without a teacher the proxy answers again after a look-up, else its answer stands.

    Attributes:
        threshold: Score of the proxy's answer from which nothing is looked up, in [0, 1]; without a scorer it is the
            answer's token confidence.
        k: Passages of a look-up, at least 1.
        depth: Longest path in steps; a longer one fails.

    Raises:
        UsageError: A value is outside its range.
    """

    threshold: float = 0.5
    k: int = 5
    depth: int = LONGEST_PATH

    def __post_init__(self) -> None:
        check_limits(self)
        check_whole(self, k=1, depth=1)
        check_range(self, threshold=(0, 1))

    async def grow(self, tree: Tree, rule: Rewrite | None = None) -> None:
        """Write the proxy's answer, look up what it lacks, and write the answer of the larger model."""
        tree.limits = self
        drafts = await finish(tree, [tree.root], self.depth, rule)
        sure = bool(drafts) and trajectory_score(drafts[0]) >= self.threshold
        last = tree.root if sure else await self.informed(tree, drafts[0] if drafts else None)
        answers = await finish(tree, [last], self.depth, rule, author="teacher")
        if not answers and last is not tree.root:
            answers = await finish(tree, [last], self.depth, rule)
        if answers and answers != drafts:
            prune(drafts, Rejection.SUPERSEDED, f"step {answers[0].id} answers instead")

    async def informed(self, tree: Tree, draft: Node | None) -> Node:
        """Return the node with the passages about what a first answer lacks; the root if it lacks or finds nothing."""
        position = Position(*tree.root.reserve(1))
        [query] = await generate_steps(tree, [Slot(tree.root, position, hinted=False, action=MISSING, about=draft)])
        if query is None or query.status != "open" or query.step.ended == "end":
            return tree.root
        [found] = await follow(tree, [query], replace(ACTIONS["look_up"], k=self.k))
        return tree.root if found is query else found
