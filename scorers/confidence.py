"""Token confidence: what the probabilities of a step's own tokens say of it. It costs nothing.

The mean is SMART's TLC (arXiv 2504.09923). Entropies H in nats become exp(-H), which is 1 for a sure token.
"""

import math
from collections.abc import Callable, Sequence

from hintree.errors import ModelError, UsageError
from hintree.search import Response, ScoreRequest, StepOutput, Usage


def noted(value: float | None, change: Callable[[float], float] = float) -> float:
    """A changed statistic of a step; NaN, which fails the step, if it was not recorded."""
    return math.nan if value is None else change(value)


WAYS: dict[str, Callable[[StepOutput], float]] = {
    "mean": lambda step: step.mean_probability,
    "geometric": lambda step: noted(step.log_probability, math.exp),
    "min": lambda step: step.min_probability,
    "least-3": lambda step: noted(step.least_probability),
    "entropy": lambda step: noted(step.first_entropy, lambda _: math.exp(-step.entropy)),
    "first-entropy": lambda step: noted(step.first_entropy, lambda entropy: math.exp(-entropy)),
}
"""From a step to its confidence in [0, 1], by name; NaN where it was not recorded."""


class TokenConfidence:
    """Answers ``Score`` questions with the confidence of the step's own tokens, in [0, 1].

    A step whose probabilities are not known, as its server does not tell them, is answered with a ModelError.

    Args:
        way: "mean" (default), "geometric" (mean), "min", "least-3" (mean of the three least probable), "entropy" (mean
            over the tokens) or "first-entropy" (of the first token).

    Raises:
        UsageError: There is no such way.
    """

    def __init__(self, way: str = "mean") -> None:
        if way not in WAYS:
            raise UsageError(f"confidence {way!r} is not one of {', '.join(WAYS)}")
        self.way = way

    def __call__(self, asks: Sequence[ScoreRequest]) -> list[Response[float] | Exception]:
        """Read the confidence off each node."""
        return [self._one(ask.node.step, ask.node.author) for ask in asks]

    def _one(self, step: StepOutput, author: str) -> Response[float] | ModelError:
        if step.mean_probability:
            return Response(min(WAYS[self.way](step), 1.0), Usage(1))  # NaN stays
        return ModelError(
            f"the {author}'s server tells no log-probabilities, so its steps have no confidence (see `hintree doctor "
            "URL`); name another scorer"
        )
