"""Who writes hints: when they are written, and what becomes of those that say too much."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hintree.errors import UsageError
from hintree.models import Completion, GenerationRequest, LanguageModel
from hintree.policies.formats import format_for
from hintree.policies.leaks import leaks, mask
from hintree.policies.writers import Sampling
from hintree.search import HintOutput, HintRequest, Response, Usage
from hintree.search.core.hints import PLAN_LABEL, STRATEGY_LABEL, Hint, HintKind

Hinter = Callable[[Sequence[HintRequest]], Sequence[Response[HintOutput] | Exception]]
"""Answers ``Hint`` questions."""


@dataclass(frozen=True, slots=True)
class Hinting:
    """When hints are written, and what becomes of those that say too much.

    Attributes:
        when: "each" (for every step, as HintMR does), "first" (for the first step only) or "plan" (one plan for the
            whole solution, before the first step).
        leaks: A hint that says too much (``hintree.policies.leaks``) is dropped ("drop": its tokens are booked, and its
            step is written without), has its unknown numbers blanked ("mask"), or is used as it is ("keep").

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
    """Answers ``Hint`` questions. A retry is always drawn, never greedy.

    Args:
        model: Who writes.
        sampling: How.
        hinting: When hints are written, and what becomes of those that say too much.
    """

    def __init__(self, model: LanguageModel, sampling: Sampling, hinting: Hinting | None = None) -> None:
        self.model = model
        self.sampling = sampling
        self.hinting = hinting or Hinting()
        self.format = format_for(model)

    def __call__(self, asks: Sequence[HintRequest]) -> list[Response[HintOutput] | Exception]:
        """Write the hints."""
        answers = self.model.generate([self._request(ask) for ask in asks])
        return [self._hint(ask, a) if isinstance(a, Completion) else a for ask, a in zip(asks, answers, strict=True)]

    def _request(self, ask: HintRequest) -> GenerationRequest:
        question, form = ask.tree.problem.question, self.format
        if self.hinting.when == "plan":
            return self.sampling.request(form.plan(question), ask, form.plan_tokens, *form.plan_ends)
        return self.sampling.request(form.hint(question, ask.node.path(), ask.avoid), ask, form.hint_tokens, "\n")

    def _hint(self, ask: HintRequest, done: Completion) -> Response[HintOutput]:
        text = done.text.strip()
        for label in ("Hint:", PLAN_LABEL, STRATEGY_LABEL):  # what it calls itself does not make it a plan
            text = text.removeprefix(label).strip()
        question, steps = ask.tree.problem.question, [node.step.text for node in ask.node.path()]
        kind = HintKind.PLAN if self.hinting.when == "plan" else HintKind.STEP
        if kind is HintKind.PLAN:
            text = f"{text.rstrip('.')}."
        kept = None if self.hinting.leaks == "drop" and leaks(text, question, steps) else text
        kept = mask(text, question, steps) if self.hinting.leaks == "mask" else kept
        return Response(HintOutput(None if kept is None else Hint(kept, kind), done.usage.generated_tokens), done.usage)


def only_first(answer: Hinter) -> Hinter:
    """A hinter that is asked before the first step only; later steps have no hint, and cost none."""

    def first(asks: Sequence[HintRequest]) -> list[Response[HintOutput] | Exception]:
        roots = [ask for ask in asks if ask.node.parent is None]
        told = iter(answer(roots) if roots else ())
        return [next(told) if ask.node.parent is None else Response(HintOutput(None, 0), Usage()) for ask in asks]

    return first
