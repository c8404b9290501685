"""MUR: a step that is less certain than the steps before it is resampled, and the scorer chooses."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from hintree.search.algorithms.checks import check_limits, check_range, check_whole
from hintree.search.core.endings import Rejection
from hintree.search.core.expand import Slot, generate_steps, write_steps
from hintree.search.core.limits import PathLimits
from hintree.search.core.nodes import fail_too_long, prune, unique
from hintree.search.core.position import Position
from hintree.search.core.tree import Node, Tree
from hintree.search.escalation import Rewrite, rewrite
from hintree.search.gates import below, drafts
from hintree.search.selection import keep_best, value_of


@dataclass(frozen=True, slots=True)
class MUR(PathLimits):
    """One chain that samples a step again where its momentum uncertainty is high (arXiv 2507.14958).

    Let lp be the mean log-probability of a step's tokens and M its momentum (0 at first, then
    M <- ``momentum`` M + (1 - ``momentum``) lp), a step is sampled ``samples`` times more if
    exp(lp) < ``scaling`` exp(M), and the scorer, which is used only then, chooses among the samples. The first step and
    one that ends the solution are never resampled.

    Attributes:
        scaling: gamma, at least 0. At 0 no step is resampled, at infinity every one.
        momentum: alpha, in [0, 1].
        samples: Samples of an uncertain step, at least 1.
        depth: Longest path in steps.

    Raises:
        UsageError: A value is outside its range.
    """

    scaling: float = 0.8
    momentum: float = 0.9
    samples: int = 4
    depth: int = 20

    def __post_init__(self) -> None:
        check_limits(self)
        check_whole(self, samples=1, depth=1)
        check_range(self, scaling=(0.0, math.inf), momentum=(0.0, 1.0))

    async def grow(self, tree: Tree, rule: Rewrite | None = None) -> None:
        """Draft, resample if uncertain, and update the momentum, until the chain ends."""
        tree.limits = self
        node, momentum = tree.root, 0.0
        for depth in range(self.depth):
            [draft] = await generate_steps(tree, [Slot(node)], score=False)
            if draft is None:
                return
            low = math.exp(certainty(draft)) < self.scaling * math.exp(momentum)
            if low and depth > 0 and draft.status != "terminal":
                draft = await self.resample(tree, draft)
            momentum = self.momentum * momentum + (1 - self.momentum) * certainty(draft)
            [node] = await rewrite(tree, [draft], rule)
            if node.status != "open":
                return
        fail_too_long([node], self.depth)

    async def resample(self, tree: Tree, draft: Node) -> Node:
        """Sample ``samples`` new versions of a draft and return the best; the draft if all of them failed."""
        assert draft.parent is not None
        positions = [Position(i).rewritten(0) for i in range(self.samples)]
        written = await write_steps(tree, [Slot(draft.parent, position, replaces=draft) for position in positions])
        new = unique(node for node in written if node is not None)
        why = "not the best of the samples"
        best = keep_best(new, 1, value_of, why)
        if not best or best[0].status == "failed":
            return draft
        prune((node for node in new if node is not best[0]), Rejection.OUTRANKED, why)
        if best[0] is not draft:
            draft.replace_by(best[0], f"rewritten as step {best[0].id}")
        return best[0]

    def calibrated(self, trees: Sequence[Tree], share: float) -> "MUR":
        """Return the search that resamples a ``share`` of the steps that may be, of these chains. Raises UsageError."""
        return replace(self, scaling=below((ratio for tree in trees for ratio in self.ratios(tree)), share))

    def ratios(self, tree: Tree) -> Iterator[float]:
        """Yield exp(lp) / exp(M) of every step of a chain that could be resampled."""
        momentum = 0.0
        for node in drafts([tree]):
            if node.depth > 1 and node.status != "terminal":
                yield math.exp(certainty(node) - momentum)
            momentum = self.momentum * momentum + (1 - self.momentum) * certainty(node)


def certainty(node: Node) -> float:
    """Return the mean log-probability of a step's tokens, in nats; the log of the mean where it was not recorded."""
    if node.step.log_probability is not None:
        return node.step.log_probability
    return math.log(max(node.step.mean_probability, 1e-300))
