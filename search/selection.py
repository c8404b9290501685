"""Selection of the answer among the finished solutions of a tree, without a reference answer."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hintree import grade
from hintree.errors import UsageError
from hintree.search.core.endings import Rejection
from hintree.search.core.nodes import open_nodes, prune
from hintree.search.core.tree import Node, Tree

AGGREGATES: dict[str, Callable[[Sequence[float]], float]] = {
    "last": lambda scores: scores[-1],
    "min": min,
    "product": math.prod,
    "mean": lambda scores: sum(scores) / len(scores),
    "max": max,
}
"""Ways to make one trajectory score of step scores; all stay in [0, 1]."""

CHOICES = ("best", "majority", "weighted")
"""Ways to select the answer among finished solutions."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The rule that selects the answer of a tree; it belongs to the solver and the preset, never to the search.

    Attributes:
        choice: "best" (highest trajectory score), "majority" (most votes) or "weighted" (largest sum of scores).
        aggregate: How step scores make a trajectory score: a key of ``AGGREGATES``.

    Raises:
        UsageError: A value is not accepted.
    """

    choice: str = "best"
    aggregate: str = "last"

    def __post_init__(self) -> None:
        if self.choice not in CHOICES or self.aggregate not in AGGREGATES:
            raise UsageError(
                f"selection choice={self.choice!r}, aggregate={self.aggregate!r}: choice is one of "
                f"{', '.join(CHOICES)}, aggregate one of {', '.join(AGGREGATES)}"
            )


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen solution.

    Attributes:
        node: Last step of the chosen trajectory; of the best unfinished one if none is finished; the root if there is
            no step at all.
        answer: Its answer, None if it states none.
        confidence: In [0, 1]: the trajectory's score ("best") or the answer's share of the votes or of the weight;
            without a scorer, the lowest mean token probability of its steps.
    """

    node: Node
    answer: str | None
    confidence: float


def trajectory_score(node: Node, aggregate: str = "last") -> float:
    """Return the score in [0, 1] of the path that ends in ``node``.

    Without any step score it is the lowest mean token probability of the steps.
    """
    if aggregate == "last" and node.score is not None:
        return node.score
    path = node.path()
    scores = [n.score for n in path if n.score is not None]
    if scores:
        return AGGREGATES[aggregate](scores)
    return min((n.step.mean_probability for n in path), default=0.0)


def value_of(node: Node, aggregate: str = "last") -> float:
    """Return the value of a step for a search, in [0, 1]: its trajectory score, 0 if it failed."""
    return 0.0 if node.status == "failed" else trajectory_score(node, aggregate)


def keep_best(nodes: Sequence[Node], count: int, rank: Callable[[Node], float], reason: str) -> list[Node]:
    """Return the ``count`` nodes of highest rank, failed ones last, and prune the open nodes that are not kept."""
    ranked = sorted(nodes, key=lambda n: (n.status == "failed", -rank(n), n.id))
    prune(open_nodes(ranked[count:]), Rejection.OUTRANKED, reason)
    return ranked[:count]


def votes(tree: Tree) -> dict[str, int]:
    """Count the finished solutions by answer; equal answers are one, named by their first spelling."""
    answers = [node.step.answer for node in tree.terminals() if node.step.answer is not None]
    classes = grade.group(answers, tree.problem.choices)
    return {answers[classes.index(number)]: count for number, count in Counter(classes).items()}


def select(tree: Tree, selection: Selection) -> Choice:
    """Return the solution that a selection chooses from a grown tree; see ``choose``."""
    return choose(tree, selection.choice, selection.aggregate)


def choose(tree: Tree, how: str = "best", aggregate: str = "last") -> Choice:
    """Return the selected solution of a tree; ties go to the higher score, then to the earlier step.

    Args:
        tree: A grown tree.
        how: "best" (highest trajectory score), "majority" (most frequent answer) or "weighted" (largest sum of scores).
        aggregate: How step scores make a trajectory score; see ``AGGREGATES``.
    """
    if how not in CHOICES or aggregate not in AGGREGATES:
        raise UsageError(
            f"choose how={how!r}, aggregate={aggregate!r}: how is one of {', '.join(CHOICES)}, aggregate one of "
            f"{', '.join(AGGREGATES)}"
        )
    finished = [node for node in tree.terminals() if node.step.answer is not None]
    score = {node.id: trajectory_score(node, aggregate) for node in finished}
    if not finished:
        rest = tree.terminals() or [n for n in tree if n.status in ("open", "pruned")] or [tree.root]
        node = max(rest, key=lambda n: (n.depth, trajectory_score(n, aggregate), -n.id))
        return Choice(node, None, 0.0)
    if how == "best":
        node = max(finished, key=lambda n: (n.score is not None, score[n.id], -n.id))
        return Choice(node, node.step.answer, score[node.id])
    weight: dict[int, float] = {}
    answers = grade.group([str(n.step.answer) for n in finished], tree.problem.choices)
    classes = dict(zip((n.id for n in finished), answers, strict=True))
    for node in finished:
        answer = classes[node.id]
        weight[answer] = weight.get(answer, 0.0) + (1.0 if how == "majority" else score[node.id])
    top = max(finished, key=lambda n: (weight[classes[n.id]], score[n.id], -n.id))
    total = sum(weight.values())
    return Choice(top, top.step.answer, weight[classes[top.id]] / total if total else 0.0)
