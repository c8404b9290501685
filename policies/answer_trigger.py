"""Answer triggers: ask for the answer of a solution that ended without stating one.

Kojima et al. 2022 (arXiv 2205.11916, 3.2): the solution is continued with a sentence such as "The answer is", which the
model completes. The model states the answer itself; none is guessed from the solution.
"""

from collections.abc import Mapping
from dataclasses import replace

from hintree.models import Completion, GenerationRequest, LanguageModel, Span
from hintree.policies.formats import PromptFormat
from hintree.search import Response, StepOutput

TOKENS = 32
"""Maximum number of tokens of the answer."""


def calls_for_trigger(response: Response[StepOutput] | Exception, done: Completion, form: PromptFormat) -> bool:
    """Return True for a step that ends a solution without an answer, where the protocol has a trigger."""
    if isinstance(response, Exception) or not form.protocol.answer_trigger:
        return False
    step = response.value
    ended = done.ended == "end" and step.ended == "end" and bool(step.text.strip())
    return ended and step.answer is None and not step.thinking and not step.cut_thought


def state_answers(
    model: LanguageModel, form: PromptFormat, unanswered: Mapping[int, tuple[GenerationRequest, Completion]]
) -> dict[int, Completion]:
    """Return solutions continued by the trigger and the answer after it, with the cost of both, in one batch.

    Args:
        model: Model that wrote the solutions.
        form: Its prompts.
        unanswered: Request and completion of each last step that states no answer, by any key.

    Returns:
        The continued completions by the same keys. Those whose answer the model could not write are left out.
    """
    after = (form.protocol.step.between or " ") + form.protocol.answer_trigger
    requests = [
        replace(
            request,
            prompt=request.prompt.extended(Span(done.text.rstrip()), Span(after)),
            temperature=0.0,
            max_tokens=TOKENS,
            stop=(*request.stop, "\n"),
            stop_pattern="",
            min_tokens=0,
            repeats=0,
        )
        for request, done in unanswered.values()
    ]
    found = dict(zip(unanswered, model.generate(requests), strict=True))
    return {
        key: with_answer(unanswered[key][1], after, more) for key, more in found.items() if isinstance(more, Completion)
    }


def with_answer(done: Completion, after: str, more: Completion) -> Completion:
    """Return a completion continued by the trigger and another one; its tokens do not spell the trigger."""
    return done._replace(
        text=f"{done.text.rstrip()}{after}{more.text}",
        probabilities=done.probabilities + more.probabilities,
        entropies=done.entropies + more.entropies,
        usage=done.usage.plus(more.usage),
        token_ids=(),
        tokenizer="",
    )
