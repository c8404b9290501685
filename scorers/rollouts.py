"""Rollouts: complete a solution from any step on. Used for self-consistency scores and for Monte-Carlo labels."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from hintree import grade
from hintree.policies.steps import last_line_of, stated_answer
from hintree.scorers.base import PathScorer, Prefix
from hintree.search.core.batched_driver import batched_driver
from hintree.search.core.expand import generate_steps, reserve_slots, roll_out
from hintree.search.core.ledger import Usage
from hintree.search.core.limits import LONGEST_PATH
from hintree.search.core.requests import Response
from hintree.search.core.run import Handler
from hintree.search.core.tree import Node, Problem, StepOutput, Tree


class Rollouts(NamedTuple):
    """The rollouts of one prefix: their final answers, None for one without an answer, and their usage."""

    answers: list[str | None]
    usage: Usage


def roll_out_prefixes(prefixes: Sequence[Prefix], writer: Handler, n: int, depth: int = LONGEST_PATH) -> list[Rollouts]:
    """Complete every prefix ``n`` times, each completion at most ``depth`` steps long, in shared batches.

    A prefix whose last step states an answer is complete: that answer is returned ``n`` times. A prefix whose writer
    fails has fewer answers.
    """
    searches, results = [], []

    async def grow(tree: Tree, node: Node, answers: list[str | None]) -> None:
        if node.finished:
            answers += [node.step.answer] * n
            return
        first = [step for step in await generate_steps(tree, reserve_slots([node], n), merge=False) if step is not None]
        ends = await roll_out(tree, first, depth, node.depth + depth)
        answers += [end.step.answer if end.status == "terminal" else None for end in ends]

    for prefix in prefixes:
        tree = Tree(Problem(prefix.question, f"{prefix.seed:x}", prefix.choices), prefix.seed)
        node = tree.root
        for step, answer in zip(prefix.steps, answers_of(prefix), strict=True):
            node = tree.add(node, StepOutput(step, "delimiter", 0, 1.0, 1.0, 0.0, answer), "reasoner")
        answers: list[str | None] = []
        searches.append((tree, grow(tree, node, answers)))
        results.append((tree, answers))
    usage = {}
    for run in batched_driver(searches, {"reasoner": writer}, live=256):
        account = run.ledger["reasoner"]
        spent = (account.calls, account.prompt_tokens, account.forwarded_tokens, account.generated_tokens)
        usage[id(run.tree)] = Usage(*spent)
    return [Rollouts(answers, usage[id(tree)]) for tree, answers in results]


def answers_of(prefix: Prefix) -> list[str | None]:
    """Return the answer that each step states, read as for a step that a writer has just written."""
    above = ["", *map(last_line_of, prefix.steps)]
    return [stated_answer(step, line, prefix.choices or None) for step, line in zip(prefix.steps, above, strict=False)]


class RolloutAgreement(PathScorer):
    """Score a step by the self-consistency of its rollouts: the fraction that agree on the answer, in [0, 1].

    For a step that states an answer, the score is the fraction of rollouts from the steps before it that reach the same
    answer. For any other step it is the fraction of the most common answer (rStar, arXiv 2408.06195, uses it as its
    terminal reward). A rollout without an answer counts as disagreeing.

    Args:
        writer: Handler that writes the rollouts. It should sample, not decode greedily.
        n: Rollouts per step.
        depth: Maximum number of steps of a rollout.
    """

    def __init__(self, writer: Handler, n: int = 8, depth: int = LONGEST_PATH) -> None:
        self.writer, self.n, self.depth = writer, n, depth

    def score_prefixes(self, prefixes: Sequence[Prefix]) -> list[Response[float] | Exception]:
        """Return the agreement for each prefix."""
        stated = [answers_of(prefix)[-1] for prefix in prefixes]
        starts = [
            prefix if answer is None else prefix._replace(steps=prefix.steps[:-1])
            for prefix, answer in zip(prefixes, stated, strict=True)
        ]
        rollouts = roll_out_prefixes(starts, self.writer, self.n, self.depth)
        return [
            Response(self.agreement(r.answers, answer, prefix.choices), r.usage._replace(calls=1))
            for prefix, r, answer in zip(prefixes, rollouts, stated, strict=True)
        ]

    def agreement(self, answers: Sequence[str | None], stated: str | None, choices: Sequence[str] = ()) -> float:
        """Return the fraction of rollouts with the stated answer, or with the most common one if none is stated."""
        given = [answer for answer in answers if answer is not None]
        classes = grade.group(given if stated is None else [stated, *given], choices)
        if stated is None:
            return max(Counter(classes).values(), default=0) / self.n
        count = classes[1:].count(0)
        return count / self.n
