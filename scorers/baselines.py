"""Scorers that ignore the step: a constant, and uniform random scores. They are controls of an ablation."""

from collections.abc import Sequence

from hintree.errors import UsageError
from hintree.scorers.base import PathScorer, Prefix
from hintree.search import Response, ScoreRequest, Usage
from hintree.search.core.seeds import generator


class Constant(PathScorer):
    """Give every step the same score.

    Args:
        value: The score, in [0, 1].

    Raises:
        UsageError: ``value`` is outside [0, 1].
    """

    def __init__(self, value: float = 0.5) -> None:
        if not 0 <= value <= 1:
            raise UsageError(f"constant {value!r} is not a number in [0, 1]")
        self.value = value

    def score_prefixes(self, prefixes: Sequence[Prefix]) -> list[Response[float] | Exception]:
        """Return the constant for every prefix."""
        return [Response(self.value, Usage(1)) for _ in prefixes]


def random_scores(requests: Sequence[ScoreRequest]) -> list[Response[float] | Exception]:
    """Return a uniform random score in [0, 1) for each request, drawn from the request's own seed."""
    return [Response(generator(request.seed, "random scorer").random(), Usage(1)) for request in requests]
