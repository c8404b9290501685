"""The shipped actions by name, and sets of them."""

from collections.abc import Sequence

from hintree.errors import UsageError
from hintree.search.core.actions import (
    STEP,
    Action,
    Yield,
    at_root,
    kind_of,
    question_and_steps,
    ready,
    solution_path,
)
from hintree.search.core.questions import open_questions
from hintree.search.core.tree import Node


def knows_too_little(node: Node) -> bool:
    """Tell whether a query may follow: nothing is open, and nothing was looked up right before."""
    return ready(node) and kind_of(node) not in (Yield.PASSAGES, Yield.NOTES)


def may_look_up(node: Node) -> bool:
    """Tell whether question and steps, or an open sub-question, may be looked up: nothing was right before."""
    return kind_of(node) not in (Yield.QUERY, Yield.PASSAGES, Yield.NOTES)


def after_look_up(node: Node) -> bool:
    """Tell whether the node holds passages."""
    return kind_of(node) is Yield.PASSAGES


def is_state(node: Node) -> bool:
    """Tell whether a node is a state of rStar's tree: no sub-question, query or look-up waits for what it is for.

    A look-up after a part of the solution is for the next step. One beside the question is a state of its own.
    """
    looked_up = kind_of(node) in (Yield.PASSAGES, Yield.NOTES)
    return ready(node) and not (looked_up and solution_path(node.path()))


def beside_question(node: Node) -> bool:
    """Tell whether the node holds passages for the question, before anything of the solution is written."""
    return after_look_up(node) and is_state(node)


def in_solution(node: Node) -> bool:
    """Tell whether the node is a part of the solution, an open sub-question included."""
    return node.parent is not None and kind_of(node).in_solution


def question_open(node: Node) -> bool:
    """Tell whether the node is a sub-question, which waits for its answer, or what was looked up for one."""
    kind = kind_of(node)
    if kind in (Yield.PASSAGES, Yield.NOTES) and node.parent is not None:
        return question_open(node.parent)
    return kind is Yield.SUB_QUESTION


def nothing_asked(node: Node) -> bool:
    """Tell whether no sub-question on the path waits for its answer, and no query for its passages."""
    return ready(node) and not open_questions(node.path())


def something_asked(node: Node) -> bool:
    """Tell whether a sub-question on the path waits for its answer."""
    return bool(open_questions(node.path()))


def answers_below(node: Node) -> bool:
    """Tell whether a sub-question waits for its answer after those to sub-questions of its own."""
    return kind_of(node) is Yield.SUB_ANSWER and something_asked(node)


def answered_once(node: Node) -> bool:
    """Tell whether the node is the first answer to a sub-question."""
    return kind_of(node) is Yield.SUB_ANSWER


def may_decompose(node: Node) -> bool:
    """Tell whether rStar asks a sub-question: at the root, after a new wording or an answer, but after no step."""
    return is_state(node) and (node.parent is None or kind_of(node) is not Yield.STEP)


def all_answered(node: Node) -> bool:
    """Tell whether the node is an answer after which no sub-question is open."""
    return kind_of(node) is Yield.SUB_ANSWER and not something_asked(node)


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
        Action("ask", Yield.SUB_QUESTION, nothing_asked, author="hinter"),
        Action("split", Yield.SUB_QUESTION, something_asked, author="hinter"),
        Action("merge", Yield.SUB_ANSWER, answers_below),
        Action("solve", Yield.SOLUTION, all_answered),
        Action("sub_questions", Yield.SUB_QUESTIONS, at_root, author="hinter"),
        Action("draft_questions", Yield.SUB_QUESTIONS, at_root, author="hinter"),
        Action("re_answer", Yield.RE_ANSWER, answered_once),
        Action("rephrase", Yield.QUESTION, at_root),
        Action("query", Yield.QUERY, knows_too_little),
        Action("look_up", Yield.PASSAGES, query_open, author="retriever"),
        Action("look_up_steps", Yield.PASSAGES, may_look_up, author="retriever", queries=question_and_steps),
        Action("restate", Yield.QUESTION, after_look_up),
        Action("refine", Yield.NOTES, after_look_up),
    )
}
"""Every shipped action."""
LAST_ANSWER = Action("last_answer", Yield.SOLUTION, question_open)
"""Answer to a sub-question that is the question of the problem; the search "rstar" asks for it."""
CRITIQUE = Action("critique", Yield.CRITIQUE)
"""A critique of a step, which the stage "correct" of the escalation asks for first."""
CORRECT = Action("correct", Yield.CORRECTION)
"""Another version of a step, written after a critique of it."""
REVIEW = Action("review", Yield.CRITIQUE)
"""A critique of a whole solution, which the search "revise" asks for first."""
REVISE = Action("revise", Yield.CORRECTION)
"""A step of another version of a solution, written after a review of the whole."""
MISSING = Action("missing", Yield.QUERY)
"""Queries for what a first solution does not know, one on a line, which the search "slimplm" asks for."""
RSTARS_QUESTION = Action("sub_question", Yield.SUB_QUESTION, may_decompose)
"""A sub-question where rStar asks one."""
SETS: dict[str, tuple[str | Action, ...]] = {
    "decompose": ("step", "finish", "sub_question", "sub_answer"),
    "rstar": ("step", "finish", RSTARS_QUESTION, "sub_answer", "re_answer", "rephrase"),
    "retrieve": ("step", "query", "look_up"),
    "mcts_rag": (
        *("step", Action("finish", Yield.SOLUTION, is_state), RSTARS_QUESTION, "sub_answer", "re_answer", "rephrase"),
        *(Action("query", Yield.QUERY, at_root), "look_up", Action("restate", Yield.QUESTION, beside_question)),
        Action("look_up_steps", Yield.PASSAGES, in_solution, author="retriever", queries=question_and_steps),
    ),
}
"""Sets of actions that a search takes by one name."""
WHERE = {
    Yield.VERDICT: "a verdict on solutions (select=verdict)",
    Yield.COMPLETION: "a check of a solution (select=mutual)",
    Yield.SUB_QUESTIONS: "a list of questions (the search daslam)",
}
"""Kinds of texts that a search with actions does not read, with what reads them."""


def find_actions(named: Sequence[str | Action]) -> tuple[Action, ...]:
    """Return the actions of a setting: values as they are, names of actions and of sets, each action once.

    Raises:
        UsageError: A name is neither an action nor a set, or no search with actions reads what an action writes.
    """
    found: dict[str, Action] = {}
    for one in named:
        names: tuple[str | Action, ...] = SETS.get(one, (one,)) if isinstance(one, str) else (one,)
        for name in names:
            if isinstance(name, str) and name not in ACTIONS:
                raise UsageError(f"action {name!r} is not one of {', '.join(ACTIONS)}, nor a set: {', '.join(SETS)}")
            action = ACTIONS[name] if isinstance(name, str) else name
            if not isinstance(action, Action):
                raise UsageError(f"action {str(action)[:60]!r} is neither a name nor an Action")
            if action.yields in (Yield.CRITIQUE, Yield.CORRECTION):
                raise UsageError(
                    f"action {action.name!r} writes a step again, which grows no node: give the rewrite rule "
                    "the stage correct, as in --rewrite stages=hint+correct+teacher, or take the search revise"
                )
            if action.yields in WHERE:
                raise UsageError(f"action {action.name!r} writes {WHERE[action.yields]}, and grows no node")
            found.setdefault(action.name, action)
    return tuple(found.values())
