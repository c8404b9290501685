"""The teacher as judge of drafts, as in SpecReason (arXiv 2504.07891)."""

import math
import re
from collections.abc import Sequence
from typing import Any

from hintree.errors import UsageError
from hintree.models import Completion, GenerationRequest, LanguageModel, Prompt, Scored, SupportsLoglikelihood
from hintree.policies.formats import Format, format_for
from hintree.search import Response, ScoreRequest

QUESTION = (
    "Here is a problem and the beginning of a solution.\n\nProblem:\n{question}\n\nSteps so far:\n{before}\n\n"
    "Next step:\n{step}\n\nIs the next step valid and correct? Answer with one digit from 0 (wrong) to 9 (certainly "
    "right)."
)
LEAST = 1e-300
"""A probability that is smaller counts as this one."""


class DraftScorer:
    """Answers ``Score`` questions in [0, 1]: a digit / 9 where the judge can be asked, else what it thinks of the text.

    A model with a chat template is asked for one digit; an answer without one counts as 0, a number above 9 as 9. Any
    other model reads the step after the steps before it: the score is the geometric mean of its tokens' probabilities.

    Args:
        model: The judge, most often the teacher's model.

    Raises:
        UsageError: The model has no chat template and cannot read.
    """

    def __init__(self, model: LanguageModel) -> None:
        if not model.chat and not isinstance(model, SupportsLoglikelihood):
            raise UsageError(f"{model.name} cannot judge: it has no chat template, and cannot weigh a text")
        self.model = model
        self.format: Format = format_for(model)

    def __call__(self, asks: Sequence[ScoreRequest]) -> list[Response[float] | Exception]:
        """Judge the last step of each path."""
        if self.model.chat:
            return [digit(done) for done in self.model.generate([self._question(ask) for ask in asks])]
        assert isinstance(self.model, SupportsLoglikelihood)
        return [likelihood(read) for read in self.model.loglikelihood([self._text(ask) for ask in asks])]

    def _question(self, ask: ScoreRequest) -> GenerationRequest:
        *before, last = ask.node.path()
        steps = self.format.solution(before).strip() or "(none)"
        text = QUESTION.format(question=ask.tree.problem.question, before=steps, step=last.step.text)
        return GenerationRequest(Prompt(text, "Score: "), max_tokens=2, group=ask.tree.problem.question)

    def _text(self, ask: ScoreRequest) -> tuple[Prompt, str]:
        *before, last = ask.node.path()
        return self.format.step(ask.tree.problem.question, before, None), last.step.text


def digit(done: Completion | Any) -> Response[float] | Exception:
    """The digit of a completion as a score."""
    if not isinstance(done, Completion):
        return done  # type: ignore[no-any-return]
    found = re.search(r"[0-9]+", done.text)
    return Response(min(int(found[0][:3]), 9) / 9 if found else 0.0, done.usage)


def likelihood(read: Scored | Any) -> Response[float] | Exception:
    """The geometric mean of the tokens' probabilities as a score; 0 where there are none."""
    if not isinstance(read, Scored):
        return read  # type: ignore[no-any-return]
    logs = [math.log(max(p, LEAST)) for p in read.probabilities]
    return Response(math.exp(sum(logs) / len(logs)) if logs else 0.0, read.usage)
