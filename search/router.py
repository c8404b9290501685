"""Router of the trigger "advantage" (Arbitrage): the probability that the teacher would write a better step.

It is a logistic regression on features of the draft, which are known before the teacher is called.
"""

import math
from collections.abc import Sequence

from hintree.search.core.tree import Node

FEATURES = (
    "score",
    "score before",
    "mean probability",
    "min probability",
    "entropy",
    "depth",
    "tokens",
    "ends",
)
"""Features of a draft, in the order of the weights."""


def features(node: Node) -> list[float]:
    """Return the values of ``FEATURES``, shape [features], each about 0 to 1; a missing score counts as 1."""
    step, before = node.step, node.parent.score if node.parent is not None else None
    return [
        1.0 if node.score is None else node.score,
        1.0 if before is None else before,
        step.mean_probability,
        step.min_probability,
        step.entropy,
        node.depth / 16,
        step.tokens / 64,
        float(node.finished),
    ]


def gain_probability(node: Node, weights: Sequence[float]) -> float:
    """Return the probability in [0, 1] that the teacher's step would score higher than this draft.

    Args:
        node: The draft.
        weights: The intercept, then one weight for each of ``FEATURES``; shape [1 + features].
    """
    logit = weights[0] + sum(w * x for w, x in zip(weights[1:], features(node), strict=True))
    return 1.0 / (1.0 + math.exp(-logit)) if logit > -700 else 0.0
