"""The teacher grades drafts, as in SpecReason (arXiv 2504.07891): the scorer ``judge`` (LLM as a judge)."""

import math
import re
from collections.abc import Sequence
from typing import Any

from hintree.errors import UsageError
from hintree.models import Completion, GenerationRequest, LanguageModel, Prompt, Scored, SupportsLoglikelihood
from hintree.policies.formats import PromptFormat, format_for
from hintree.search import Response, ScoreRequest

GRADE_PROMPT = (
    "Here is a problem and the beginning of a solution.\n\nProblem:\n{question}\n\nSteps so far:\n{before}\n\n"
    "Next step:\n{step}\n\nIs the next step valid and correct? Answer with one digit from 0 (wrong) to 9 (certainly "
    "right)."
)
MIN_PROBABILITY = 1e-300
"""Smaller probabilities are raised to this value before their logarithm is taken."""


class DraftScorer:
    """Handle ``ScoreRequest``s with a language model's grade of the step, in [0, 1].

    A model with a chat template is prompted for one digit, and the score is the digit / 9. A completion without a digit
    counts as 0, a number above 9 as 9. For any other model the score is its likelihood of the step: the geometric mean
    of the probabilities of the step's tokens, after the steps before it.

    Args:
        model: The grading model, usually the teacher's.

    Raises:
        UsageError: The model has no chat template and does not support log-likelihoods.
    """

    def __init__(self, model: LanguageModel) -> None:
        if not model.chat and not isinstance(model, SupportsLoglikelihood):
            raise UsageError(f"{model.name} cannot judge: it has no chat template and no log-likelihoods")
        self.model = model
        self.format: PromptFormat = format_for(model)

    def __call__(self, requests: Sequence[ScoreRequest]) -> list[Response[float] | Exception]:
        """Grade the last step of each request's path."""
        if self.model.chat:
            completions = self.model.generate([self._generation(request) for request in requests])
            return [digit_score(completion) for completion in completions]
        assert isinstance(self.model, SupportsLoglikelihood)
        results = self.model.loglikelihood([self._text(request) for request in requests])
        return [likelihood_score(scored) for scored in results]

    def _generation(self, request: ScoreRequest) -> GenerationRequest:
        *before, last = request.node.path()
        steps = self.format.solution(before).strip() or "(none)"
        question = request.tree.problem.question
        text = GRADE_PROMPT.format(question=question, before=steps, step=last.step.text)
        return GenerationRequest(Prompt(text, "Score: "), max_tokens=2, group=question)

    def _text(self, request: ScoreRequest) -> tuple[Prompt, str]:
        *before, last = request.node.path()
        return self.format.step(request.tree.problem.question, before, None), last.step.text


def digit_score(completion: Completion | Any) -> Response[float] | Exception:
    """Return the digit of a completion / 9, in [0, 1]; pass an exception on."""
    if not isinstance(completion, Completion):
        return completion  # type: ignore[no-any-return]
    found = re.search(r"[0-9]+", completion.text)
    return Response(min(int(found[0][:3]), 9) / 9 if found else 0.0, completion.usage)


def likelihood_score(scored: Scored | Any) -> Response[float] | Exception:
    """Return the geometric mean of the tokens' probabilities, 0 if there are no tokens; pass an exception on."""
    if not isinstance(scored, Scored):
        return scored  # type: ignore[no-any-return]
    logs = [math.log(max(p, MIN_PROBABILITY)) for p in scored.probabilities]
    return Response(math.exp(sum(logs) / len(logs)) if logs else 0.0, scored.usage)
