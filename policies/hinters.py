"""Hinters: handlers that write hints or plans, and filter those that leak."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import update_wrapper

from hintree.errors import UsageError
from hintree.models import Completion, GenerationRequest, LanguageModel
from hintree.policies.formats import format_for
from hintree.policies.leaks import leaks, mask
from hintree.policies.protocol import Protocol
from hintree.policies.sampling import Sampling
from hintree.policies.thoughts import without_thought
from hintree.search import HintOutput, HintRequest, Response, StepRequest, Usage
from hintree.search.core.hints import PLAN_LABEL, STRATEGY_LABEL, Hint, HintKind

SENTENCE_ENDS = ("\u3002", "\uff01", "\uff1f", "\u0964")
"""Characters that end a sentence in Chinese and Hindi; no full stop follows them."""
Hinter = Callable[[Sequence[HintRequest]], Sequence[Response[HintOutput] | Exception]]
"""Handles a batch of ``HintRequest``s: one response or exception per request, in order."""


@dataclass(frozen=True, slots=True)
class Hinting:
    """Settings of a hinter: for which steps hints are written, and the treatment of hints that leak.

    Attributes:
        when: "each" (a hint for every step, as in HintMR), "first" (for the first step only) or "plan" (one plan for
            the whole solution, before the first step).
        leaks: Treatment of a hint that leaks (``hintree.policies.leaks``). "drop": the step is written without it, its
            tokens are counted. "mask": every unknown number becomes "?". "keep": it is used as it is.

    Raises:
        UsageError: A value is not accepted.
    """

    when: str = "each"
    leaks: str = "drop"

    def __post_init__(self) -> None:
        for name, accepted in (("when", ("each", "first", "plan")), ("leaks", ("drop", "mask", "keep"))):
            if getattr(self, name) not in accepted:
                raise UsageError(f"hints {name}={getattr(self, name)!r} is not one of {', '.join(accepted)}")


class HintWriter:
    """Handle ``HintRequest``s with a language model. A retry is always sampled, never greedy.

    Args:
        model: Model that writes the hints.
        sampling: Sampling settings.
        hinting: Kind of hints and treatment of leaks; by default ``Hinting()``.
        protocol: Form of the texts; None for the usual one of the model.
    """

    def __init__(
        self,
        model: LanguageModel,
        sampling: Sampling,
        hinting: Hinting | None = None,
        *,
        protocol: Protocol | None = None,
    ) -> None:
        self.model = model
        self.hinting = hinting or Hinting()
        self.format = format_for(model, protocol)
        self.sampling = sampling.under(self.format.protocol)

    def __call__(self, requests: Sequence[HintRequest]) -> list[Response[HintOutput] | Exception]:
        """Write one hint per request in one batch; a leaked hint that is dropped has ``hint=None``."""
        completions = self.model.generate([self._generation(request) for request in requests])
        return [
            self._output(request, completion) if isinstance(completion, Completion) else completion
            for request, completion in zip(requests, completions, strict=True)
        ]

    def _generation(self, request: HintRequest) -> GenerationRequest:
        problem, words = request.tree.problem, self.format.protocol.words
        if self.hinting.when == "plan":
            prompt = self.format.plan(problem)
            return self.sampling.generation(prompt, request, words.plan_tokens, *words.plan_ends)
        prompt = self.format.hint(problem, request.node.path(), request.avoid, request.revises)
        return self.sampling.generation(prompt, request, words.hint_tokens, "\n")

    def _output(self, request: HintRequest, completion: Completion) -> Response[HintOutput]:
        text, words = without_thought(completion, self.format).text.strip(), self.format.protocol.words
        # The label that a model writes does not decide the kind.
        for label in ("Hint:", words.hint_label, words.plan_label, PLAN_LABEL, STRATEGY_LABEL):
            text = text.removeprefix(label).strip()
        question, steps = request.tree.problem.question, [node.step.text for node in request.node.path()]
        kind = HintKind.PLAN if self.hinting.when == "plan" else HintKind.STEP
        if kind is HintKind.PLAN:
            text = text if text.endswith(SENTENCE_ENDS) else f"{text.rstrip('.')}."
        kept = None if self.hinting.leaks == "drop" and leaks(text, question, steps) else text
        kept = mask(text, question, steps) if self.hinting.leaks == "mask" else kept
        hint = None if kept is None else Hint(kept, kind)
        return Response(HintOutput(hint, completion.usage.generated_tokens), completion.usage)


def only_first(hinter: Hinter) -> Hinter:
    """Return a hinter that writes hints for the first step only; later steps get none, at no cost."""

    def is_first(request: HintRequest | StepRequest) -> bool:
        return request.node.parent is None or isinstance(request, StepRequest)

    def first(requests: Sequence[HintRequest]) -> list[Response[HintOutput] | Exception]:
        handled = [request for request in requests if is_first(request)]
        responses = iter(hinter(handled) if handled else ())
        no_hint = Response(HintOutput(None, 0), Usage())
        return [next(responses) if is_first(request) else no_hint for request in requests]

    return update_wrapper(first, hinter, assigned=(), updated=())
