"""Scorers without a model of their own: a constant, and several scorers weighted into one."""

from collections.abc import Callable, Sequence

from hintree.errors import UsageError
from hintree.scorers.base import Judge, Prefix
from hintree.search import Response, ScoreRequest, Usage

Scorer = Callable[[Sequence[ScoreRequest]], Sequence[Response[float] | Exception]]
"""Answers ``Score`` questions."""


class Constant(Judge):
    """Gives every step the same score."""

    def __init__(self, value: float = 0.5) -> None:
        if not 0 <= value <= 1:
            raise UsageError(f"constant {value!r} is not a number in [0, 1]")
        self.value = value

    def judge(self, cases: Sequence[Prefix]) -> list[Response[float] | Exception]:
        """The same for all."""
        return [Response(self.value, Usage(1)) for _ in cases]


class Ensemble:
    """The weighted mean of several scorers; where one of them fails, there is no score.

    Args:
        scorers: Who is asked, every one about every step.
        weights: One per scorer, above 0; only their ratios count.
    """

    def __init__(self, scorers: Sequence[Scorer], weights: Sequence[float]) -> None:
        if len(scorers) != len(weights) or not scorers or not all(0 < weight < float("inf") for weight in weights):
            raise UsageError(f"weights {list(weights)!r}: give one number above 0 for each of {len(scorers)} scorers")
        self.scorers = scorers
        self.weights = [weight / sum(weights) for weight in weights]

    def __call__(self, asks: Sequence[ScoreRequest]) -> list[Response[float] | Exception]:
        """The mean for each; what it cost is the sum."""
        said = [list(scorer(asks)) for scorer in self.scorers]
        return [self.mean(answers) for answers in zip(*said, strict=True)]

    def mean(self, answers: Sequence[Response[float] | Exception]) -> Response[float] | Exception:
        """The mean of the scorers' answers to one question, or the first error."""
        usage, total = Usage(), 0.0
        for weight, answer in zip(self.weights, answers, strict=True):
            if isinstance(answer, Exception):
                return answer
            total += weight * answer.value
            usage = usage.plus(answer.usage)
        return Response(min(total, 1.0), usage._replace(calls=1))
