"""Token-level confidence (SMART's TLC, arXiv 2504.09923): the mean probability of a step's tokens. It costs nothing."""

from collections.abc import Sequence

from hintree.search import Answer, ModelError, Score, Usage


class TokenConfidence:
    """Answers ``Score`` questions with the mean probability of the step's own tokens, in [0, 1].

    A step whose probabilities are not known, as its server does not tell them, is answered with a ModelError.
    """

    def __call__(self, asks: Sequence[Score]) -> list[Answer[float] | Exception]:
        """Read the confidence off each node."""
        return [self._one(ask.node.step.mean_probability, ask.node.author) for ask in asks]

    def _one(self, probability: float, author: str) -> Answer[float] | ModelError:
        if probability:
            return Answer(probability, Usage(1))
        return ModelError(
            f"the {author}'s server tells no log-probabilities, so its steps have no confidence (see `hintree doctor "
            "URL`); name another scorer"
        )
