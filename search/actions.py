"""The shipped actions by name, and sets of them."""

from collections.abc import Sequence

from hintree.errors import UsageError
from hintree.search.core.actions import STEP, Action, Yield, at_root, kind_of, ready
from hintree.search.core.tree import Node


def knows_too_little(node: Node) -> bool:
    """Tell whether a query may follow: nothing is open, and nothing was looked up right before."""
    return ready(node) and kind_of(node) is not Yield.PASSAGES


def question_open(node: Node) -> bool:
    """Tell whether the node is a sub-question, which waits for its answer."""
    return kind_of(node) is Yield.SUB_QUESTION


def query_open(node: Node) -> bool:
    """Tell whether the node is a query, which waits to be looked up."""
    return kind_of(node) is Yield.QUERY


ACTIONS = {
    action.name: action
    for action in (
        STEP,
        Action("finish", Yield.SOLUTION, ready),
        Action("sub_question", Yield.SUB_QUESTION, ready),
        Action("sub_answer", Yield.SUB_ANSWER, question_open),
        Action("rephrase", Yield.QUESTION, at_root),
        Action("query", Yield.QUERY, knows_too_little),
        Action("look_up", Yield.PASSAGES, query_open, author="retriever"),
    )
}
"""Every shipped action."""
SETS: dict[str, tuple[str, ...]] = {
    "decompose": ("step", "finish", "sub_question", "sub_answer"),
    "retrieve": ("step", "query", "look_up"),
}
"""Sets of actions that a search takes by one name."""


def find_actions(named: Sequence[str | Action]) -> tuple[Action, ...]:
    """Return the actions of a setting: values as they are, names of actions and of sets, each action once.

    Raises:
        UsageError: A name is neither an action nor a set.
    """
    found: dict[str, Action] = {}
    for one in named:
        names = SETS.get(one, (one,)) if isinstance(one, str) else (one,)
        for name in names:
            if isinstance(name, str) and name not in ACTIONS:
                raise UsageError(f"action {name!r} is not one of {', '.join(ACTIONS)}, nor a set: {', '.join(SETS)}")
            action = ACTIONS[name] if isinstance(name, str) else name
            if not isinstance(action, Action):
                raise UsageError(f"action {str(action)[:60]!r} is neither a name nor an Action")
            found.setdefault(action.name, action)
    return tuple(found.values())
