"""The weighted mean of several scorers."""

from collections.abc import Callable, Sequence

from hintree.errors import UsageError
from hintree.search import Response, ScoreRequest, Usage

ScoreFunction = Callable[[Sequence[ScoreRequest]], Sequence[Response[float] | Exception]]
"""Handles a batch of ``ScoreRequest``s: one response or exception per request, in order."""


class Ensemble:
    """Return the weighted mean of several scorers; a step has no score if any of them fails on it.

    Args:
        scorers: The members. Each one scores every step.
        weights: One weight per scorer, finite and above 0; they are normalised to sum to 1.

    Raises:
        UsageError: The number of weights differs from the number of scorers, or a weight is out of range.
    """

    def __init__(self, scorers: Sequence[ScoreFunction], weights: Sequence[float]) -> None:
        if len(scorers) != len(weights) or not scorers or not all(0 < weight < float("inf") for weight in weights):
            raise UsageError(f"weights {list(weights)!r}: give one number above 0 for each of {len(scorers)} scorers")
        self.scorers = scorers
        self.weights = [weight / sum(weights) for weight in weights]

    def __call__(self, requests: Sequence[ScoreRequest]) -> list[Response[float] | Exception]:
        """Return the mean score for each request; its usage is the sum over the members."""
        by_scorer = [list(scorer(requests)) for scorer in self.scorers]
        return [self.mean(responses) for responses in zip(*by_scorer, strict=True)]

    def mean(self, responses: Sequence[Response[float] | Exception]) -> Response[float] | Exception:
        """Return the weighted mean of the members' responses to one request, or the first exception among them.

        The mass of its labels is the least of the members'. The fault is that of the first member that names one.
        """
        usage, total = Usage(), 0.0
        masses = [x.mass for x in responses if not isinstance(x, Exception) and x.mass is not None]
        for weight, response in zip(self.weights, responses, strict=True):
            if isinstance(response, Exception):
                return response
            total += weight * response.value
            usage = usage.plus(response.usage)
        faults = [x.fault for x in responses if not isinstance(x, Exception) and x.fault is not None]
        fault = faults[0] if faults else None
        return Response(min(total, 1.0), usage._replace(calls=1), min(masses, default=None), fault)
