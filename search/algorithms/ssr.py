"""SSR: one chain per strategy, in parallel."""

from dataclasses import dataclass

from hintree.search.algorithms.checks import check_limits, check_whole
from hintree.search.core.expand import Slot, write_steps
from hintree.search.core.limits import PathLimits
from hintree.search.core.nodes import fail_too_long, open_nodes
from hintree.search.core.position import Position
from hintree.search.core.requests import HintOutput, StrategyRequest, gather
from hintree.search.core.tree import Tree
from hintree.search.escalation import Rewrite, rewrite
from hintree.search.selection import Selection


@dataclass(frozen=True, slots=True)
class SSR(PathLimits):
    """Parallel chains (tracks), each under a strategy that the teacher picks (SSR, arXiv 2505.15340).

    One request to the teacher before the first step picks a strategy per track. Each track is then written step by
    step, with escalation by the rewrite rule, as in SpecReason. Without a teacher no track has a strategy. The answer
    is the unique majority answer; where several are equally frequent, it is the one whose track has the highest mean
    step score.

    Attributes:
        tracks: Strategies that are picked (method_num), at least 1.
        depth: Longest track in steps; a longer one fails.

    Raises:
        UsageError: A value is outside its range.
    """

    tracks: int = 3
    depth: int = 40

    def __post_init__(self) -> None:
        check_limits(self)
        check_whole(self, tracks=1, depth=1)

    @property
    def selection(self) -> Selection:
        """Select the answer as the paper does; a selection of the solver replaces this one."""
        return Selection("majority", "mean")

    async def grow(self, tree: Tree, rule: Rewrite | None = None) -> None:
        """Ask for the strategies, then write all tracks step by step, in parallel."""
        tree.limits = self
        [picked] = await gather([StrategyRequest(tree, tree.root, tracks=self.tracks)])
        hints = [HintOutput(strategy, 0) for strategy in picked or (None,) * self.tracks]
        slots = [Slot(tree.root, Position(track), hint=hint) for track, hint in enumerate(hints)]
        for _ in range(self.depth):
            steps = await write_steps(tree, slots, merge=False)
            ends = await rewrite(tree, [step for step in steps if step is not None], rule, merge=False)
            slots = [Slot(node) for node in open_nodes(ends)]
            if not slots:
                return
        fail_too_long((slot.node for slot in slots), self.depth)
