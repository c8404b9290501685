"""The teacher grades drafts, as in SpecReason (arXiv 2504.07891): the scorer ``judge`` (LLM as a judge)."""

import math
import re
from collections.abc import Sequence
from typing import Any

from hintree.errors import LabelError, ModelError, UsageError
from hintree.models import (
    Completion,
    GenerationRequest,
    LabelReading,
    LanguageModel,
    Prompt,
    Scored,
    SupportsLabels,
    SupportsLoglikelihood,
)
from hintree.models.labels import check_mass
from hintree.policies.formats import format_for
from hintree.policies.protocol import Protocol
from hintree.policies.thoughts import without_thought
from hintree.policies.words import fill
from hintree.search import Response, ScoreRequest

MIN_PROBABILITY = 1e-300
"""Smaller probabilities are raised to this value before their logarithm is taken."""
DIGITS = tuple("0123456789")
DIGIT_TOKENS = 4
"""Maximum number of tokens in which a server writes a digit: a blank, the digit and an end."""


class DraftScorer:
    """Handle ``ScoreRequest``s with a language model's grade of the step, in [0, 1].

    A model with a chat template is prompted for one digit, and the score is the digit / 9. In this process the most
    probable digit is read without generating; a server writes it, and a number above 9 counts as 9. A model that
    answers with no digit gives an error, which says what it wants to write. For a model without a chat template the
    score is its likelihood of the step: the geometric mean of the probabilities of the step's tokens, after the steps
    before it.

    Args:
        model: The grading model, usually the teacher's.
        protocol: Form of the texts; None for the usual one of the model.

    Raises:
        UsageError: The model has no chat template and does not support log-likelihoods.
    """

    def __init__(self, model: LanguageModel, protocol: Protocol | None = None) -> None:
        if not model.chat and not isinstance(model, SupportsLoglikelihood):
            raise UsageError(f"{model.name} cannot judge: it has no chat template and no log-likelihoods")
        self.model = model
        self.format = format_for(model, protocol)

    def __call__(self, requests: Sequence[ScoreRequest]) -> list[Response[float] | Exception]:
        """Grade the last step of each request's path."""
        if self.model.chat and isinstance(self.model, SupportsLabels):
            prompts = [self.generation(request) for request in requests]
            groups = [prompt.group for prompt in prompts]
            found = self.model.read_labels([prompt.prompt for prompt in prompts], DIGITS, groups=groups)
            return [self._likeliest(reading) for reading in found]
        if self.model.chat:
            completions = self.model.generate([self.generation(request) for request in requests])
            return [
                self._written(without_thought(done, self.format)) if isinstance(done, Completion) else done
                for done in completions
            ]
        assert isinstance(self.model, SupportsLoglikelihood)
        results = self.model.loglikelihood([self._text(request) for request in requests])
        return [likelihood_score(scored) for scored in results]

    def generation(self, request: ScoreRequest) -> GenerationRequest:
        """Return the model-level request for the grade of a step."""
        *before, last = request.node.path()
        words, question = self.format.protocol.words, self.format.read_problem(request.tree.problem, before).question
        steps = self.format.solution(before).strip() or words.grade_empty
        text = fill(words.grade, question=question, before=steps, step=last.step.text)
        prompt = Prompt(text, words.grade_begin, template=self.format.plain_answer())
        return GenerationRequest(prompt, max_tokens=DIGIT_TOKENS, group=request.tree.problem.question)

    def _likeliest(self, found: LabelReading | ModelError) -> Response[float] | Exception:
        """Return the most probable digit / 9, or the error of a model that would write none."""
        if isinstance(found, ModelError):
            return found
        error = check_mass(found, self.model.name, DIGITS)
        digit = max(range(len(DIGITS)), key=found.probabilities.__getitem__)
        return error or Response(digit / 9, found.usage, found.mass)

    def _written(self, done: Completion) -> Response[float] | Exception:
        """Return the first number of a completion / 9, at most 1, or the error of one without a number."""
        written = re.search(r"[0-9]+", done.text)
        if written:
            return Response(min(int(written[0][:3]), 9) / 9, done.usage)
        return LabelError(
            f"{self.model.name} was asked for a digit from 0 to 9 and wrote {done.text[:40]!r}; name another teacher, "
            "or another scorer"
        )

    def _text(self, request: ScoreRequest) -> tuple[Prompt, str]:
        *before, last = request.node.path()
        return self.format.step(request.tree.problem, before, None), last.step.text


def likelihood_score(scored: Scored | Any) -> Response[float] | Exception:
    """Return the geometric mean of the tokens' probabilities, 0 if there are no tokens; pass an exception on."""
    if not isinstance(scored, Scored):
        return scored  # type: ignore[no-any-return]
    logs = [math.log(max(p, MIN_PROBABILITY)) for p in scored.probabilities]
    return Response(math.exp(sum(logs) / len(logs)) if logs else 0.0, scored.usage)
