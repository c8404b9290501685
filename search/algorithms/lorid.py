"""LoRID: a direct solution and one that begins with knowledge, sampled until they agree."""

from collections.abc import Sequence
from dataclasses import dataclass

from hintree import grade
from hintree.search.algorithms.best_of_n import sample
from hintree.search.algorithms.checks import check_limits, check_whole
from hintree.search.core.endings import Rejection
from hintree.search.core.limits import LONGEST_PATH, PathLimits
from hintree.search.core.nodes import prune
from hintree.search.core.position import Position
from hintree.search.core.tree import Node, Tree
from hintree.search.escalation import Rewrite
from hintree.search.selection import Selection


@dataclass(frozen=True, slots=True)
class Lorid(PathLimits):
    """Sample two kinds of solutions until their answers agree (LoRID, arXiv 2508.13037, with a limit on the rounds).

    In every round A is a solution without a hint and B one under a hint (with ``hinting.when`` = "plan", after the
    hinter has written down knowledge). If both state the same answer, it is selected; otherwise the next round samples
    both again. After the last round all solutions vote.

    Attributes:
        rounds: Maximum number of rounds (R), at least 1.
        depth: Longest path in steps; a longer one fails.

    Raises:
        UsageError: A value is outside its range.
    """

    rounds: int = 5
    depth: int = LONGEST_PATH

    def __post_init__(self) -> None:
        check_limits(self)
        check_whole(self, rounds=1, depth=1)

    @property
    def selection(self) -> Selection:
        """Select the answer as the paper does; a selection of the solver replaces this one."""
        return Selection("majority")

    async def grow(self, tree: Tree, rule: Rewrite | None = None) -> None:
        """Sample pairs of solutions until the two of a pair agree."""
        tree.limits = self
        for number in range(self.rounds):
            before = tree.terminals()
            direct = await self.solution(tree, Position(0, number, 2), rule, hinted=False)
            informed = await self.solution(tree, Position(1, number, 2), rule, hinted=True)
            if direct and informed and agree(direct, informed, tree.problem.choices):
                prune(before, Rejection.SUPERSEDED, f"steps {direct.id} and {informed.id} agree")
                return

    async def solution(self, tree: Tree, position: Position, rule: Rewrite | None, *, hinted: bool) -> Node | None:
        """Sample one more solution and return its last step, None if it states no answer."""
        written = len(tree)
        await sample(tree, [position], self.depth, rule, hinted=hinted)
        ends = [node for node in tree.nodes[written:] if node.status == "terminal" and node.step.answer is not None]
        return ends[-1] if ends else None


def agree(one: Node, other: Node, choices: Sequence[str] = ()) -> bool:
    """Return true if two finished solutions state answers that the grader finds equal."""
    first, second = grade.group([str(one.step.answer), str(other.step.answer)], choices)
    return first == second
