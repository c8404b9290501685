"""Thoughts: grow them step by step, write them whole before an answer, and keep them out of solutions.

A thought is text between the marks of a ``ThinkingStyle``. No answer is read in it, and no end of a solution.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from hintree.errors import ModelError
from hintree.models import Completion, GenerationRequest, LanguageModel, Span
from hintree.models.thinking import split_thought
from hintree.policies.answer_trigger import calls_for_trigger, state_answers
from hintree.policies.formats import PromptFormat
from hintree.policies.paths import thought_tokens
from hintree.policies.steps import as_step
from hintree.search import Node, Problem, Response, StepOutput
from hintree.search.core.loops import period_of_steps

log = logging.getLogger(__name__)
MODES = {
    "off": "thinking is turned off",
    "whole": "a whole thought and its answer are one step",
    "search": "its thoughts grow step by step",
}
"""Thinking modes, and what they mean for a model that thinks."""


def as_thought(
    done: Completion, form: PromptFormat, path: Sequence[Node], problem: Problem, repeats: int
) -> Response[StepOutput]:
    """Convert a completion to the next part of a thought; it is cut at the end of its budget, and where it loops.

    Args:
        done: The completion.
        form: Prompts of the model, with the budget.
        path: The parts before it.
        problem: The problem.
        repeats: Repetitions of a part, or of several, that make a loop; 0 to let them be.
    """
    marks = form.marks
    if done.thought is None and marks.close in done.text:  # a server that keeps the mark in its text
        at = done.text.index(marks.close)
        done = done._replace(text=done.text[:at], ended="stop", stopped_by=marks.close, token_ids=())
    response = as_step(done, "", form, problem)
    closed = done.stopped_by == marks.close
    spent = thought_tokens(path) + done.usage.generated_tokens >= form.protocol.thinking_tokens
    looped = done.ended == "loop" or period_of_steps([*(n.step.text for n in path), response.value.text], repeats) > 0
    cut = not closed and (spent or looped or done.ended == "end")
    step = response.value._replace(
        text=done.text if closed else response.value.text,  # with the line break before the mark
        thinking=True,
        answer=None,
        cut_thought=cut,
        ended="delimiter" if cut or done.ended == "end" else response.value.ended,
        token_ids=() if done.ended == "end" else response.value.token_ids,
    )
    return Response(step, response.usage)


def begins_thought(done: Completion, form: PromptFormat) -> bool:
    """Tell whether a text begins a thought and does not end it, which a model may do with thinking turned off."""
    marks = form.marks
    return done.text.lstrip().startswith(marks.open.strip()) and marks.close not in done.text


class WholeRequest(NamedTuple):
    """Request for a whole thought with its answer.

    first: Request for the first step of the solution, with the opening of the thought in its prompt.
    problem: The problem.
    limit: Tokens of thought and answer together, at least 1; None for the protocol's own limits.
    """

    first: GenerationRequest
    problem: Problem
    limit: int | None = None


def think_whole(
    model: LanguageModel, form: PromptFormat, requests: Sequence[WholeRequest]
) -> list[Response[StepOutput] | Exception]:
    """Write whole thoughts with their answers: first the thoughts, up to their end or budget, then the answers.

    A server that returns thoughts apart, or cannot continue them, writes both in one generation. A thought that is cut
    there is closed where the server keeps a finished thought in the assistant's turn.

    Args:
        model: Model that thinks.
        form: Its prompts.
        requests: One request per problem.

    Returns:
        One step per request, in the same order: the answer as its text, the thought beside it.
    """
    if not requests:
        return []
    assert form.style is not None
    thoughts = model.generate([begun_thought(request.first, model, form, request.limit) for request in requests])
    closed = {i: done for i, done in enumerate(thoughts) if isinstance(done, Completion) and goes_on(done, model)}
    following = [after_thought(requests[i].first, done, form, requests[i].limit) for i, done in closed.items()]
    answers = dict(zip(closed, model.generate(following), strict=True)) if following else {}
    asked = dict(zip(closed, following, strict=True))

    def steps(answers: Mapping[int, Completion | ModelError]) -> list[Response[StepOutput] | Exception]:
        return [
            joined(closed[i], answers[i], form, request.problem)
            if i in closed
            else as_whole(answers.get(i, thoughts[i]), form, request.problem)
            for i, request in enumerate(requests)
        ]

    found = steps(answers)
    unanswered = {
        i: (asked.get(i) or replace(requests[i].first, thinking_tokens=0), done)
        for i, response in enumerate(found)
        if isinstance(done := answers.get(i, thoughts[i]), Completion)
        and (i in closed or done.thought is not None)  # else the thought stands in the text
        and calls_for_trigger(response, done, form)
    }
    return steps({**answers, **state_answers(model, form, unanswered)}) if unanswered else found


def begun_thought(
    request: GenerationRequest, model: LanguageModel, form: PromptFormat, limit: int | None = None
) -> GenerationRequest:
    """Return the request for a thought, with the answer if the model cannot continue a thought.

    Both together may have ``limit`` tokens, if it is given.
    """
    assert form.style is not None
    protocol = form.protocol
    begun = replace(request, stop_pattern="", min_tokens=0)
    tokens = protocol.thinking_tokens if limit is None else min(protocol.thinking_tokens, limit)
    if model_continues(model):
        return replace(begun, max_tokens=tokens, stop=(form.style.close,), thinking_tokens=0)
    answer = answer_limit(protocol.answer_tokens, limit, tokens)
    return replace(begun, max_tokens=answer, stop=(), thinking_tokens=tokens, repeats=0)


def answer_limit(tokens: int, limit: int | None, thought: int) -> int:
    """Return the tokens of an answer, at most ``tokens``: what ``limit`` leaves after a thought, but at least 1."""
    return tokens if limit is None else max(1, min(tokens, limit - thought))


def goes_on(done: Completion, model: LanguageModel) -> bool:
    """Tell whether an answer is still to be written after a completion: after a thought, or one that was cut."""
    if model_continues(model):
        return True
    return lacks_answer(done) and bool(getattr(model, "closes_thoughts", False))


def lacks_answer(done: Completion) -> bool:
    """Tell whether a completion that holds a thought apart ended before its answer began."""
    return bool(done.thought) and not done.text.strip()


def model_continues(model: LanguageModel) -> bool:
    """Tell whether a model can continue a thought that is given to it."""
    return bool(getattr(model, "continues_thoughts", True))


def after_thought(
    request: GenerationRequest, thought: Completion, form: PromptFormat, limit: int | None = None
) -> GenerationRequest:
    """Return the request for the answer after a thought, which is closed if it has not ended.

    Both together may have ``limit`` tokens, if it is given.
    """
    assert form.style is not None
    closed = thought.stopped_by == form.style.close
    text = thought.text or thought.thought or ""
    written = f"{text}{form.style.close}" if closed else text
    forced = "" if closed else form.style.forced_close
    own = Span(written, thought.token_ids, thought.tokenizer)
    prompt = request.prompt.extended(own, Span(forced, control=True))
    return replace(
        request,
        prompt=prompt,
        max_tokens=answer_limit(form.protocol.answer_tokens, limit, thought.usage.generated_tokens),
        stop=(),
        stop_pattern="",
        min_tokens=0,
        thinking_tokens=0,
    )


def joined(
    thought: Completion, answer: Completion | ModelError, form: PromptFormat, problem: Problem
) -> Response[StepOutput] | Exception:
    """Return the step of a thought and the answer after it, with the cost of both."""
    if not isinstance(answer, Completion):
        return answer
    assert form.style is not None
    cut = thought.stopped_by != form.style.close
    both = thought.token_ids + answer.token_ids if not cut and thought.token_ids and answer.token_ids else ()
    whole = answer._replace(
        probabilities=thought.probabilities + answer.probabilities,
        entropies=thought.entropies + answer.entropies,
        usage=thought.usage.plus(answer.usage),
        token_ids=both,
        tokenizer=answer.tokenizer if both else "",
    )
    response = as_step(without_thought(whole, form), "", form, problem, (thought.text or thought.thought or "").strip())
    return Response(response.value._replace(cut_thought=cut), response.usage)


def as_whole(done: Completion | ModelError, form: PromptFormat, problem: Problem) -> Response[StepOutput] | Exception:
    """Return the step of a completion that holds a thought and an answer; an empty one, cut, if no answer followed."""
    if not isinstance(done, Completion):
        return done
    inner, _ = split_thought(done.text, form.marks)
    if form.protocol.open and inner is None and not done.thought and done.ended == "length":
        done = done._replace(text="", thought=done.text)  # its template may have opened the thought
    thought = done.thought or inner or ""
    return without_answer(as_step(without_thought(done, form), "", form, problem, thought), done)


def without_answer(response: Response[StepOutput], done: Completion) -> Response[StepOutput]:
    """Return the step of a completion; if a thought used up its tokens, the solution ends there without an answer."""
    if not (lacks_answer(done) and done.ended in ("length", "loop")):
        return response
    step = response.value._replace(text="", answer=None, ended="end", thought=done.thought or "", cut_thought=True)
    return Response(step, response.usage)


def without_thought(done: Completion, form: PromptFormat) -> Completion:
    """Return a completion without a thought in its text, which a model may write with thinking turned off.

    Text after an opening mark without a closing one is a thought too. The tokens are kept: the model reads what it
    wrote.
    """
    thought, answer = split_thought(done.text, form.marks)
    return done if thought is None else done._replace(text=answer, thought=done.thought or thought)


@lru_cache(maxsize=256)
def say_style(model: str, style: str, thinking: str) -> None:
    """Log once which thinking style a model was recognised by, and the mode that ``thinking: auto`` chose."""
    log.warning(
        "model %s thinks (style %s): %s; a protocol with `thinking: off`, `whole` or `search` chooses",
        model,
        style,
        MODES[thinking],
    )
