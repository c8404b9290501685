"""Read the trees of a run from its store for exports and the viewer."""

from collections.abc import Mapping
from typing import Any

from hintree.errors import HintreeError
from hintree.experiments.study.store import Result, Store
from hintree.experiments.study.store_study import StoredCase
from hintree.lab.checker import first_error
from hintree.lab.parse import parse_problem
from hintree.search import Node, Tree, choose, trajectory_score
from hintree.search.core.ledger import MODEL_ROLES
from hintree.view.shown_tree import ShownTree
from hintree.view.story import Story


def solved_tree(
    store: Store, result: Result, case: StoredCase | None = None, config: Mapping[str, Any] | None = None
) -> ShownTree | None:
    """Return a result's tree, None if the search failed without one.

    Args:
        store: Store of the run.
        result: The result.
        case: Its problem, for the reference and the first wrong step; None leaves them out.
        config: Configuration of its arm, for the method and the models; None leaves them out.
    """
    key = (result.arm, result.problem, result.seed)
    if store.packed_tree(*key) is None:
        return None
    tree = store.tree(*key)
    last = last_step(tree, result.answer)
    story = story_of(result, case, config or {}, last)
    return ShownTree(tree, last, f"{result.arm}, seed {result.seed}", story)


def story_of(result: Result, case: StoredCase | None, config: Mapping[str, Any], last: Node) -> Story:
    """Return what the store knows about a search beside its tree."""
    settings = {name: value for name, value in config.items() if name not in (*MODEL_ROLES, "preset") and value}
    return Story(
        result.answer,
        None,
        result.reason,
        {"preset": str(config.get("preset", result.arm)), **{name: as_text(value) for name, value in settings.items()}},
        {role: config[role] for role in MODEL_ROLES if isinstance(config.get(role), str)},
        result.ledger.to_dict(),
        None if case is None else case.reference,
        None if result.status in ("ungraded", "abstained") else result.right,
        None if case is None else first_wrong(case, last),
    )


def as_text(value: Any) -> str:
    """Return a setting of an arm as text, such as "width=2, depth=9"."""
    return ", ".join(f"{name}={part}" for name, part in value.items()) if isinstance(value, Mapping) else str(value)


def first_wrong(case: StoredCase, last: Node) -> int | None:
    """Return the id of the first wrong step of a path; None if all are right, or outside the lab."""
    if case.family is None:
        return None
    path = last.path()
    try:
        index = first_error(parse_problem(case.question), [node.step.text for node in path])
    except HintreeError:
        return None
    return path[index].id if index >= 0 else None


def last_step(tree: Tree, answer: str | None) -> Node:
    """Return the last step of the best solution with this answer; of the best path if there is none."""
    stating = [node for node in tree.terminals() if answer is not None and node.step.answer == answer]
    return max(stating, key=trajectory_score) if stating else choose(tree).node
