"""rStar: Monte Carlo tree search over five actions, rewarded by the self-consistency of answers.

MCTS-RAG (arXiv 2503.20757) is the same search over these actions and look-ups.
"""

import math
import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from hintree import grade
from hintree.search.actions import LAST_ANSWER, find_actions, is_state
from hintree.search.algorithms.backup import backup
from hintree.search.algorithms.checks import check_limits, check_range, check_whole
from hintree.search.core.actions import Action, Yield, applicable, kind_of
from hintree.search.core.endings import Rejection
from hintree.search.core.expand import generate_steps, plan
from hintree.search.core.limits import PathLimits
from hintree.search.core.nodes import fail_too_long, open_nodes, prune, unique
from hintree.search.core.questions import question_key
from hintree.search.core.seeds import generator
from hintree.search.core.tree import Node, Tree
from hintree.search.escalation import Rewrite
from hintree.search.selection import Selection

NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
"""Matches a number."""
WORD = re.compile(r"\w+")
SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[\u3002\uff01\uff1f\u0964])\s*")
"""Matches the gap after a sentence, in any script."""
ROUNDS = 8
"""Rounds of one expansion; shipped actions need at most three: a sub-question, its passages, its answers."""


@dataclass(frozen=True, slots=True)
class RStar(PathLimits):
    """The generator of rStar (arXiv 2408.06195, 3.2) with the numbers of its public code.

    A state is a node at which nothing waits: a step (A1), the rest of the solution (A2), a sub-question with its answer
    (A3), another answer (A4) or a new wording of the question (A5). In MCTS-RAG a state is also passages beside the
    question, a step with what was looked up for it, and a sub-question with its passages and its answer. Which action
    follows which is said by the actions' own conditions. A state is expanded by all actions that apply, at its first
    visit. A2 and all answers are sampled several times in one round: the first sample of the most frequent answer is
    the state, its share of the samples is its score, and the others are pruned as votes. A sub-question that is the
    question itself is answered by the end of a solution.

    A rollout selects an unvisited state at random where there is one, else the one of highest UCT score, down to the
    end of a solution, and backs up its score; a path without an end backs up 0.

    Attributes:
        rollouts: Rollouts, at least 1.
        c: Weight of exploration, at least 0.
        depth: Longest path in states.
        steps: Samples of A1, at least 1.
        questions: Sub-questions of A3, at least 1.
        votes: Samples of an answer to a sub-question (A3, A4), at least 1.
        last_votes: Samples of the end of a solution (A2, and A3 with the question itself), at least 1.
        actions: Actions, by name or as ``Action`` values (docs/actions.md).

    Raises:
        UsageError: A value is outside its range.
    """

    rollouts: int = 16
    c: float = 2.0
    depth: int = 5
    steps: int = 3
    questions: int = 3
    votes: int = 10
    last_votes: int = 32
    actions: tuple[str | Action, ...] = ("rstar",)

    def __post_init__(self) -> None:
        check_limits(self)
        check_whole(self, rollouts=1, depth=1, steps=1, questions=1, votes=1, last_votes=1)
        check_range(self, c=(0, 1e6))
        find_actions(self.actions)

    @property
    def selection(self) -> Selection:
        """Select by mutual consistency; a selection of the solver replaces this one."""
        return Selection("mutual")

    async def grow(self, tree: Tree, rule: Rewrite | None = None) -> None:
        """Roll out and back up until all rollouts are done or no path can be continued; no step is rewritten."""
        tree.limits = self
        for number in range(self.rollouts):
            end = await self.roll_out(tree, generator(tree.root.key, "rstar", number))
            backup(end, (end.score or 0.0) if end.status == "terminal" else 0.0)
            if not states_after(tree.root):
                return

    async def roll_out(self, tree: Tree, draws: random.Random) -> Node:
        """Return the state at the end of one path from the root; states on it that are new are expanded."""
        node = tree.root
        while node.status == "open" and state_depth(node) < self.depth:
            if not node.children_requested:
                await self.expand(tree, node)
            states = states_after(node)
            if not states:
                prune([node] if node.parent else [], Rejection.DEAD_END, "no way on from here")
                return node
            new = [state for state in states if not state.visits]
            node = draws.choice(new) if new else self.best(states, node.visits)
        fail_too_long([node], self.depth)
        return node

    def best(self, states: Sequence[Node], total: int) -> Node:
        """Return the state of highest UCT score among visited ones; ``total`` counts visits to the state before."""
        return max(states, key=lambda state: state.value + self.c * math.sqrt(math.log(total) / state.visits))

    async def expand(self, tree: Tree, node: Node) -> None:
        """Write the texts of all actions that apply at a state, then what waits below it, down to the next states."""
        waiting = [node]
        for _ in range(ROUNDS):
            await self.write(tree, waiting)
            waiting = [child for one in waiting for child in open_nodes(one.children) if not is_state(child)]

    async def write(self, tree: Tree, nodes: Sequence[Node]) -> None:
        """Write the samples of all actions that apply at the nodes in one round, and count their votes."""
        slots = [slot for node in nodes for slot in plan([node], self.actions_at(tree, node))]
        written = await generate_steps(tree, slots, score=False)
        groups: dict[tuple[int, str], list[Node | None]] = {}
        for slot, child in zip(slots, written, strict=True):
            groups.setdefault((slot.node.id, slot.action.name if slot.action else ""), []).append(child)
        for samples in groups.values():
            vote(tree, samples)

    def actions_at(self, tree: Tree, node: Node) -> list[Action]:
        """Return the actions that apply at a node, with this search's numbers of samples."""
        last = kind_of(node) is Yield.SUB_QUESTION and asks_for_all(tree, node)
        samples = {
            Yield.STEP: self.steps,
            Yield.SOLUTION: self.last_votes,
            Yield.SUB_QUESTION: self.questions,
            Yield.SUB_ANSWER: self.votes,
            Yield.RE_ANSWER: self.votes,
        }
        actions = [LAST_ANSWER] if last else applicable(node, find_actions(self.actions))
        return [replace(action, samples=samples.get(action.yields, action.samples)) for action in actions]


