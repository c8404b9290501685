"""The contract of all scorers: one number in [0, 1] per step, as many as steps, an error otherwise.

A scorer answers ``Score`` questions, and says the same of whole solutions by ``score(question, steps)``.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from numbers import Real
from typing import Any, NamedTuple, Protocol, runtime_checkable

from hintree.errors import HintreeError
from hintree.search import Response, ScoreRequest, Usage
from hintree.search.core.seeds import seed_of


class ScoreError(HintreeError):
    """A scorer's answer is not one number in [0, 1] per step."""


@runtime_checkable
class StepScorer(Protocol):
    """Anything that scores the steps of a solution."""

    def score(self, question: str, steps: Sequence[str]) -> Sequence[float]:
        """One number in [0, 1] per step."""
        ...


class Prefix(NamedTuple):
    """A step to be judged: the last of ``steps``. The seed decides every random choice."""

    question: str
    steps: tuple[str, ...]
    seed: int


class Judge(ABC):
    """A scorer that judges the last of some steps, many cases at once."""

    @abstractmethod
    def judge(self, cases: Sequence[Prefix]) -> Sequence[Response[float] | Exception]:
        """A number in [0, 1] for the last step of each case, or why there is none."""

    def __call__(self, asks: Sequence[ScoreRequest]) -> list[Response[float] | Exception]:
        """Score the last step of each path."""
        return list(self.judge([case_of(ask) for ask in asks]))

    def score(self, question: str, steps: Sequence[str]) -> list[float]:
        """The score of every step, in [0, 1]. Raises what the judge says is wrong with the first step it cannot."""
        prefixes = [tuple(steps[: i + 1]) for i in range(len(steps))]
        answers = self.judge([Prefix(question, prefix, seed_of(question, prefix)) for prefix in prefixes])
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        return checked([answer.value for answer in answers if not isinstance(answer, Exception)], len(steps))


class FromScores(Judge):
    """A judge from anything with ``score(question, steps)``; whatever goes wrong fails that step only."""

    def __init__(self, scorer: StepScorer) -> None:
        self.scorer = scorer

    def judge(self, cases: Sequence[Prefix]) -> list[Response[float] | Exception]:
        """The last of each solution's scores."""
        answers: list[Response[float] | Exception] = []
        for case in cases:
            try:
                answers.append(
                    Response(checked(self.scorer.score(case.question, case.steps), len(case.steps))[-1], Usage(1))
                )
            except Exception as error:
                answers.append(error)
        return answers


def case_of(ask: ScoreRequest) -> Prefix:
    """What a question is about."""
    return Prefix(ask.tree.problem.question, tuple(node.step.text for node in ask.node.path()), ask.seed)


def checked(scores: Any, steps: int) -> list[float]:
    """The scores as floats. Raises ScoreError unless they are one number in [0, 1] per step."""
    if not isinstance(scores, Sequence) or len(scores) != steps:
        count = f"{len(scores)} scores" if isinstance(scores, Sequence) else f"{str(scores)[:60]!r}"
        raise ScoreError(f"the scorer gave {count} for {steps} steps; it must give one number per step")
    for i, score in enumerate(scores):
        if not isinstance(score, Real) or isinstance(score, bool) or not 0 <= float(score) <= 1:
            raise ScoreError(f"the scorer gave {str(score)[:60]} for step {i + 1}; a score is a number in [0, 1]")
    return [float(score) for score in scores]
