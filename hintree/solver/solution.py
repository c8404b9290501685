"""The result of one search: the chosen path, the tree and its cost."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Literal

from hintree.search import Ledger, Node, StopReason
from hintree.search.core.endings import StopKind
from hintree.solver.notebook import solution_html
from hintree.solver.solution_tree import SolutionTree
from hintree.view.shown_tree import ShownTree
from hintree.view.story import Story


@dataclass(frozen=True, slots=True)
class Solution:
    """The outcome of one search.

    Attributes:
        question: Text of the question.
        answer: The selected answer as the grader reads it; None if no path states one, or if it is withheld.
        steps: The selected path, from the first step to the last.
        tree: Every step that was generated, the rejected ones included.
        ledger: The cost of each role.
        stop_reason: Why the search ended; as text "complete", "budget: LIMIT" or "failed: REASON". See also ``status``.
        confidence: In [0, 1]; see ``search.Choice``.
        method: Settings of the method by name: preset, search, rewrite rule, selection.
        models: Name of the model behind each role.
        cut_steps: Steps that were cut because the budget left no more tokens.
        abstained: True if the answer is withheld, as its confidence is below the solver's ``abstain``; the last of
            ``steps`` states it.
    """

    question: str
    answer: str | None
    steps: list[Node]
    tree: SolutionTree
    ledger: Ledger
    stop_reason: StopReason
    confidence: float
    method: Mapping[str, str] = field(default_factory=dict)
    models: Mapping[str, str] = field(default_factory=dict)
    cut_steps: int = 0
    abstained: bool = False

    @property
    def status(self) -> Literal["finished", "budget", "failed"]:
        """Return how the search ended: by itself, at a limit, or failed: by an error, or as every path failed."""
        if self.stop_reason.kind is StopKind.BUDGET:
            return "budget"
        return "finished" if self.stop_reason.kind is StopKind.COMPLETE and not self._stuck else "failed"

    @property
    def ended(self) -> str:
        """Return the status for people, with its reason: "finished", "budget: LIMIT" or "failed: REASON"."""
        if self.stop_reason.kind is StopKind.COMPLETE:
            withheld = ", the answer is withheld" * self.abstained
            return "failed: no path came to an answer" if self._stuck else f"finished{withheld}"
        cut = f" ({self.cut_steps} steps cut to the tokens that were left)" if self.cut_steps else ""
        return f"{self.stop_reason}{cut}"

    def _repr_html_(self) -> str:
        """Return the solution as notebooks show it: facts, steps and the picture of the tree."""
        return solution_html(self)

    @property
    def _stuck(self) -> bool:
        """Tell whether every path has failed, so that there is no answer."""
        return self.answer is None and not any(node.status == "terminal" for node in self.tree)


def solved(solution: Solution, preset: str) -> ShownTree:
    """Return the tree of a solution for exports and the viewer, with what is known about the search."""
    story = Story(
        solution.answer,
        solution.confidence,
        solution.ended,
        {"preset": preset, **solution.method},
        solution.models,
        solution.ledger.to_dict(),
    )
    last = solution.steps[-1] if solution.steps else solution.tree.root
    return ShownTree(solution.tree, last, preset, story)


def settings_of(part: Any) -> str:
    """Return a part of the method as text: the name of its class with its settings, those that are unset left out."""
    if not is_dataclass(part):
        return type(part).__name__
    named = [(f.name, getattr(part, f.name)) for f in fields(part)]
    return f"{type(part).__name__}({', '.join(f'{name}={value}' for name, value in named if value not in (None, ()))})"


def model_name(model: Any) -> str:
    """Return the name of a role's model: a name as it is, that of a loaded model, or the class of anything else."""
    name = model if isinstance(model, str) else getattr(model, "name", None)
    return name if isinstance(name, str) else type(model).__name__


def book_discarded(ledger: Ledger, last: Node) -> None:
    """Book the tokens that are not on the selected path: other steps with their hints and critiques, probes."""
    path = last.path()
    kept = {"hinter": sum(hint_tokens(node) for node in path if node.hint is not None)}
    for role in ("reasoner", "hinter", "teacher"):
        written = (node.step.tokens + critique_tokens(node) for node in path if node.author == role)
        kept[role] = kept.get(role, 0) + sum(written)
    for role, tokens in kept.items():
        ledger[role].discarded_tokens = max(0, ledger[role].generated_tokens - tokens)


def critique_tokens(node: Node) -> int:
    """Return the tokens of the critique that a correction was written after, by the same author; 0 for none."""
    return 0 if node.critique is None else node.critique.tokens


def hint_tokens(node: Node) -> int:
    """Return the tokens of a step's hint; a version that keeps the hint of the step it replaces shares that hint's."""
    older = {n.id: n for n in node.parent.children} if node.parent else {}
    while not node.hint_tokens and node.replaces is not None and older[node.replaces].hint == node.hint:
        node = older[node.replaces]
    return node.hint_tokens
