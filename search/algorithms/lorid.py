"""LoRID: a direct solution against one that begins with knowledge, until both agree."""

from dataclasses import dataclass

from hintree.search.algorithms.best_of_n import sample
from hintree.search.algorithms.checks import check_whole
from hintree.search.core.endings import Rejection
from hintree.search.core.position import Position
from hintree.search.core.tree import Node, Tree, prune
from hintree.search.escalation import Rewrite
from hintree.search.selection import Selection


@dataclass(frozen=True, slots=True)
class Lorid:
    """Two ways to solve, drawn again until their answers agree (LoRID, arXiv 2508.13037, with a limit of our choice).

    In every round A = a solution without a hint, B = one under a hint (with ``hinting.when`` = "plan": after knowledge
    was written down). Where both state the same answer, it is the answer; else the next round draws both again. After
    the last round all solutions vote.

    Attributes:
        rounds: Most rounds (R), at least 1.
        depth: Longest path in steps; a longer one fails.

    Raises:
        UsageError: A value is outside its range.
    """

    rounds: int = 5
    depth: int = 16

    def __post_init__(self) -> None:
        check_whole(self, rounds=1, depth=1)

    @property
    def selection(self) -> Selection:
        """Select the answer as the paper does, unless the solver is told otherwise."""
        return Selection("majority")

    async def grow(self, tree: Tree, rule: Rewrite | None = None) -> None:
        """Draw pairs of solutions until one agrees."""
        for number in range(self.rounds):
            before = tree.terminals()
            direct = await self.solution(tree, Position(0, number, 2), rule, hinted=False)
            informed = await self.solution(tree, Position(1, number, 2), rule, hinted=True)
            if direct and informed and direct.step.answer == informed.step.answer:
                prune(before, Rejection.SUPERSEDED, f"steps {direct.id} and {informed.id} agree")
                return

    async def solution(self, tree: Tree, position: Position, rule: Rewrite | None, *, hinted: bool) -> Node | None:
        """The last step of one more solution, None if it states no answer."""
        written = len(tree)
        await sample(tree, [position], self.depth, rule, hinted=hinted)
        ends = [node for node in tree.nodes[written:] if node.status == "terminal" and node.step.answer is not None]
        return ends[-1] if ends else None