def states_after(node: Node) -> list[Node]:
    """Return the live states that follow a state; what a sub-question or a look-up waits for stands for it."""
    live = [child for child in node.children if child.status in ("open", "terminal")]
    return [state for child in live for state in ([child] if is_state(child) else states_after(child))]


def state_depth(node: Node) -> int:
    """Return the number of states on the path to a state."""
    return sum(map(is_state, node.path()))


def asks_for_all(tree: Tree, node: Node) -> bool:
    """Tell whether a sub-question is that of the problem: it holds the last sentence of its wording, or its words."""
    wordings = [one.step.text for one in node.path() if kind_of(one) is Yield.QUESTION]
    sentences = [part for part in SENTENCE_END.split((wordings or [tree.problem.question])[-1].strip()) if part]
    last = question_key(sentences[-1]) if sentences else ""
    text = question_key(node.step.text)
    return bool(last) and (last in text or not Counter(WORD.findall(last)) - Counter(WORD.findall(text)))


def vote(tree: Tree, samples: Sequence[Node | None]) -> None:
    """Score the samples of one action by the share of them that state the same answer.

    Of samples that end a solution or answer a sub-question, the first with the most frequent answer is kept, and the
    others are pruned. Steps are kept, and those that state an answer get a score.

    Args:
        tree: The tree.
        samples: One node per sample; a sample that equals an earlier one is that node. None is one that nobody wrote.
    """
    sound = [node for node in samples if node is not None and node.status in ("open", "terminal")]
    kind = kind_of(sound[0]) if sound else Yield.STEP
    answers = {node.id: answer for node in sound if (answer := answer_of(node)) is not None}
    stated = [node for node in sound if node.id in answers]
    classes = grade.group([answers[node.id] for node in stated], tree.problem.choices)
    count = Counter(classes)
    if kind is Yield.STEP:
        for node, number in zip(stated, classes, strict=True):
            tree.record_score(node, count[number] / len(samples))
    elif kind in (Yield.SOLUTION, Yield.SUB_ANSWER, Yield.RE_ANSWER):
        most = max(count.values(), default=0)
        kept = next((node for node, number in zip(stated, classes, strict=True) if count[number] == most), None)
        if kept is not None:
            tree.record_score(kept, most / len(samples))
        stands = "no answer" if kept is None else f"step {kept.id} has the answer of {most} of {len(samples)}"
        prune([node for node in unique(sound) if node is not kept], Rejection.VOTE, f"a vote: {stands}")


def answer_of(node: Node) -> str | None:
    """Return the answer that a sample votes for; of an answer to a sub-question that names none, its last number."""
    if kind_of(node).may_end:
        return node.step.answer
    text = node.step.text
    numbers = NUMBER.findall(text)
    return grade.find_answer(text) or (numbers[-1] if numbers else text)
