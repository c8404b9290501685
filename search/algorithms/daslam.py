"""DaSLaM: a first solution, the sub-questions that it calls for, their answers, and the solution."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from hintree import grade
from hintree.search.actions import ACTIONS
from hintree.search.algorithms.checks import check_limits, check_whole
from hintree.search.core.endings import Rejection
from hintree.search.core.expand import Slot, generate_steps, score_nodes
from hintree.search.core.limits import LONGEST_PATH, PathLimits
from hintree.search.core.nodes import open_nodes, prune
from hintree.search.core.position import Position
from hintree.search.core.tree import Node, Tree
from hintree.search.escalation import Rewrite
from hintree.search.questions import Known, answer, finish, put_after

BULLET = re.compile(r"^\s*(?:[-*\u2022]|\(?\d{1,2}[.):\uff0e\u3001])\s*")
"""The number or bullet before an entry of a list."""
END = re.compile(r"[\r\n]+|(?<=[?\uff1f\u061f])\s+")
"""End of an entry."""


@dataclass(frozen=True, slots=True)
class DaSLaM(PathLimits):
    """List sub-questions at once, answer them in turn, then write the solution (DaSLaM, arXiv 2310.18338).

    The reasoner solves the problem; the hinter reads that first solution and lists sub-questions; the reasoner answers
    each after the earlier ones, and solves the problem again. The reasoner may be a larger model on a server. Without a
    hinter, or where it lists nothing, the first solution stands.

    Attributes:
        draft: Whether a first solution is written, which the hinter reads; without it this is least-to-most prompting
            (Zhou et al. 2022, arXiv 2205.10625).
        questions: Maximum number of sub-questions, at least 1; more that are listed are not asked.
        depth: Longest path in steps; a longer one fails.

    Raises:
        UsageError: A value is outside its range.
    """

    draft: bool = True
    questions: int = 8
    depth: int = LONGEST_PATH

    def __post_init__(self) -> None:
        check_limits(self)
        check_whole(self, questions=1, depth=1)

    async def grow(self, tree: Tree, rule: Rewrite | None = None) -> None:
        """Write a first solution, list and answer sub-questions, and write the solution."""
        tree.limits = self
        drafts = await finish(tree, [tree.root], self.depth, rule) if self.draft else []
        answers: list[Node] = []
        known: Known = {}
        for listed in await self.list_questions(tree, drafts):
            for text in entries(listed.step.text)[: self.questions]:
                asked = put_after(tree, answers[-1] if answers else listed, text, listed)
                await score_nodes(tree, [asked])
                answers += open_nodes(await answer(tree, open_nodes([asked]), known, rule))
        if drafts and not answers:
            return
        ends = await finish(tree, answers[-1:] or [tree.root], self.depth, rule)
        prune(drafts if ends else [], Rejection.SUPERSEDED, "solved again after its sub-questions")

    async def list_questions(self, tree: Tree, drafts: Sequence[Node]) -> list[Node]:
        """Have sub-questions listed, with a draft in sight if there is one, and return the list, if it was written."""
        action = ACTIONS["draft_questions" if drafts else "sub_questions"]
        position = Position(*tree.root.reserve(1))
        slot = Slot(tree.root, position, action.author, action=action, about=drafts[0] if drafts else None)
        return open_nodes(node for node in await generate_steps(tree, [slot]) if node is not None)


def entries(text: str) -> list[str]:
    """Return the entries of a list, one on a line or several that each end with "?", without numbers or bullets.

    Small models end a list with an answer of their own: a line that states one is no entry.
    """
    lines = (BULLET.sub("", line).strip() for line in END.split(text))
    return [line for line in lines if line and grade.find_answer(line) is None]
