"""Independent samples: best-of-N and self-consistency."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from hintree.search.algorithms.checks import check_limits, check_range, check_whole
from hintree.search.core.expand import Slot, generate_steps
from hintree.search.core.limits import LONGEST_PATH, PathLimits
from hintree.search.core.nodes import fail_too_long
from hintree.search.core.position import Position
from hintree.search.core.tree import Node, Tree
from hintree.search.escalation import Rewrite, rewrite
from hintree.search.selection import Selection, votes
from hintree.search.stopping import beta_above_half


@dataclass(frozen=True, slots=True)
class BestOfN(PathLimits):
    """Sample ``n`` complete solutions independently (best-of-N, and the samples of self-consistency).

    The selection decides which of them wins: the best trajectory (best-of-N; Cobbe et al. 2021, arXiv 2110.14168), the
    majority (self-consistency; Wang et al. 2022, arXiv 2203.11171) or the score-weighted vote. Equal steps are not
    merged, as every sample has a vote.

    Attributes:
        n: Samples, at least 1.
        hinted: Whether steps are written under hints, if there is a hinter.
        depth: Longest path in steps; a longer one fails.

    Raises:
        UsageError: A value is outside its range.
    """

    n: int = 16
    hinted: bool = True
    depth: int = LONGEST_PATH

    def __post_init__(self) -> None:
        check_limits(self)
        check_whole(self, n=1, depth=1)

    async def grow(self, tree: Tree, rule: Rewrite | None = None) -> None:
        """Write all samples, step by step and in parallel."""
        tree.limits = self
        await sample(tree, map(Position, range(self.n)), self.depth, rule, hinted=self.hinted)


@dataclass(frozen=True, slots=True)
class SelfConsistency(PathLimits):
    """Sample until the majority is confident enough: adaptive consistency (Aggarwal et al. 2023, arXiv 2305.11860).

    After every ``batch`` samples the two most frequent answers are compared: with votes v1 and v2, the probability that
    the first is the more frequent one in truth is P(p > 1/2) under Beta(v1 + 1, v2 + 1) (their Beta criterion).

    Attributes:
        n: Maximum number of samples, at least 1.
        batch: Samples between two votes, at least 1.
        sure: Probability above which sampling stops; 1 never stops early.
        hinted: Whether steps are written under hints, if there is a hinter.
        depth: Longest path in steps; a longer one fails.

    Raises:
        UsageError: A value is outside its range.
    """

    n: int = 16
    batch: int = 4
    sure: float = 0.95
    hinted: bool = True
    depth: int = LONGEST_PATH

    def __post_init__(self) -> None:
        check_limits(self)
        check_whole(self, n=1, batch=1, depth=1)
        check_range(self, sure=(0.5, 1.0))

    @property
    def selection(self) -> Selection:
        """Select the answer as the paper does; a selection of the solver replaces this one."""
        return Selection("majority")

    async def grow(self, tree: Tree, rule: Rewrite | None = None) -> None:
        """Write batches of samples until the majority is confident enough."""
        tree.limits = self
        for start in range(0, self.n, self.batch):
            batch = map(Position, range(start, min(start + self.batch, self.n)))
            await sample(tree, batch, self.depth, rule, hinted=self.hinted)
            counts = sorted(votes(tree).values(), reverse=True)
            first, second = (*counts, 0, 0)[:2]
            if first and beta_above_half(first + 1, second + 1) > self.sure:
                return


async def sample(
    tree: Tree,
    positions: Iterable[Position],
    depth: int,
    rule: Rewrite | None,
    *,
    hinted: bool,
    watch: Callable[[Sequence[Node]], None] | None = None,
) -> None:
    """Write one chain per position from the root, all in parallel; each step has the position of its chain.

    After every round ``watch`` sees the newest step of each chain that is under way; it may prune them.
    """
    chains: list[tuple[Position, Node]] = [(position, tree.root) for position in positions]
    for _ in range(depth):
        growing = [(position, node) for position, node in chains if node.status == "open"]
        slots = [Slot(node, position, hinted=hinted) for position, node in growing]
        steps = await generate_steps(tree, slots, merge=False)
        chains = [(position, step) for (position, _), step in zip(growing, steps, strict=True) if step is not None]
        kept = await rewrite(tree, [node for _, node in chains], rule, merge=False)
        chains = [(position, new) for (position, _), new in zip(chains, kept, strict=True)]
        if watch is not None:
            watch(kept)
        if not chains:
            return
    fail_too_long((node for _, node in chains), depth)
