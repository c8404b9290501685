"""The trees of a run: what its store holds, as the exports and the viewer take it."""

from hintree.experiments.study.store import Result, Store
from hintree.search import Node, Tree, choose, trajectory_score
from hintree.view.shown_tree import ShownTree


def solved_tree(store: Store, result: Result) -> ShownTree | None:
    """A result's tree, None where the search failed and left none."""
    key = (result.arm, result.problem, result.seed)
    return as_solved(result, store.tree(*key)) if store.packed_tree(*key) is not None else None


def as_solved(result: Result, tree: Tree) -> ShownTree:
    """A result's tree with what the result says about it."""
    facts = {
        "answer": "none found" if result.answer is None else result.answer,
        "which is": "ungraded" if result.status == "ungraded" else "right" if result.right else "wrong",
        "ended": result.reason,
        "generated tokens": f"{result.ledger.total('generated_tokens'):,.0f}",
    }
    return ShownTree(tree, last_step(tree, result.answer), f"{result.arm}, seed {result.seed}", facts)


def last_step(tree: Tree, answer: str | None) -> Node:
    """The last step of the best solution that states this answer; of the best path where none does."""
    stating = [node for node in tree.terminals() if answer is not None and node.step.answer == answer]
    return max(stating, key=trajectory_score) if stating else choose(tree).node
