"""Token-level confidence (SMART's TLC, arXiv 2504.09923): the mean probability of a step's tokens. It costs nothing."""

from collections.abc import Sequence

from hintree.search import Answer, Score, Usage


class TokenConfidence:
    """Answers ``Score`` questions with the mean probability of the step's own tokens, in [0, 1]."""

    def __call__(self, asks: Sequence[Score]) -> list[Answer[float] | Exception]:
        """Read the confidence off each node."""
        return [Answer(ask.node.step.mean_probability, Usage(1)) for ask in asks]
