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
    SUB_ANSWER: The answer to the innermost open sub-question; it is no end of the solution either.
    RE_ANSWER: Another answer to the sub-question just answered, which later requests read in place of the first.
    SUB_QUESTIONS: Several sub-questions, one on a line; only the search reads them, which asks them one by one.
    QUESTION: New wording of the question, which later requests read in place of the old one.
    QUERY: Words to look up; only the action that looks them up reads them.
    PASSAGES: Retrieved passages, which later requests read beside the question.
    NOTES: What helps in the passages, which later requests read in their place.
    CRITIQUE: What is wrong with a step or a solution; it is no node, but a fact of the correction that follows it.
    CORRECTION: Another version of a step, or a step of another version of a solution, written after a critique of it.
    COMPLETION: The rest of a solution from a cut of it, by another model; it checks the solution and is no part of one.
    VERDICT: A solution that is written after reading several candidates.
    """

    STEP = "step"
    SOLUTION = "solution"
    SUB_QUESTION = "sub_question"
    SUB_ANSWER = "sub_answer"
    RE_ANSWER = "re_answer"
    SUB_QUESTIONS = "sub_questions"
    QUESTION = "question"
    QUERY = "query"
    PASSAGES = "passages"
    NOTES = "notes"
    CRITIQUE = "critique"
    CORRECTION = "correction"
    COMPLETION = "completion"
    VERDICT = "verdict"

    @property
    def in_solution(self) -> bool:
        """Tell whether the text is a part of the solution, which models continue and scorers score."""
        return self not in NO_PART

    @property
    def may_end(self) -> bool:
        """Tell whether a solution may end with the text, and state its answer there."""
        return self in (Yield.STEP, Yield.SOLUTION, Yield.CORRECTION, Yield.VERDICT)


NO_PART = (
    *(Yield.QUESTION, Yield.QUERY, Yield.PASSAGES, Yield.NOTES),
    *(Yield.SUB_QUESTIONS, Yield.CRITIQUE, Yield.COMPLETION),
)
"""Kinds of texts that are no part of the solution."""
OWN_AUTHORS = {Yield.PASSAGES: ("retriever",), Yield.COMPLETION: ("verifier",)}
"""Roles that write a kind of text, where these are not the reasoner, the teacher and the hinter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionPrompt:
    """Wording of an action in one language.

    Attributes:
        ask: Instruction added to the user's turn; "" for none. ``{question}`` stands for the question as it was last
            worded, ``{step}`` and ``{score}`` for the step that the action is about, ``{solution}`` for all steps up to
            it, ``{suspicion}`` for what is known against it (``Words.faults``), ``{critique}`` for its critique,
            ``{sub_question}`` for the innermost open sub-question.
        begin: Label that the model's text follows, such as "Sub-question:"; later requests read it before the text.
        ends: Texts that end the model's text; () for where the protocol's steps end.
        max_tokens: Maximum number of tokens, at least 0; 0 for the protocol's limit of a step.
        after_draft: Text between the draft of a correction and the correction in the model's own turn, such as
            "Critique: {critique}"; "" where that turn does not show the draft.
        stop: Text that the model writes alone where there is nothing left to ask, or nothing wrong; "" for none.

    Raises:
        UsageError: A value is of another type or outside its range.
    """

    ask: str = ""
    begin: str = ""
    ends: tuple[str, ...] = ()
    max_tokens: int = 0
    after_draft: str = ""
    stop: str = ""

    def __post_init__(self) -> None:
        texts = (self.ask, self.begin, self.after_draft, self.stop)
        ends = self.ends if isinstance(self.ends, tuple | list) else (None,)
        if not all(isinstance(text, str) for text in (*texts, *ends)) or "" in ends:
            raise UsageError(f"wording {self!r:.200}: ask, begin, after_draft, stop and each of ends must be texts")
        if not isinstance(self.max_tokens, int) or isinstance(self.max_tokens, bool) or self.max_tokens < 0:
            raise UsageError(f"wording: max_tokens={self.max_tokens!r} is not a whole number of at least 0")


def anywhere(node: "Node") -> bool:
    """Return True: the action applies at every open node."""
    return True


def at_root(node: "Node") -> bool:
    """Tell whether nothing has been written yet."""
    return node.parent is None


def last_query(question: str, path: Sequence["Node"]) -> list[str]:
    """Return the lines of the last query on a path, each a query of its own."""
    del question
    texts = [node.step.text for node in path if kind_of(node) is Yield.QUERY]
    return texts[-1].splitlines() if texts else []


