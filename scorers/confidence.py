"""Token confidence: score a step by the probabilities of its own tokens. It needs no model and no extra tokens.

The mean is SMART's TLC (arXiv 2504.09923). An entropy H in nats becomes exp(-H), which is 1 for a certain token.
"""

import math
from collections.abc import Callable, Sequence

from hintree.errors import ModelError, UsageError
from hintree.search import Response, ScoreRequest, StepOutput, Usage


def recorded(value: float | None, change: Callable[[float], float] = float) -> float:
    """Apply ``change`` to a step's statistic; return NaN, which fails the step, if it was not recorded."""
    return math.nan if value is None else change(value)


STATISTICS: dict[str, Callable[[StepOutput], float]] = {
    "mean": lambda step: step.mean_probability,
    "geometric": lambda step: recorded(step.log_probability, math.exp),
    "min": lambda step: step.min_probability,
    "least-3": lambda step: recorded(step.least_probability),
    "entropy": lambda step: recorded(step.first_entropy, lambda _: math.exp(-step.entropy)),
    "first-entropy": lambda step: recorded(step.first_entropy, lambda entropy: math.exp(-entropy)),
    "peak-entropy": lambda step: recorded(step.peak_entropy, lambda entropy: math.exp(-entropy)),
}
"""Functions from a step to its confidence in [0, 1], by name; NaN if the statistic was not recorded."""


class TokenConfidence:
    """Handle ``ScoreRequest``s with the confidence of the step's own tokens, in [0, 1].

    A step without log-probabilities, as from a server that does not return them, gets a ModelError.

    Args:
        statistic: "mean" (default), "geometric" (mean), "min", "least-3" (mean of the three least probable tokens),
            "entropy" (mean over the tokens), "first-entropy" (of the first token) or "peak-entropy" (the highest).

    Raises:
        UsageError: The statistic is not one of these.
    """

    def __init__(self, statistic: str = "mean") -> None:
        if statistic not in STATISTICS:
            raise UsageError(f"confidence {statistic!r} is not one of {', '.join(STATISTICS)}")
        self.statistic = statistic

    def __call__(self, requests: Sequence[ScoreRequest]) -> list[Response[float] | Exception]:
        """Compute the confidence of each request's node; the tree is not modified."""
        return [self._confidence(request.node.step, request.node.author) for request in requests]

    def _confidence(self, step: StepOutput, author: str) -> Response[float] | ModelError:
        if step.mean_probability:
            return Response(min(STATISTICS[self.statistic](step), 1.0), Usage(1))  # NaN stays NaN
        return ModelError(
            f"the {author}'s server returns no log-probabilities, so its steps have no confidence (see `hintree doctor "
            "URL`); name another scorer"
        )
