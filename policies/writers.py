"""Step writers: the handlers of reasoner and teacher.

A step of a solution or of a thought is one generation. A whole thought with its answer is two: the thought up to its
end or its budget, then the answer after it (``thoughts.py``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from hintree.errors import ModelError
from hintree.models import Completion, GenerationRequest, LanguageModel
from hintree.policies.actions import action_generation, as_yield
from hintree.policies.answer_trigger import calls_for_trigger, state_answers
from hintree.policies.formats import format_for
from hintree.policies.paths import thought_tokens, unfinished_start
from hintree.policies.protocol import Protocol
from hintree.policies.sampling import Sampling
from hintree.policies.steps import as_step, last_line
from hintree.policies.thoughts import (
    WholeRequest,
    as_thought,
    begins_thought,
    say_style,
    think_whole,
    without_answer,
    without_thought,
)
from hintree.policies.verification import as_completion
from hintree.search import Response, StepOutput, StepRequest
from hintree.search.core.actions import solution_path


class StepWriter:
    """Handle ``StepRequest``s of the reasoner or the teacher with a language model.

    Args:
        model: Model that writes the steps.
        sampling: Sampling settings; those of the protocol take their place.
        keep_hints: Show the hints of earlier steps in the prompts of later ones (an option of HintMR, off there).
        protocol: Form of the texts; None for the usual one of the model.
    """

    def __init__(
        self, model: LanguageModel, sampling: Sampling, *, keep_hints: bool = False, protocol: Protocol | None = None
    ) -> None:
        self.model = model
        self.keep_hints = keep_hints
        self.format = format_for(model, protocol)
        self.sampling = sampling.under(self.format.protocol)
        if self.format.style and self.format.thinking and self.format.protocol.thinking == "auto":
            say_style(model.name, self.format.style.name, self.format.thinking)

    def __call__(self, requests: Sequence[StepRequest]) -> list[Response[StepOutput] | Exception]:
        """Write one step per request in one batch."""
        generations = [self.generation(request) for request in requests]
        whole = {i: request for i, request in enumerate(requests) if self._whole(request)}
        thinking = [WholeRequest(generations[i], one.tree.problem, one.limit) for i, one in whole.items()]
        answers = iter(think_whole(self.model, self.format, thinking))
        steps = [g for i, g in enumerate(generations) if i not in whole]
        written = iter(self.model.generate(steps) if steps else ())
        completions = {i: next(written) for i in range(len(requests)) if i not in whole}
        found = {i: self._output(requests[i], done) for i, done in completions.items()}
        found |= self._answered(requests, generations, completions, found)
        return [next(answers) if i in whole else found[i] for i in range(len(requests))]

    def _answered(
        self,
        requests: Sequence[StepRequest],
        generations: Sequence[GenerationRequest],
        completions: Mapping[int, Completion | ModelError],
        found: Mapping[int, Response[StepOutput] | Exception],
    ) -> dict[int, Response[StepOutput] | Exception]:
        """Return the last steps that stated no answer, with the one that the model states when it is asked for it."""
        unanswered = {
            i: (generations[i], done)
            for i, done in completions.items()
            if isinstance(done, Completion)
            and requests[i].tokens is None
            and calls_for_trigger(found[i], done, self.format)
        }
        if not unanswered:
            return {}
        stated = state_answers(self.model, self.format, unanswered)
        return {i: self._output(requests[i], done) for i, done in stated.items()}

    def _whole(self, request: StepRequest) -> bool:
        """Tell whether the answer to a request is a whole thought with its answer."""
        whole = self.format.thinking == "whole" and request.node.parent is None and request.tokens is None
        return whole and request.action is None

    def _output(self, request: StepRequest, done: Completion | ModelError) -> Response[StepOutput] | Exception:
        if not isinstance(done, Completion):
            return done
        path, form = request.node.path(), self.format
        if request.cut is not None:
            return as_completion(done, request, form)
        if request.action is not None:
            return as_yield(done, request.action, path, form, request.tree.problem)
        path = solution_path(path)
        if form.in_thought(path) or (not path and begins_thought(done, form)):
            return as_thought(done, form, path, request.tree.problem, request.tree.limits.repeats)
        start = unfinished_start(path)
        before, above = form.solution(path[start:]), last_line(path[:start])
        shown = without_thought(done, form)
        return without_answer(as_step(shown, before, form, request.tree.problem, above=above), shown)

    def generation(self, request: StepRequest) -> GenerationRequest:
        """Return the model-level request for a step: a probe, a part of a thought, or a step of the solution."""
        if request.action is not None:
            return action_generation(self.format, self.sampling, request, request.action)
        problem, path, rule = request.tree.problem, request.node.path(), self.format.protocol.step
        prompt = self.format.step(problem, path, request.hint, keep_hints=self.keep_hints)
        if request.tokens is not None:  # a first-token probe is always greedy
            return Sampling().generation(prompt, request, request.tokens, *rule.stops)
        limit, stops, path = rule.max_tokens, rule.stops, solution_path(path)
        if self.format.in_thought(path):  # a thought has its own budget
            limit = max(1, min(limit, self.format.protocol.thinking_tokens - thought_tokens(path)))
            stops = (*stops, self.format.marks.close)
        limit = limit if request.limit is None else min(limit, request.limit)
        made = self.sampling.generation(prompt, request, limit, *stops)
        rest = unfinished_start(path) < len(path)
        return replace(
            made,
            stop_pattern=rule.stop_pattern,
            min_tokens=rule.min_tokens,
            may_be_blank=rest,
            repeats=request.tree.limits.repeats,
        )
