"""Write the texts of actions: the request to the model, and the step that its completion becomes."""

from collections.abc import Sequence
from dataclasses import replace

from hintree.models import Completion, GenerationRequest
from hintree.policies.formats import PromptFormat
from hintree.policies.sampling import Sampling
from hintree.policies.steps import as_step, last_line
from hintree.policies.thoughts import without_thought
from hintree.search import Node, Problem, Response, StepOutput, StepRequest
from hintree.search.core.actions import Action, Yield, solution_path


def action_generation(
    form: PromptFormat, sampling: Sampling, request: StepRequest, action: Action
) -> GenerationRequest:
    """Return the model-level request for the text of an action.

    It ends where the wording says, else where the protocol's steps end; the rest of a solution ends with the turn.
    """
    wording, rule = form.wording(action), form.protocol.step
    whole = action.yields is Yield.SOLUTION
    stops = wording.ends or (() if whole else rule.stops)
    limit = wording.max_tokens or (form.protocol.answer_tokens if whole else rule.max_tokens)
    limit = limit if request.limit is None else min(limit, request.limit)
    prompt = form.act(request.tree.problem, request.node.path(), action, request.revises)
    made = sampling.generation(prompt, request, limit, *stops)
    pattern = "" if whole or wording.ends else rule.stop_pattern
    return replace(made, stop_pattern=pattern, repeats=request.tree.limits.repeats)


def as_yield(
    done: Completion, action: Action, path: Sequence[Node], form: PromptFormat, problem: Problem
) -> Response[StepOutput]:
    """Convert a completion to the text of an action.

    A text that is no end of a solution states no answer, and is complete where it ends. The rest of a solution is one
    step, whose answer is read in the whole text.
    """
    above = last_line(solution_path(path)) if action.yields.may_end else ""
    response = as_step(without_thought(done, form), "", form, problem, above=above)
    step = response.value
    if not action.yields.may_end:
        step = step._replace(text=step.text.strip(), answer=None, ended="delimiter")
    elif form.wording(action).begin:
        step = step._replace(text=step.text.strip())
    return Response(step, response.usage)