def question_and_steps(question: str, path: Sequence["Node"]) -> list[str]:
    """Return one query: the question and the solution so far, or the last sub-question if it waits for its answer."""
    solution = solution_path(path)
    if solution and kind_of(solution[-1]) is Yield.SUB_QUESTION:
        return [solution[-1].step.text]
    return ["\n".join([question, *(node.step.text for node in solution)])]


def last_wording(question: str, path: Sequence["Node"]) -> str:
    """Return the question as it was last worded on a path."""
    wordings = [node.step.text for node in path if kind_of(node) is Yield.QUESTION]
    return wordings[-1] if wordings else question


@dataclass(frozen=True, slots=True)
class Action:
    """A way to grow a node.

    Attributes:
        name: Name in trees, exports and tables; the protocol words the action under it.
        yields: Kind of the text that it adds.
        when: Condition on the node to grow: a function that returns True where the action applies.
        samples: Children that one expansion writes by it, at least 1.
        author: Role that writes the text: "reasoner", "teacher" or "hinter"; passages come from the "retriever",
            completions from the "verifier".
        prompt: Wording; None for the protocol's (``Words.actions``).
        k: Passages of a look-up, at least 1.
        queries: Texts that a look-up searches for: a function of the question, as it was last worded, and the path.

    Raises:
        UsageError: A value is outside its range.
    """

    name: str
    yields: Yield = Yield.STEP
    when: Callable[["Node"], bool] = anywhere
    samples: int = 1
    author: str = "reasoner"
    prompt: ActionPrompt | None = field(default=None, hash=False)
    k: int = 3
    queries: Callable[[str, Sequence["Node"]], Sequence[str]] = last_query

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip() or not self.name.isprintable():
            raise UsageError(f"action name={self.name!r} is no name")
        if not isinstance(self.yields, Yield):
            raise UsageError(f"action {self.name}: yields={self.yields!r} is no Yield; take one of {', '.join(Yield)}")
        if not callable(self.when) or not callable(self.queries):
            raise UsageError(f"action {self.name}: when and queries must be functions")
        if self.prompt is not None and not isinstance(self.prompt, ActionPrompt):
            raise UsageError(f"action {self.name}: prompt={self.prompt!r:.100} is no ActionPrompt")
        if not isinstance(self.k, int) or isinstance(self.k, bool) or self.k < 1:
            raise UsageError(f"action {self.name}: k={self.k!r} is not a whole number of at least 1")
        if not isinstance(self.samples, int) or isinstance(self.samples, bool) or self.samples < 1:
            raise UsageError(f"action {self.name}: samples={self.samples!r} is not a whole number of at least 1")
        authors = OWN_AUTHORS.get(self.yields, ("reasoner", "teacher", "hinter"))
        if self.author not in authors:
            raise UsageError(f"action {self.name}: author={self.author!r} is not one of {', '.join(authors)}")


def kind_of(node: "Node") -> Yield:
    """Return the kind of a node's text."""
    return Yield.STEP if node.action is None else node.action.yields


def ready(node: "Node") -> bool:
    """Tell whether no sub-question waits for its answer, and no query for its passages."""
    kind = kind_of(node)
    if kind in (Yield.PASSAGES, Yield.NOTES) and node.parent is not None:
        return kind_of(node.parent) is Yield.QUERY or ready(node.parent)
    return kind not in (Yield.SUB_QUESTION, Yield.QUERY)


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


@dataclass(frozen=True, slots=True)
class FailedLookUp:
    """Value of a look-up that the retriever could not do.

    Attributes:
        reason: The retriever's error.
    """

    reason: str


def applicable(node: "Node", actions: Sequence[Action]) -> list[Action]:
    """Return the actions that apply at an open node, in order; a step that was cut is continued by ``STEP`` alone.

    Raises:
        UsageError: The condition of an action raises an error.
    """
    if node.step.ended == "length":
        return [STEP]
    return [action for action in actions if applies(action, node)]


def applies(action: Action, node: "Node") -> bool:
    """Tell whether an action applies at a node. Raises UsageError if its condition raises an error."""
    try:
        return bool(action.when(node))
    except Exception as error:
        raise UsageError(
            f"action {action.name}: its condition `when` failed after step {node.id}: {type(error).__name__}: {error}"
        ) from error


def solution_path(path: Sequence["Node"]) -> list["Node"]:
    """Return the nodes of a path that are parts of the solution, in order, without answers that were given again."""
    parts = [node for node in path if kind_of(node).in_solution]
    again = {i - 1 for i, node in enumerate(parts) if kind_of(node) is Yield.RE_ANSWER}
    return [node for i, node in enumerate(parts) if i not in again]
