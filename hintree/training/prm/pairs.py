"""Preference pairs for a process preference model (PPM), as in rStar-Math (arXiv 2501.04519, section 3.3).

At every prefix of a solution several next steps are sampled. A step's Q is the share of its rollouts that reach the
reference answer. The best steps are preferred to the worst, if they differ enough in Q and in their text.
"""

from collections.abc import Sequence
from typing import NamedTuple

from hintree.models import LanguageModel
from hintree.search import Node, StepOutput, Tree, run_searches
from hintree.search.core.expand import generate_steps, reserve_slots
from hintree.training.handlers import model_handlers, sampled
from hintree.training.prm.rows import TEMPERATURE, SampledSolution, completion_rates

SIDE_LIMIT = 2
"""Maximum number of steps on each side, or twice as many if the other side has only one."""


class StepPreference(NamedTuple):
    """A prefix of a solution, and the steps that are better and worse after it; at least one of each."""

    question: str
    steps: list[str]
    better: list[str]
    worse: list[str]


def make_pairs(
    solutions: Sequence[SampledSolution],
    writer: LanguageModel,
    *,
    branch: int = 4,
    n: int = 8,
    margin: float = 0.5,
    distance: int = 20,
    seed: int = 0,
) -> list[StepPreference]:
    """Return the preference pairs at every prefix of some solutions.

    Args:
        solutions: Solutions whose prefixes are used.
        writer: Samples next steps and rollouts.
        branch: Next steps sampled after each prefix.
        n: Rollouts per step.
        margin: Smallest difference in Q, in [0, 1].
        distance: Smallest edit distance in characters.
        seed: Same seed, same pairs.
    """
    prefixes = [(solution, solution.steps[:i]) for solution in solutions for i in range(len(solution.steps))]
    choices = next_steps(prefixes, writer, branch, seed)
    candidates = [
        (solution, [*history, last])
        for (solution, history), steps in zip(prefixes, choices, strict=True)
        for last in steps
    ]
    values = iter(completion_rates(candidates, writer, n))
    found = []
    for (solution, history), steps in zip(prefixes, choices, strict=True):
        better, worse = preference_sides({step: next(values) for step in steps}, margin, distance)
        if better and worse:
            found.append(StepPreference(solution.case.problem.question, history, better, worse))
    return found


def next_steps(
    prefixes: Sequence[tuple[SampledSolution, list[str]]], writer: LanguageModel, branch: int, seed: int
) -> list[list[str]]:
    """Sample ``branch`` next steps after every prefix; duplicates are dropped."""
    trees = []

    async def grow(tree: Tree, node: Node) -> None:
        await generate_steps(tree, reserve_slots([node], branch))

    for solution, history in prefixes:
        tree = Tree(solution.case.problem, seed)
        node = tree.root
        for step in history:
            node = tree.add(node, StepOutput(step, "delimiter", 0, 1.0, 1.0, 0.0), "reasoner")
        trees.append((tree, node))
    handlers = model_handlers({"reasoner": writer}, sampled(TEMPERATURE))
    for _ in run_searches(((tree, grow(tree, node)) for tree, node in trees), handlers, live=256):
        pass
    sound = [[child for child in node.children if child.status in ("open", "terminal")] for _, node in trees]
    return [list(dict.fromkeys(child.step.text for child in children)) for children in sound]


def preference_sides(values: dict[str, float], margin: float, distance: int) -> tuple[list[str], list[str]]:
    """Split steps into the better and the worse ones by their Q.

    A better step has at least one right rollout, a worse one at least one wrong rollout. Every better step differs from
    every worse one by at least ``margin`` in Q and by at least ``distance`` (and at least 1) characters.
    """

    def apart(a: str, b: str) -> bool:
        return values[a] - values[b] >= margin and edits(a, b) >= max(1, distance)

    ordered = sorted(values, key=lambda step: -values[step])
    better = [step for step in ordered if values[step] > 0]
    worse = [step for step in reversed(ordered) if values[step] < 1]
    better = better[: SIDE_LIMIT if len(worse) > 1 else 2 * SIDE_LIMIT]
    worse = [b for b in worse[: SIDE_LIMIT if len(better) > 1 else 2 * SIDE_LIMIT] if better and apart(better[0], b)]
    return [a for a in better if worse and all(apart(a, b) for b in worse)], worse


def edits(a: str, b: str) -> int:
    """Return the Levenshtein distance: the fewest characters to insert, delete or replace."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (x != y))
    return row[-1]
