"""Socratic search: sub-questions and answers in turns, then the solution."""

from dataclasses import dataclass

from hintree.search.actions import ACTIONS
from hintree.search.algorithms.checks import check_limits, check_whole
from hintree.search.core.expand import plan
from hintree.search.core.limits import LONGEST_PATH, PathLimits
from hintree.search.core.nodes import open_nodes
from hintree.search.core.tree import Tree
from hintree.search.escalation import Rewrite
from hintree.search.questions import Known, answer, ask, finish


@dataclass(frozen=True, slots=True)
class Socratic(PathLimits):
    """Ask and answer sub-questions in turns, then write the solution (Socratic CoT, arXiv 2212.00193).

    The hinter asks, the reasoner answers and writes the solution: two models, or one in both roles. The hinter stops
    when it writes that there is nothing left to ask, or asks something for the second time or what the problem asks.
    Without a hinter nothing is asked.

    Attributes:
        questions: Maximum number of sub-questions, at least 0.
        depth: Longest path in steps; a longer one fails.

    Raises:
        UsageError: A value is outside its range.
    """

    questions: int = 8
    depth: int = LONGEST_PATH

    def __post_init__(self) -> None:
        check_limits(self)
        check_whole(self, questions=0, depth=1)

    async def grow(self, tree: Tree, rule: Rewrite | None = None) -> None:
        """Ask and answer until the hinter stops, then write the solution."""
        tree.limits, node = self, tree.root
        known: Known = {}
        for _ in range(self.questions):
            asked = await ask(tree, plan([node], [ACTIONS["ask"]]))
            answers = await answer(tree, open_nodes(asked), known, rule)
            if not open_nodes(answers):
                break
            [node] = answers
        await finish(tree, [node], self.depth, rule)
