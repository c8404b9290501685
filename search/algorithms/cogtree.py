"""CogTree: a tree of questions, in which every question is split until it can be answered directly."""

from dataclasses import dataclass, replace

from hintree.search.actions import ACTIONS
from hintree.search.algorithms.checks import check_limits, check_whole
from hintree.search.core.endings import Rejection
from hintree.search.core.expand import Slot, plan
from hintree.search.core.limits import LONGEST_PATH, PathLimits
from hintree.search.core.nodes import fail_too_long, open_nodes, unique
from hintree.search.core.questions import asked_here, open_questions
from hintree.search.core.tree import Node, Tree
from hintree.search.escalation import Rewrite
from hintree.search.questions import Known, answer, ask, before_questions, finish, key_of
from hintree.search.selection import Selection, keep_best, trajectory_score, value_of


@dataclass(frozen=True, slots=True)
class CogTree(PathLimits):
    """Split questions into sub-questions, keep the best splits, and merge the answers (CogTree, arXiv 2311.06754).

    The hinter is the intuitive system: it proposes the next sub-question of the innermost open question, several times.
    The scorer is the reflective system: its scores of the new state and of the whole chain are compared, and the best
    chains are kept. A question is answered directly where the hinter writes that there is nothing left to ask, where it
    has had its share of sub-questions, at the lowest level, and where an equal one is answered in the tree. Answers are
    merged bottom-up: a question is answered from the answers to its sub-questions.

    Attributes:
        proposals: Sub-questions that are proposed for a question at a time, at least 1.
        width: Chains that are kept, at least 1.
        questions: Maximum number of sub-questions of one question, at least 0.
        levels: Levels of sub-questions below the problem, at least 1.
        depth: Longest path in steps; a longer one fails.

    Raises:
        UsageError: A value is outside its range.
    """

    proposals: int = 3
    width: int = 2
    questions: int = 4
    levels: int = 2
    depth: int = LONGEST_PATH

    def __post_init__(self) -> None:
        check_limits(self)
        check_whole(self, proposals=1, width=1, questions=0, levels=1, depth=1)

    @property
    def selection(self) -> Selection:
        """Select the chain with the highest mean score; a selection of the solver replaces this one."""
        return Selection("best", "mean")

    async def grow(self, tree: Tree, rule: Rewrite | None = None) -> None:
        """Propose, compare and answer until every chain that is kept has ended."""
        tree.limits, chains = self, [tree.root]
        known: Known = {}
        for _ in range(self.depth):
            growing = open_nodes(chains)
            asked = await ask(tree, [slot for node in growing for slot in self.slots(node, known)])
            split = [node for node in growing if open_nodes(child for child in asked if child.parent is node)]
            direct = [node for node in growing if node not in split or says_enough(node)]
            answers = await answer(tree, [node for node in direct if open_questions(node.path())], known, rule)
            ends = await finish(tree, [node for node in direct if not open_questions(node.path())], self.depth, rule)
            found = [node for node in (*chains, *asked, *answers, *ends) if node.status in ("open", "terminal")]
            new = [node for node in found if node not in growing]
            if not new:
                await finish(tree, unique(map(before_questions, growing)), self.depth, rule)
            if not open_nodes(new):
                return
            chains = keep_best(new, self.width, rank, "not among the best")
        fail_too_long(chains, self.depth)

    def slots(self, node: Node, known: Known) -> list[Slot]:
        """Reserve the proposals at a chain's end; none where its innermost open question is answered directly."""
        path = node.path()
        level = len(open_questions(path))
        if level == self.levels or asked_here(path) == self.questions or (level and key_of(node) in known):
            return []
        action = ACTIONS["split" if level else "ask"]
        return plan([node], [replace(action, samples=self.proposals)])


def says_enough(node: Node) -> bool:
    """Tell whether a proposal at a node said that there is nothing left to ask."""
    return any(child.rejected_because is Rejection.NOTHING_TO_ASK for child in node.children)


def rank(node: Node) -> float:
    """Return the rank of a chain in [0, 1]: the mean of the score of its last state and of its mean score."""
    return (value_of(node) + trajectory_score(node, "mean")) / 2
