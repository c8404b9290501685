"""Read the trees of a run from its store for exports and the viewer."""

from hintree.experiments.study.store import Result, Store
from hintree.search import Node, Tree, choose, trajectory_score
from hintree.view.shown_tree import ShownTree
from hintree.view.story import Story


def solved_tree(store: Store, result: Result) -> ShownTree | None:
    """Return a result's tree, None if the search failed without one."""
    key = (result.arm, result.problem, result.seed)
    return as_solved(result, store.tree(*key)) if store.packed_tree(*key) is not None else None


def as_solved(result: Result, tree: Tree) -> ShownTree:
    """Return a result's tree with the result's facts for display."""
    right = None if result.status == "ungraded" else result.right
    story = Story(result.answer, None, result.reason, usage=result.ledger.to_dict(), right=right)
    return ShownTree(tree, last_step(tree, result.answer), f"{result.arm}, seed {result.seed}", story)


def last_step(tree: Tree, answer: str | None) -> Node:
    """Return the last step of the best solution with this answer; of the best path if there is none."""
    stating = [node for node in tree.terminals() if answer is not None and node.step.answer == answer]
    return max(stating, key=trajectory_score) if stating else choose(tree).node
