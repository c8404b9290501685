"""Finish solutions from any step on: for the self-consistency of rollouts, and for Monte-Carlo labels."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from hintree.policies.answers import find_answer
from hintree.scorers.base import Judge, Prefix
from hintree.search.core.batched_driver import batched_driver
from hintree.search.core.expand import generate_steps, plan_slots, roll_out
from hintree.search.core.ledger import Usage
from hintree.search.core.requests import Response
from hintree.search.core.run import Handler
from hintree.search.core.tree import Node, Problem, StepOutput, Tree


class Finished(NamedTuple):
    """Final answers of some completions, None where one came to none, and what they cost."""

    answers: list[str | None]
    usage: Usage


def finish(cases: Sequence[Prefix], writer: Handler, n: int, depth: int = 16) -> list[Finished]:
    """``n`` completions of every case's steps, each at most ``depth`` steps long; all in shared batches.

    A case whose last step states an answer is complete, and all its completions have that. One whose writer fails has
    fewer answers.
    """
    trees, found = [], []

    async def grow(tree: Tree, node: Node, answers: list[str | None]) -> None:
        if node.finished:
            answers += [node.step.answer] * n
            return
        first = [step for step in await generate_steps(tree, plan_slots([node], n), merge=False) if step is not None]
        ends = await roll_out(tree, first, depth, node.depth + depth)
        answers += [end.step.answer if end.status == "terminal" else None for end in ends]

    for case in cases:
        tree = Tree(Problem(case.question, f"{case.seed:x}"), case.seed)
        node = tree.root
        for step in case.steps:
            node = tree.add(node, StepOutput(step, "delimiter", 0, 1.0, 1.0, 0.0, find_answer(step)), "reasoner")
        answers: list[str | None] = []
        trees.append((tree, grow(tree, node, answers)))
        found.append((tree, answers))
    usage = {}
    for run in batched_driver(trees, {"reasoner": writer}, live=256):
        account = run.ledger["reasoner"]
        spent = (account.calls, account.prompt_tokens, account.forwarded_tokens, account.generated_tokens)
        usage[id(run.tree)] = Usage(*spent)
    return [Finished(answers, usage[id(tree)]) for tree, answers in found]


class Agreement(Judge):
    """Self-consistency of rollouts: how far completions of the solution agree about its answer, in [0, 1].

    For a step that states an answer, the share of completions of the steps before it that come to the same; for any
    other, the share of the commonest answer (rStar, arXiv 2408.06195, uses the same as terminal reward). Completions
    without an answer count as disagreeing.

    Args:
        writer: Writes the completions; it should draw them, not take the most probable tokens.
        n: Completions per step.
        depth: Steps of a completion at most.
    """

    def __init__(self, writer: Handler, n: int = 8, depth: int = 16) -> None:
        self.writer, self.n, self.depth = writer, n, depth

    def judge(self, cases: Sequence[Prefix]) -> list[Response[float] | Exception]:
        """The agreement for each case."""
        stated = [find_answer(case.steps[-1]) for case in cases]
        begun = [
            case if answer is None else case._replace(steps=case.steps[:-1])
            for case, answer in zip(cases, stated, strict=True)
        ]
        done = finish(begun, self.writer, self.n, self.depth)
        return [
            Response(self.share(d.answers, s), d.usage._replace(calls=1)) for d, s in zip(done, stated, strict=True)
        ]

    def share(self, answers: Sequence[str | None], stated: str | None) -> float:
        """The share of the stated answer, or of the commonest."""
        counts = Counter(answer for answer in answers if answer is not None)
        most = counts[stated] if stated is not None else max(counts.values(), default=0)
        return most / self.n
