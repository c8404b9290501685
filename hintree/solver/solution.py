"""The result of one search: the chosen path, the tree and its cost."""

from dataclasses import dataclass

from hintree.search import Ledger, Node, StopReason, Tree
from hintree.view.shown_tree import ShownTree


@dataclass(frozen=True, slots=True)
class Solution:
    """The outcome of one search.

    Attributes:
        question: Text of the question.
        answer: The selected answer as the grader reads it; None if no path states one.
        steps: The selected path, from the first step to the last.
        tree: Every step that was generated, the rejected ones included.
        ledger: The cost of each role.
        stop_reason: Why the search ended; as text "complete", "budget: LIMIT" or "failed: REASON".
        confidence: In [0, 1]; see ``search.Choice``.
    """

    question: str
    answer: str | None
    steps: list[Node]
    tree: Tree
    ledger: Ledger
    stop_reason: StopReason
    confidence: float


def solved(solution: Solution, preset: str) -> ShownTree:
    """Return the tree of a solution for exports and the viewer, with what is known about the search."""
    tokens = {role: account.generated_tokens for role, account in solution.ledger.accounts.items()}
    facts = {
        "answer": "none found" if solution.answer is None else solution.answer,
        "confidence": f"{solution.confidence:.2f}",
        "ended": str(solution.stop_reason),
        "generated tokens": ", ".join(f"{role} {count:,}" for role, count in tokens.items() if count) or "0",
    }
    last = solution.steps[-1] if solution.steps else solution.tree.root
    return ShownTree(solution.tree, last, preset, facts)


def book_discarded(ledger: Ledger, last: Node) -> None:
    """Book the tokens that are not on the selected path: other steps and their hints, probes, strategies."""
    path = last.path()
    kept = {"hinter": sum(hint_tokens(node) for node in path if node.hint is not None)}
    for role in ("reasoner", "teacher"):
        kept[role] = sum(node.step.tokens for node in path if node.author == role)
    for role, tokens in kept.items():
        ledger[role].discarded_tokens = max(0, ledger[role].generated_tokens - tokens)


def hint_tokens(node: Node) -> int:
    """Return the tokens of a step's hint; a version that keeps the hint of the step it replaces shares that hint's."""
    older = {n.id: n for n in node.parent.children} if node.parent else {}
    while not node.hint_tokens and node.replaces is not None and older[node.replaces].hint == node.hint:
        node = older[node.replaces]
    return node.hint_tokens
