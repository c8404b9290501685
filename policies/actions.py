"""Write the texts of actions: the request to the model, and the step that its completion becomes."""

from collections.abc import Sequence
from dataclasses import replace

from hintree.models import Completion, GenerationRequest, Prompt
from hintree.policies.formats import PromptFormat
from hintree.policies.paths import unfinished_start
from hintree.policies.sampling import Sampling
from hintree.policies.steps import as_step, last_line
from hintree.policies.thoughts import without_thought
from hintree.policies.verification import cut_prompt, verdict_prompt
from hintree.search import Node, Problem, Response, StepOutput, StepRequest
from hintree.search.core.actions import Action, ActionPrompt, Yield, kind_of, solution_path
from hintree.search.core.questions import question_key


def action_generation(
    form: PromptFormat, sampling: Sampling, request: StepRequest, action: Action
) -> GenerationRequest:
    """Return the model-level request for the text of an action.

    It ends where the wording says, else where the protocol's steps end; the rest of a solution ends with the turn.
    """
    wording, rule = form.wording(action), form.protocol.step
    whole = action.yields in (Yield.SOLUTION, Yield.COMPLETION, Yield.VERDICT)
    stops = wording.ends or (() if whole else rule.stops)
    limit = wording.max_tokens or (form.protocol.answer_tokens if whole else rule.max_tokens)
    limit = limit if request.limit is None else min(limit, request.limit)
    made = sampling.generation(prompt_of(form, request, action), request, limit, *stops)
    pattern = "" if whole or wording.ends else rule.stop_pattern
    return replace(made, stop_pattern=pattern, repeats=request.tree.limits.repeats)


def prompt_of(form: PromptFormat, request: StepRequest, action: Action) -> Prompt:
    """Return the prompt for the text of an action; who answers a sub-question again does not read the first answer."""
    problem, path = request.tree.problem, request.node.path()
    if request.cut is not None:
        return cut_prompt(form, problem, path, request.cut)
    if request.candidates:
        return verdict_prompt(form, problem, request.candidates, action)
    if action.yields is Yield.RE_ANSWER and path and kind_of(path[-1]) is Yield.SUB_ANSWER:
        path = path[:-1]
    critique = "" if request.critique is None else request.critique.text
    return form.act(problem, path, action, request.revises, critique)


def as_yield(
    done: Completion, action: Action, path: Sequence[Node], form: PromptFormat, problem: Problem
) -> Response[StepOutput]:
    """Convert a completion to the text of an action.

    A text that is no end of a solution states no answer, and is complete where it ends; it has "ended" with "end" where
    it says that nothing is left to ask, or that nothing is wrong. The rest of a solution is one step, whose answer is
    read in the whole text.
    """
    shown = solution_path(path)
    start = unfinished_start(shown) if action.yields is Yield.CORRECTION else len(shown)
    above = last_line(shown[:start]) if action.yields.may_end else ""
    response = as_step(without_thought(done, form), form.solution(shown[start:]), form, problem, above=above)
    step = response.value
    if not action.yields.may_end:
        text = step.text.strip()
        stopped = is_stop(text, form.wording(action))
        step = step._replace(text=text, answer=None, ended="end" if stopped else "delimiter")
    elif form.wording(action).begin:
        step = step._replace(text=step.text.strip())
    return Response(step, response.usage)


def is_stop(text: str, wording: ActionPrompt) -> bool:
    """Tell whether a text is the one by which its author says that nothing is left to ask, or that nothing is wrong."""
    return bool(wording.stop) and question_key(text) == question_key(wording.stop)
