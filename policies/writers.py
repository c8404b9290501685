"""Who writes steps: reasoner and teacher."""

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hintree.errors import UsageError
from hintree.models import Completion, GenerationRequest, LanguageModel, Prompt
from hintree.policies.answers import find_answer
from hintree.policies.formats import cut_from, format_for
from hintree.search import Request, Response, StepOutput, StepRequest

LEAST = sys.float_info.min
"""A probability that is too small for a float counts as this one."""
FEW = 3
"""Tokens of a step that count as its least probable ones."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How texts are drawn.

    Attributes:
        temperature: 0 takes the most probable token every time; at least 0.
        top_k: Draw from so many of the most probable tokens; 0 for all.
        top_p: Nucleus, in (0, 1].
        min_p: Draw from tokens at least this probable, relative to the most probable, in [0, 1].
        greedy_first: Draw the first of several drafts at temperature 0.

    Raises:
        UsageError: A value is outside its range.
    """

    temperature: float = 0.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    greedy_first: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.temperature <= 10:
            raise UsageError(f"temperature={self.temperature!r} is not a number from 0 to 10")
        if not 0 < self.top_p <= 1:
            raise UsageError(f"top_p={self.top_p!r} is not a number above 0 and at most 1")
        if self.top_k < 0 or self.top_k != int(self.top_k):
            raise UsageError(f"top_k={self.top_k!r} is not a whole number of at least 0")
        if not 0 <= self.min_p <= 1:
            raise UsageError(f"min_p={self.min_p!r} is not a number from 0 to 1")

    def request(self, prompt: Prompt, ask: Request[Any], max_tokens: int, *stop: str) -> GenerationRequest:
        """The request that answers a question."""
        return GenerationRequest(
            prompt,
            seed=ask.seed,
            temperature=0.0 if ask.position.first and self.greedy_first else self.temperature,
            top_k=self.top_k,
            top_p=self.top_p,
            min_p=self.min_p,
            max_tokens=max_tokens,
            stop=stop,
            group=ask.tree.problem.question,
        )


class StepWriter:
    """Answers ``Step`` questions: the reasoner, or the teacher.

    Args:
        model: Who writes.
        sampling: How.
        keep_hints: Show the hints of earlier steps in the prompts of later ones (HintMR's switch; it drops them).
    """

    def __init__(self, model: LanguageModel, sampling: Sampling, *, keep_hints: bool = False) -> None:
        self.model = model
        self.sampling = sampling
        self.keep_hints = keep_hints
        self.format = format_for(model)

    def __call__(self, asks: Sequence[StepRequest]) -> list[Response[StepOutput] | Exception]:
        """Write the steps."""
        answers = self.model.generate([self._request(ask) for ask in asks])
        return [self._step(ask, a) if isinstance(a, Completion) else a for ask, a in zip(asks, answers, strict=True)]

    def _step(self, ask: StepRequest, done: Completion) -> Response[StepOutput]:
        path = ask.node.path()
        return as_step(done, self.format.solution(path[cut_from(path) :]))

    def _request(self, ask: StepRequest) -> GenerationRequest:
        question, path = ask.tree.problem.question, ask.node.path()
        prompt = self.format.step(question, path, ask.hint, keep_hints=self.keep_hints)
        if ask.tokens is not None:
            return Sampling().request(prompt, ask, ask.tokens, self.format.delimiter)
        return self.sampling.request(prompt, ask, self.format.step_tokens, self.format.delimiter)


def as_step(done: Completion, before: str = "") -> Response[StepOutput]:
    """A completion as a step, or as the rest of one that was cut; what is not known of its tokens is 0."""
    chances, entropies = done.probabilities or (0.0,), done.entropies or (0.0,)
    ended = "delimiter" if done.ended == "stop" else done.ended
    text = done.text.rstrip() if before else done.text.strip()
    step = StepOutput(
        text if ended != "length" else done.text,
        ended,
        done.usage.generated_tokens,
        sum(chances) / len(chances),
        min(chances),
        sum(entropies) / len(entropies),
        find_answer(before + done.text) if ended != "length" else None,
        sum(math.log(max(chance, LEAST)) for chance in chances) / len(chances),
        sum(sorted(chances)[:FEW]) / min(FEW, len(chances)),
        done.entropies[0] if done.entropies else None,
    )
    return Response(step, done.usage)
