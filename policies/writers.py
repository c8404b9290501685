"""Who writes: reasoner and teacher write steps, the hinter writes hints."""

from collections.abc import Sequence
from dataclasses import dataclass

from hintree.models import Completion, LanguageModel, Request
from hintree.policies.answers import find_answer
from hintree.policies.formats import format_for
from hintree.search import Answer, Hint, Hinted, Step, UsageError, Written


@dataclass(frozen=True, slots=True)
class Sampling:
    """How texts are drawn.

    Attributes:
        temperature: 0 takes the most probable token every time; at least 0.
        top_p: Nucleus, in (0, 1].
        greedy_first: Draw the first of several drafts at temperature 0.

    Raises:
        UsageError: A value is outside its range.
    """

    temperature: float = 0.0
    top_p: float = 1.0
    greedy_first: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.temperature <= 10:
            raise UsageError(f"temperature={self.temperature!r} is not a number from 0 to 10")
        if not 0 < self.top_p <= 1:
            raise UsageError(f"top_p={self.top_p!r} is not a number above 0 and at most 1")

    def at(self, index: int) -> float:
        """Temperature of a node's draft number ``index``."""
        return 0.0 if index == 0 and self.greedy_first else self.temperature


class StepWriter:
    """Answers ``Step`` questions: the reasoner, or the teacher.

    Args:
        model: Who writes.
        sampling: How.
    """

    def __init__(self, model: LanguageModel, sampling: Sampling) -> None:
        self.model = model
        self.sampling = sampling
        self.format = format_for(model)

    def __call__(self, asks: Sequence[Step]) -> list[Answer[Written] | Exception]:
        """Write the steps."""
        answers = self.model.generate([self._request(ask) for ask in asks])
        return [as_step(a) if isinstance(a, Completion) else a for a in answers]

    def _request(self, ask: Step) -> Request:
        prompt = self.format.step(ask.tree.problem.question, ask.node.path(), ask.hint)
        heat = self.sampling.at(ask.index)
        length, stop, group = self.format.step_tokens, (self.format.delimiter,), ask.tree.problem.question
        return Request(prompt, ask.seed, heat, self.sampling.top_p, length, stop, group)


class HintWriter:
    """Answers ``Hint`` questions; arguments as for ``StepWriter``. A retry is always drawn, never greedy."""

    def __init__(self, model: LanguageModel, sampling: Sampling) -> None:
        self.model = model
        self.sampling = sampling
        self.format = format_for(model)

    def __call__(self, asks: Sequence[Hint]) -> list[Answer[Hinted] | Exception]:
        """Write the hints."""
        answers = self.model.generate([self._request(ask) for ask in asks])
        return [as_hint(a) if isinstance(a, Completion) else a for a in answers]

    def _request(self, ask: Hint) -> Request:
        prompt = self.format.hint(ask.tree.problem.question, ask.node.path())
        heat = self.sampling.at(ask.index)
        length, stop, group = self.format.hint_tokens, ("\n",), ask.tree.problem.question
        return Request(prompt, ask.seed, heat, self.sampling.top_p, length, stop, group)


def as_step(done: Completion) -> Answer[Written]:
    """A completion as a step."""
    chances, tokens = done.probabilities, len(done.probabilities)
    ended = "delimiter" if done.ended == "stop" else done.ended
    step = Written(
        done.text.strip() if ended != "length" else done.text,
        ended,
        tokens,
        sum(chances) / tokens,
        min(chances),
        sum(done.entropies) / tokens,
        find_answer(done.text) if ended != "length" else None,
    )
    return Answer(step, done.usage)


def as_hint(done: Completion) -> Answer[Hinted]:
    """A completion as a hint."""
    text = done.text.strip().removeprefix("Hint:").strip()
    return Answer(Hinted(text, len(done.probabilities)), done.usage)
