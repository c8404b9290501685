"""Step writers: the handlers of reasoner and teacher, and their sampling settings."""

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hintree.errors import UsageError
from hintree.grade import find_answer
from hintree.models import Completion, GenerationRequest, LanguageModel, Prompt
from hintree.policies.formats import format_for, unfinished_start
from hintree.search import Request, Response, StepOutput, StepRequest

MIN_PROBABILITY = sys.float_info.min
"""Smaller probabilities are raised to this value before their logarithm is taken."""
LEAST_PROBABLE = 3
"""Number of tokens in ``StepOutput.least_probability``: the mean of a step's least probable ones."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """Sampling settings of generated texts.

    Attributes:
        temperature: In [0, 10]; 0 is greedy decoding.
        top_k: Sample from this many most probable tokens; 0 for all.
        top_p: Nucleus sampling: smallest set of tokens with this total probability, in (0, 1].
        min_p: Minimum probability of a token, relative to the most probable one, in [0, 1].
        greedy_first: Decode the first of several sibling drafts greedily.

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

    def generation(self, prompt: Prompt, request: Request[Any], max_tokens: int, *stop: str) -> GenerationRequest:
        """Return the model-level request for a search-level one; seed and position come from ``request``."""
        return GenerationRequest(
            prompt,
            seed=request.seed,
            temperature=0.0 if request.position.first and self.greedy_first else self.temperature,
            top_k=self.top_k,
            top_p=self.top_p,
            min_p=self.min_p,
            max_tokens=max_tokens,
            stop=stop,
            group=request.tree.problem.question,
        )


class StepWriter:
    """Handle ``StepRequest``s of the reasoner or the teacher with a language model.

    Args:
        model: Model that writes the steps.
        sampling: Sampling settings.
        keep_hints: Show the hints of earlier steps in the prompts of later ones (an option of HintMR, off there).
    """

    def __init__(self, model: LanguageModel, sampling: Sampling, *, keep_hints: bool = False) -> None:
        self.model = model
        self.sampling = sampling
        self.keep_hints = keep_hints
        self.format = format_for(model)

    def __call__(self, requests: Sequence[StepRequest]) -> list[Response[StepOutput] | Exception]:
        """Write one step per request in one batch."""
        completions = self.model.generate([self._generation(request) for request in requests])
        return [
            self._output(request, completion) if isinstance(completion, Completion) else completion
            for request, completion in zip(requests, completions, strict=True)
        ]

    def _output(self, request: StepRequest, completion: Completion) -> Response[StepOutput]:
        path = request.node.path()
        return as_step(completion, self.format.solution(path[unfinished_start(path) :]))

    def _generation(self, request: StepRequest) -> GenerationRequest:
        question, path = request.tree.problem.question, request.node.path()
        prompt = self.format.step(question, path, request.hint, keep_hints=self.keep_hints)
        if request.tokens is not None:  # a first-token probe is always greedy
            return Sampling().generation(prompt, request, request.tokens, self.format.delimiter)
        return self.sampling.generation(prompt, request, self.format.step_tokens, self.format.delimiter)


def as_step(done: Completion, before: str = "") -> Response[StepOutput]:
    """Convert a completion to a step, or to the rest of the cut step ``before``; unknown token statistics are 0."""
    probabilities, entropies = done.probabilities or (0.0,), done.entropies or (0.0,)
    ended = "delimiter" if done.ended == "stop" else done.ended
    text = done.text.rstrip() if before else done.text.strip()
    step = StepOutput(
        text if ended != "length" else done.text,
        ended,
        done.usage.generated_tokens,
        sum(probabilities) / len(probabilities),
        min(probabilities),
        sum(entropies) / len(entropies),
        find_answer(before + done.text) if ended != "length" else None,
        sum(math.log(max(p, MIN_PROBABILITY)) for p in probabilities) / len(probabilities),
        sum(sorted(probabilities)[:LEAST_PROBABLE]) / min(LEAST_PROBABLE, len(probabilities)),
        done.entropies[0] if done.entropies else None,
    )
    return Response(step, done.usage)
