"""LoRID: direct solutions and solutions that begin with knowledge, sampled until one of each agree."""

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
    """Sample two kinds of solutions until their answers agree (LoRID, arXiv 2508.13037, and its public code).

    Every round adds a solution without a hint to the first kind, and one under a hint to the second (with
    ``hinting.when`` = "plan", after the hinter has written down knowledge). The search ends when an answer is stated by
    both kinds, in this round or earlier ones. The solutions that state such an answer vote; after the last round
    without one all solutions do.

    Attributes:
        rounds: Maximum number of rounds, at least 1.
        depth: Longest path in steps; a longer one fails.

    Raises:
        UsageError: A value is outside its range.
    """

    rounds: int = 20
    depth: int = LONGEST_PATH

    def __post_init__(self) -> None:
        check_limits(self)
        check_whole(self, rounds=1, depth=1)

    @property
    def selection(self) -> Selection:
        """Select the answer by a vote; a selection of the solver replaces this one."""
        return Selection("majority")

    async def grow(self, tree: Tree, rule: Rewrite | None = None) -> None:
        """Sample pairs of solutions until both kinds state an answer."""
        tree.limits = self
        direct: list[Node] = []
        informed: list[Node] = []
        for number in range(self.rounds):
            direct += await self.solution(tree, Position(0, number, 2), rule, hinted=False)
            informed += await self.solution(tree, Position(1, number, 2), rule, hinted=True)
            if agreed := agreement(direct, informed, tree.problem.choices):
                first, second = (next(node for node in kind if node in agreed) for kind in (direct, informed))
                others = [node for node in tree.terminals() if node not in agreed]
                prune(others, Rejection.SUPERSEDED, f"steps {first.id} and {second.id} agree")
                return

    async def solution(self, tree: Tree, position: Position, rule: Rewrite | None, *, hinted: bool) -> list[Node]:
        """Sample one more solution and return its last step, no node if it states no answer."""
        written = len(tree)
        await sample(tree, [position], self.depth, rule, hinted=hinted)
        return [node for node in tree.nodes[written:] if node.status == "terminal" and node.step.answer is not None]


def agreement(direct: Sequence[Node], informed: Sequence[Node], choices: Sequence[str] = ()) -> list[Node]:
    """Return the solutions whose answer the grader finds in both kinds; none where the kinds share no answer."""
    nodes = [*direct, *informed]
    classes = grade.group([str(node.step.answer) for node in nodes], choices)
    shared = set(classes[: len(direct)]) & set(classes[len(direct) :])
    return [node for node, one in zip(nodes, classes, strict=True) if one in shared]
