"""Measure how far a model answers with the labels of judges and generative verifiers: ``hintree prm labels``.

The last step of each labelled solution is scored in every format by one model, which keeps its KV cache between them.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from hintree.errors import LabelError, UsageError
from hintree.models.local.model import LocalModel
from hintree.policies import DraftScorer
from hintree.scorers import FAMILIES, PRM, VERIFIERS, Debate, GenerativeVerifier
from hintree.search import Problem, Response, ScoreRequest, StepOutput, Tree
from hintree.search.actions import ACTIONS
from hintree.search.core.expand import looked_up
from hintree.statistics.intervals import auc
from hintree.training.prm.rows import LabelledSolution

RARE = 0.01
"""Prompts whose labels have less probability are counted."""


class LabelMass(NamedTuple):
    """The labels' probability over some prompts, and how well the scores separate right from wrong steps.

    name: Name of the format.
    steps: Number of scored steps; one generative verdict or several are read for each.
    mean, low: Mean and 5 % quantile of the labels' probability, in [0, 1].
    rare: Share of the steps below ``RARE``.
    nil: Number of steps without a score, because the labels have no probability.
    auc: Area under the ROC curve of the scores; None unless there are right and wrong steps with a score.
    """

    name: str
    steps: int
    mean: float
    low: float
    rare: float
    nil: int
    auc: float | None


Scorer = Callable[[Sequence[ScoreRequest]], Sequence[Response[float] | Exception]]


def scorers_of(model: LocalModel, tokens: int | None = None) -> dict[str, Scorer]:
    """Return the scorers that read labels, by name, on one loaded model.

    Args:
        model: The model; one without a chat template has no format "judge".
        tokens: Maximum number of tokens of each analysis; by default as each format says.
    """
    found: dict[str, Scorer] = {}
    for family in ("digits", "yes-no"):
        found[family] = PRM[Any](model, FAMILIES[family])
    if model.chat:
        found["judge"] = DraftScorer(model)
    for name, prompt in VERIFIERS.items():
        found[name] = GenerativeVerifier(model, model, prompt._replace(tokens=tokens or prompt.tokens))
    found["maj"] = Debate(model, model, tokens=tokens) if tokens else Debate(model, model)
    return found


def measure_mass(name: str, scorer: Scorer, rows: Sequence[LabelledSolution]) -> LabelMass:
    """Score the last step of each solution and return the labels' mass.

    Raises:
        UsageError: There are no solutions.
        Exception: The first error other than a ``LabelError`` that the scorer reports.
    """
    if not rows:
        raise UsageError("no labelled solutions to measure the labels on")
    masses, scores, right = list[float](), list[float](), list[bool]()
    for row, found in zip(rows, scorer([last_step(row) for row in rows]), strict=True):
        if isinstance(found, LabelError):
            masses.append(0.0)
        elif isinstance(found, Exception):
            raise found
        else:
            masses.append(found.mass or 0.0)
            scores.append(found.value)
            right.append(row.right()[-1])
    separable = any(right) and not all(right)
    return LabelMass(
        name,
        len(rows),
        float(np.mean(masses)),
        float(np.quantile(masses, 0.05)),
        float(np.mean(np.array(masses) < RARE)),
        len(rows) - len(scores),
        auc(np.array(scores), np.array(right)) if separable else None,
    )


def last_step(row: LabelledSolution) -> ScoreRequest:
    """Return the request for the score of a solution's last step."""
    tree = Tree(Problem(row.question))
    node = tree.root
    if row.passages:
        action, found = ACTIONS["look_up_steps"], tuple(row.passages)
        node = tree.add(node, looked_up(found), "retriever", action=action, passages=found)
    for step in row.steps:
        node = tree.add(node, StepOutput(step, "delimiter", 0, 1.0, 1.0, 0.0), "reasoner")
    return ScoreRequest(tree, node)
