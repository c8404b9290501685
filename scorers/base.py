"""The contract of all scorers: one number in [0, 1] for each step, as many numbers as steps, an error otherwise.

A scorer handles ``ScoreRequest``s during a search. It also scores whole solutions with ``score(question, steps)``.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from inspect import Signature, signature
from numbers import Real
from typing import Any, NamedTuple, Protocol, runtime_checkable

from hintree.errors import HintreeError, UsageError
from hintree.search import Response, ScoreRequest, StepOutput, Usage
from hintree.search.core.actions import solution_path
from hintree.search.core.seeds import seed_of


class ScoreError(HintreeError):
    """A scorer returned something other than one number in [0, 1] per step."""


@runtime_checkable
class StepScorer(Protocol):
    """Interface of any object that scores the steps of a solution; enough for ``Solver(scorer=...)``."""

    def score(self, question: str, steps: Sequence[str]) -> Sequence[float]:
        """Return one number in [0, 1] per step; must not modify ``steps``."""
        ...


class Prefix(NamedTuple):
    """A solution prefix whose last step is to be scored. The seed determines every random choice of the scorer.

    ``choices`` are the options of a multiple-choice question, (A) first; () if the question is open.
    """

    question: str
    steps: tuple[str, ...]
    seed: int
    choices: tuple[str, ...] = ()


class PathScorer(ABC):
    """Base of scorers that score the last step of many prefixes in one batch.

    A subclass implements ``score_prefixes``. The base class turns ``ScoreRequest``s and whole solutions into prefixes.
    """

    @abstractmethod
    def score_prefixes(self, prefixes: Sequence[Prefix]) -> Sequence[Response[float] | Exception]:
        """Score the last step of each prefix.

        Contract: return one entry per prefix, in the same order. An entry is a ``Response`` with a value in [0, 1], or
        the exception that explains why this prefix has no score; it never affects the others. Do not modify
        ``prefixes``. The same prefix and seed give the same score, whatever the rest of the batch is.
        """

    def __call__(self, requests: Sequence[ScoreRequest]) -> list[Response[float] | Exception]:
        """Score the node of each request; the tree is not modified."""
        return list(self.score_prefixes([prefix_of(request) for request in requests]))

    def score(self, question: str, steps: Sequence[str]) -> list[float]:
        """Return the score of every step, each in [0, 1].

        Raises:
            Exception: The first error that ``score_prefixes`` reports for a step.
            ScoreError: The scores are not one number in [0, 1] per step.
        """
        prefixes = [tuple(steps[: i + 1]) for i in range(len(steps))]
        responses = self.score_prefixes([Prefix(question, prefix, seed_of(question, prefix)) for prefix in prefixes])
        for response in responses:
            if isinstance(response, Exception):
                raise response
        values = [response.value for response in responses if not isinstance(response, Exception)]
        return checked(values, len(steps))


class FromScores(PathScorer):
    """Adapt an object with ``score(question, steps)``; an exception or an invalid score fails only its own step."""

    def __init__(self, scorer: StepScorer) -> None:
        self.scorer = scorer

    def score_prefixes(self, prefixes: Sequence[Prefix]) -> list[Response[float] | Exception]:
        """Score every prefix as a whole solution and keep the last score of each."""
        return [self._score_last(prefix) for prefix in prefixes]

    def _score_last(self, prefix: Prefix) -> Response[float] | Exception:
        try:
            scores = self.scorer.score(prefix.question, prefix.steps)
            return Response(checked(scores, len(prefix.steps))[-1], Usage(1))
        except Exception as error:
            return error


class FromFunction(PathScorer):
    """Adapt a function of a question and its steps, which returns the last step's score, or one score per step.

    An exception or an invalid score fails only its own step.
    """

    def __init__(self, function: Callable[[str, list[str]], float | Sequence[float]]) -> None:
        self.function = function

    def score_prefixes(self, prefixes: Sequence[Prefix]) -> list[Response[float] | Exception]:
        """Call the function with every prefix."""
        return [self._score_last(prefix) for prefix in prefixes]

    def _score_last(self, prefix: Prefix) -> Response[float] | Exception:
        try:
            found = self.function(prefix.question, list(prefix.steps))
            if isinstance(found, Sequence):
                return Response(checked(found, len(prefix.steps))[-1], Usage(1))
            return Response(checked_score(found, len(prefix.steps)), Usage(1))
        except Exception as error:
            return error


def takes_steps(function: Callable[..., Any]) -> bool:
    """Return True for ``function(question, steps)``, False for one that takes a batch of requests.

    Raises:
        UsageError: It needs another number of arguments.
    """
    try:
        form = signature(function)
    except (TypeError, ValueError):  # a function without a signature, such as some in C
        return False
    if accepts(form, 1):
        return False
    if accepts(form, 2):
        return True
    raise UsageError(
        f"the scorer takes {form}; give function(question, steps), which returns the score of the last step, or "
        "function(requests), which returns one Response per request"
    )


def accepts(form: Signature, count: int) -> bool:
    """Return True if a function can be called with ``count`` positional arguments."""
    try:
        form.bind(*range(count))
    except TypeError:
        return False
    return True


def prefix_of(request: ScoreRequest) -> Prefix:
    """Return the solution prefix that ends in the request's node."""
    return Prefix(request.tree.problem.question, steps_of(request), request.seed, request.tree.problem.choices)


def steps_of(request: ScoreRequest) -> tuple[str, ...]:
    """Return the steps that a scorer reads: of a solution, those after its thought; within a thought, all of it."""
    path, thinking = solution_path(request.node.path()), request.node.step.thinking
    return tuple(texts_of([node.step for node in path if node.step.thinking == thinking]))


def texts_of(steps: Sequence[StepOutput]) -> Iterator[str]:
    """Yield the texts of steps, each with the indent that the last token of the step before it held."""
    indent = ""
    for step in steps:
        yield indent + step.text if step.text else ""
        indent = (step.delimiter or "").rpartition("\n")[2]
        indent = "" if indent.strip() or step.ended != "delimiter" else indent


def checked(scores: Any, steps: int) -> list[float]:
    """Return the scores as floats.

    Raises:
        ScoreError: The scores are not one number in [0, 1] per step.
    """
    if not isinstance(scores, Sequence) or len(scores) != steps:
        count = f"{len(scores)} scores" if isinstance(scores, Sequence) else f"{str(scores)[:60]!r}"
        raise ScoreError(f"the scorer gave {count} for {steps} steps; it must give one number per step")
    return [checked_score(score, i) for i, score in enumerate(scores, 1)]


def checked_score(score: Any, step: int) -> float:
    """Return the score of a step, counted from 1, as a float. Raises ScoreError unless it is a number in [0, 1]."""
    if not isinstance(score, Real) or isinstance(score, bool) or not 0 <= float(score) <= 1:
        raise ScoreError(f"the scorer gave {str(score)[:60]} for step {step}; a score is a number in [0, 1]")
    return float(score)
