"""The draft that a critique or a correction is about, as its author reads it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hintree.models import Span
from hintree.policies.words import fill
from hintree.search import Node
from hintree.search.core.actions import ActionPrompt, solution_path

if TYPE_CHECKING:
    from hintree.policies.formats import PromptFormat


def facts_of_draft(form: "PromptFormat", last: Node | None, critique: str) -> dict[str, str]:
    """Return what the wording of an action may say of a draft that ends with ``last``; "" for each without a draft."""
    if last is None:
        return dict.fromkeys(("step", "solution", "score", "suspicion", "critique"), "")
    score = "" if last.score is None else f"{last.score:.2f}"
    return {
        "step": last.step.text,
        "solution": form.solution(last.path()).strip(),
        "score": score,
        "suspicion": form.protocol.words.suspicion(score, last.fault),
        "critique": critique,
    }


def shown_steps(
    form: "PromptFormat", path: Sequence[Node], wording: ActionPrompt, last: Node | None, critique: str
) -> list[Span]:
    """Return the steps in the author's turn: those of the path, before them the draft where the wording shows it there.

    Args:
        form: Prompts of the model.
        path: Nodes before the new one.
        wording: Wording of the action.
        last: Last step of the draft; None for an action without one.
        critique: What a correction is written after.
    """
    if last is None or not (wording.after_draft or last in path):
        return form.steps(form.read_of(solution_path(path)))
    draft, gap = last.path(), "\n" if last.step.ended == "length" else ""
    before = form.steps(form.read_of(solution_path(draft)))
    between = Span(gap + fill(wording.after_draft, critique=critique))
    return [*before, between, *form.steps(form.read_of([node for node in path if node not in draft]))]
