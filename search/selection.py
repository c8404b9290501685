"""Selection of the answer among the finished solutions of a tree, without a reference answer."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from hintree import grade
from hintree.errors import UsageError
from hintree.search.agreement import agreed_weights, agreements, filtered_weights, summed
from hintree.search.core.actions import Yield, kind_of, solution_path
from hintree.search.core.endings import Rejection
from hintree.search.core.nodes import open_nodes, prune
from hintree.search.core.tree import Node, Tree
from hintree.search.stopping import evidence, posteriors

AGGREGATES: dict[str, Callable[[Sequence[float]], float]] = {
    "last": lambda scores: scores[-1],
    "min": min,
    "product": math.prod,
    "mean": lambda scores: sum(scores) / len(scores),
    "max": max,
}
"""Ways to make one trajectory score of step scores; all stay in [0, 1]."""

CHOICES = ("best", "majority", "weighted", "posterior", "evidence", "mutual", "verdict")
"""Ways to select the answer among finished solutions."""
NEEDS: dict[str, tuple[str, ...]] = {"mutual": ("verifier",), "verdict": ("teacher",)}
"""Roles that a way to select asks after the search (answering.py)."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The rule that selects the answer of a tree; it belongs to the solver and the preset, never to the search.

    Attributes:
        choice: "best" (highest trajectory score), "majority" (most votes), "weighted" (largest sum of scores),
            "posterior" or "evidence" (stopping.py: the weights of CGES and of ReASC), "mutual" (agreement.py: a second
            model, the verifier, completes cuts of the solutions, and its agreement weighs them) or "verdict"
            (verdict.py: the teacher reads the most agreed solutions and writes its own).
        aggregate: How step scores make a trajectory score: a key of ``AGGREGATES``.
        agreement: What agreement does in "mutual": "weight" (it weighs every solution) or "filter" (rStar's rule: it
            keeps the solutions with which half of the completions agree).
        cuts: Cuts of each solution in "mutual", at least 1.
        candidates: Answers of which "verdict" reads a solution each, at least 2.
        usual: Mean and deviation of the scores of solutions of other problems, which "evidence" needs; () for others.

    Raises:
        UsageError: A value is not accepted.
    """

    choice: str = "best"
    aggregate: str = "last"
    agreement: str = "weight"
    cuts: int = 4
    candidates: int = 3
    usual: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.choice not in CHOICES or self.aggregate not in AGGREGATES:
            raise UsageError(
                f"selection choice={self.choice!r}, aggregate={self.aggregate!r}: choice is one of "
                f"{', '.join(CHOICES)}, aggregate one of {', '.join(AGGREGATES)}"
            )
        if self.agreement not in ("weight", "filter"):
            raise UsageError(f"selection agreement={self.agreement!r} is not one of weight, filter")
        for name, least in (("cuts", 1), ("candidates", 2)):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise UsageError(f"selection {name}={value!r} is not a whole number of at least {least}")
        check_usual("selection", self.choice, self.usual)

    @property
    def roles(self) -> tuple[str, ...]:
        """Return the roles that it asks after the search."""
        return NEEDS.get(self.choice, ())

    def recorded(self) -> dict[str, Any]:
        """Return the settings that a study records: those of "mutual" and "verdict" only where they are not usual.

        So the arms of studies from before these two keep their hashes, and their stores resume.
        """
        settings = [(f.name, getattr(self, f.name), f.default) for f in fields(self)]
        return {name: value for name, value, usual in settings if name in ("choice", "aggregate") or value != usual}


def check_usual(owner: str, choice: str, usual: object) -> None:
    """Raise UsageError unless ``usual`` is () or a mean and a deviation above 0, which the choice "evidence" needs."""
    numbers = isinstance(usual, tuple) and all(
        isinstance(x, int | float) and not isinstance(x, bool) and math.isfinite(x) for x in usual
    )
    if not numbers or len(usual) not in (0, 2) or (usual and usual[1] <= 0):  # type: ignore[arg-type,index]
        raise UsageError(f"{owner} usual={usual!r} is not a mean and a deviation above 0, such as 0.8+0.1")
    if choice == "evidence" and not usual:
        raise UsageError(
            f"{owner} evidence needs usual=MEAN+DEVIATION: those of the confidence of solutions of training problems "
            "(`hintree calibrate`)"
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen solution.

    Attributes:
        node: Last step of the chosen trajectory; of the best unfinished one if none is finished; the root if there is
            no step at all.
        answer: Its answer, None if it states none.
        confidence: In [0, 1]: the trajectory's score ("best", "verdict") or the answer's share of the votes or of the
            weight; without a scorer, the lowest mean token probability of its steps.
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
    """Return the value of a node for a search, in [0, 1]: its trajectory score, 0 if it failed.

    A path without a step of the solution, such as one that has only looked something up, has the value 0.5.
    """
    if node.status == "failed":
        return 0.0
    if node.score is None and not solution_path(node.path()):  # only parts of the solution have scores
        return 0.5
    return trajectory_score(node, aggregate)


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


def finished_solutions(tree: Tree) -> list[Node]:
    """Return the last steps of the finished solutions that state an answer, verdicts left out."""
    return [n for n in tree.terminals() if n.step.answer is not None and kind_of(n) is not Yield.VERDICT]


def classes_of(tree: Tree, finished: Sequence[Node]) -> dict[int, int]:
    """Return the number of the answer of each solution, by id of its last step; equal answers have the same one."""
    answers = grade.group([str(node.step.answer) for node in finished], tree.problem.choices)
    return dict(zip((node.id for node in finished), answers, strict=True))


def most_agreed(tree: Tree, finished: Sequence[Node], selection: Selection) -> list[Node]:
    """Return the best solution of each of the ``selection.candidates`` most frequent answers, most frequent first."""
    classes, score = classes_of(tree, finished), {n.id: trajectory_score(n, selection.aggregate) for n in finished}
    count = Counter(classes.values())
    ranked = sorted(finished, key=lambda n: (-count[classes[n.id]], classes[n.id], -score[n.id], n.id))
    best: dict[int, Node] = {}
    for node in ranked:
        best.setdefault(classes[node.id], node)
    return list(best.values())[: selection.candidates]


def choose(tree: Tree, how: str = "best", aggregate: str = "last") -> Choice:
    """Return the solution that ``Selection(how, aggregate)`` selects from a tree; see ``select``."""
    return select(tree, Selection(how, aggregate))


def select(tree: Tree, selection: Selection) -> Choice:
    """Return the solution that a selection chooses from a grown tree; ties go to the higher score, then to the earlier.

    "mutual" and "verdict" read what ``answering.grow_and_ask`` has added to the tree. A tree without a verdict is
    selected from by a vote, and one without completions by the sum of the rewards.
    """
    finished = finished_solutions(tree)
    score = {node.id: trajectory_score(node, selection.aggregate) for node in finished}
    verdicts = [n for n in tree.terminals() if n.step.answer is not None and kind_of(n) is Yield.VERDICT]
    if selection.choice == "verdict" and verdicts:
        node = verdicts[-1]
        return Choice(node, node.step.answer, trajectory_score(node, selection.aggregate))
    if not finished:
        rest = tree.terminals() or [n for n in tree if n.status in ("open", "pruned")] or [tree.root]
        node = max(rest, key=lambda n: (n.depth, trajectory_score(n, selection.aggregate), -n.id))
        return Choice(node, None, 0.0)
    if selection.choice == "best":
        node = max(finished, key=lambda n: (n.score is not None, score[n.id], -n.id))
        return Choice(node, node.step.answer, score[node.id])
    classes = classes_of(tree, finished)
    weight = weights(tree, finished, classes, score, selection)
    top = max(finished, key=lambda n: (weight.get(classes[n.id], 0.0), score[n.id], -n.id))
    total = sum(weight.values())
    return Choice(top, top.step.answer, weight[classes[top.id]] / total if total else 0.0)


def weights(
    tree: Tree, finished: Sequence[Node], classes: Mapping[int, int], score: Mapping[int, float], selection: Selection
) -> Mapping[int, float]:
    """Return the weight of each answer, by its number in ``classes``.

    Args:
        tree: The tree.
        finished: Last steps of its solutions.
        classes: Number of the answer, by id.
        score: Trajectory score, by id.
        selection: The rule, of any choice but "best".
    """
    if selection.choice == "weighted":
        return summed(classes, score)
    if selection.choice == "posterior":
        return posteriors(classes, score)
    if selection.choice == "evidence":
        return summed(classes, {id: evidence(score[id], selection.usual) for id in classes})
    if selection.choice != "mutual":
        return summed(classes, dict.fromkeys(classes, 1.0))
    times = {node.id: 1 + node.visits for node in finished}
    scored = {node.id: any(n.score is not None for n in node.path()) for node in finished}
    rewards = {i: times[i] * (score[i] if scored[i] else 1.0) for i in classes}
    shares = agreements(finished, tree.problem.choices)
    if selection.agreement == "weight":
        return agreed_weights(classes, rewards, shares)
    return filtered_weights(classes, rewards, shares, times)
