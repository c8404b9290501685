"""Actions: the ways in which a node may grow, as values.

An ``Action`` says when it applies, what it asks a model for, and what its text is (``Yield``), from which follows how
later requests read it. A search takes a list of actions; ``plan`` reserves their children at a node. The shipped ones
are in search/actions.py. A user's own is a value of this class too.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from hintree.errors import UsageError

if TYPE_CHECKING:
    from hintree.search.core.tree import Node


class Yield(StrEnum):
    """Kind of the text that an action adds to a tree.

    STEP: The next step of the solution.
    SOLUTION: The rest of the solution, to its end, as one node.
    SUB_QUESTION: A question whose answer helps; it is no end of the solution and states no answer.
    SUB_ANSWER: The answer to the sub-question before it; it is no end of the solution either.
    QUESTION: New wording of the question, which later requests read in place of the old one.
    QUERY: Words to look up; only the action that looks them up reads them.
    PASSAGES: Retrieved passages, which later requests read beside the question.
    CORRECTION: Another version of a step, written after a critique of it.
    """

    STEP = "step"
    SOLUTION = "solution"
    SUB_QUESTION = "sub_question"
    SUB_ANSWER = "sub_answer"
    QUESTION = "question"
    QUERY = "query"
    PASSAGES = "passages"
    CORRECTION = "correction"

    @property
    def in_solution(self) -> bool:
        """Tell whether the text is a part of the solution, which models continue and scorers score."""
        return self not in (Yield.QUESTION, Yield.QUERY, Yield.PASSAGES)

    @property
    def may_end(self) -> bool:
        """Tell whether a solution may end with the text, and state its answer there."""
        return self in (Yield.STEP, Yield.SOLUTION, Yield.CORRECTION)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionPrompt:
    """Wording of an action in one language.

    Attributes:
        ask: Instruction added to the user's turn; "" for none. ``{question}`` stands for the question as it was last
            worded, ``{step}`` and ``{score}`` for the step that a correction is about.
        begin: Label that the model's text follows, such as "Sub-question:"; later requests read it before the text.
        ends: Texts that end the model's text; () for where the protocol's steps end.
        max_tokens: Maximum number of tokens, at least 1; 0 for the protocol's limit of a step.
    """

    ask: str = ""
    begin: str = ""
    ends: tuple[str, ...] = ()
    max_tokens: int = 0


def anywhere(node: "Node") -> bool:
    """Return True: the action applies at every open node."""
    return True


def at_root(node: "Node") -> bool:
    """Tell whether nothing has been written yet."""
    return node.parent is None


@dataclass(frozen=True, slots=True)
class Action:
    """A way to grow a node.

    Attributes:
        name: Name in trees, exports and tables; the protocol words the action under it.
        yields: Kind of the text that it adds.
        when: Condition on the node to grow: a function that returns True where the action applies.
        samples: Children that one expansion writes by it, at least 1.
        author: Role that writes the text: "reasoner", "teacher" or "hinter"; passages come from the "retriever".
        prompt: Wording; None for the protocol's (``Words.actions``).

    Raises:
        UsageError: A value is outside its range.
    """

    name: str
    yields: Yield = Yield.STEP
    when: Callable[["Node"], bool] = anywhere
    samples: int = 1
    author: str = "reasoner"
    prompt: ActionPrompt | None = field(default=None, hash=False)

    def __post_init__(self) -> None:
        if not self.name.strip() or not self.name.isprintable():
            raise UsageError(f"action name={self.name!r} is no name")
        if not isinstance(self.samples, int) or isinstance(self.samples, bool) or self.samples < 1:
            raise UsageError(f"action {self.name}: samples={self.samples!r} is not a whole number of at least 1")
        authors = ("retriever",) if self.yields is Yield.PASSAGES else ("reasoner", "teacher", "hinter")
        if self.author not in authors:
            raise UsageError(f"action {self.name}: author={self.author!r} is not one of {', '.join(authors)}")


def kind_of(node: "Node") -> Yield:
    """Return the kind of a node's text."""
    return Yield.STEP if node.action is None else node.action.yields


def ready(node: "Node") -> bool:
    """Tell whether no sub-question waits for its answer, and no query for its passages."""
    return kind_of(node) not in (Yield.SUB_QUESTION, Yield.QUERY)


STEP = Action("step", when=ready)
"""The next step: what a search without actions writes."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A retrieved passage.

    Attributes:
        id: Its name in the index, which a step may cite.
        text: The passage.
        score: The retriever's score; higher is better.
    """

    id: str
    text: str
    score: float = 0.0


def applicable(node: "Node", actions: Sequence[Action]) -> list[Action]:
    """Return the actions that apply at an open node, in order; a step that was cut is continued by ``STEP`` alone."""
    if node.step.ended == "length":
        return [STEP]
    return [action for action in actions if action.when(node)]


def solution_path(path: Sequence["Node"]) -> list["Node"]:
    """Return the nodes of a path that are parts of the solution, in order."""
    return [node for node in path if kind_of(node).in_solution]
