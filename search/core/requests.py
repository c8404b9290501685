"""The requests of a search, and how it waits for responses.

A search is a coroutine about one problem. It holds no model: it awaits flat, typed requests about nodes, and a driver
answers the pending requests of all live problems in one batch per role. There is no event loop: awaiting
``gather(...)`` hands the requests to the driver, which sends the values of the responses back.
"""

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from hintree.search.core.actions import Action, Passage
from hintree.search.core.faults import Critique, Fault
from hintree.search.core.hints import Hint
from hintree.search.core.ledger import Usage
from hintree.search.core.position import FIRST_DRAFT, Position
from hintree.search.core.seeds import seed_of
from hintree.search.core.tree import Node, StepOutput, Tree

A = TypeVar("A")
A_co = TypeVar("A_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Request(Generic[A_co]):
    """A request about one node, answered with an ``A_co``, or with None where its role is absent or out of budget.

    A request is immutable. Its tree belongs to the search that sent it: whoever handles the request reads the path of
    ``node`` and does not modify the tree. The path is valid for good; the rest of the tree may grow at any time.

    Attributes:
        tree: The tree that the node belongs to.
        node: The node to continue (steps, hints, strategies) or to score.
        position: Tells apart the requests of one role about the same node.
    """

    tree: Tree
    node: Node
    position: Position = FIRST_DRAFT

    @property
    def role(self) -> str:
        """Name the role that answers it, which is a key of the ledger."""
        raise NotImplementedError

    @property
    def index(self) -> int:
        """Return the integer encoding of the position."""
        return self.position.index

    @property
    def seed(self) -> int:
        """Return the request's own 64-bit random seed.

        It depends on the seed of the run, the problem, the node's key, the role and the position, and on neither the
        batch nor the order in which the tree has grown.
        """
        return seed_of(self.node.key, self.role, self.index)


@dataclass(frozen=True, slots=True)
class HintRequest(Request["HintOutput"]):
    """Ask for a hint about the step after ``node``.

    Attributes:
        avoid: Hints that did not help.
        revises: The step that was written and may be wrong, which an informed hinter reads; None for none.
    """

    avoid: tuple[Hint, ...] = ()
    revises: Node | None = None

    @property
    def role(self) -> str:
        """Name the role: the hinter."""
        return "hinter"


@dataclass(frozen=True, slots=True)
class StepRequest(Request[StepOutput]):
    """Ask for the step after ``node``, under a hint or none.

    Attributes:
        author: "reasoner" or "teacher".
        hint: The hint to write it under.
        tokens: Decode only this many tokens, greedily: a first-token probe. None writes a step.
        limit: Tokens that the step may have at most, as the budget allows no more; None for the author's own limit.
        action: What to write instead of the next step; None for the next step.
        revises: The step that a critique or a correction is about, or the last one of the solution that they, or
            sub-questions, are about.
        critique: What a correction is written after.
        cut: Share of the words of the solution that a completion keeps, in (0, 1); None for any other text.
        candidates: Last steps of the solutions that a verdict is about.
    """

    author: str = "reasoner"
    hint: Hint | None = None
    tokens: int | None = None
    limit: int | None = None
    action: Action | None = None
    revises: Node | None = None
    critique: Critique | None = None
    cut: float | None = None
    candidates: tuple[Node, ...] = ()

    @property
    def role(self) -> str:
        """Name the role: the author."""
        return self.author

    def is_cut(self, usage: Usage) -> bool:
        """Tell whether a response of this cost was cut by ``limit``."""
        return self.limit is not None and usage.generated_tokens >= self.limit


@dataclass(frozen=True, slots=True)
class ScoreRequest(Request[float]):
    """Ask for the score, in [0, 1], of the last step of the path that ends in ``node``."""

    @property
    def role(self) -> str:
        """Name the role: the scorer."""
        return "scorer"


@dataclass(frozen=True, slots=True)
class StrategyRequest(Request["tuple[Hint | None, ...]"]):
    """Ask for strategies to solve the problem by: one for each of ``tracks``, None for a track without one."""

    tracks: int = 3

    @property
    def role(self) -> str:
        """Name the role: the teacher."""
        return "teacher"


@dataclass(frozen=True, slots=True)
class RetrievalRequest(Request[tuple[Passage, ...]]):
    """Ask for the passages that ``action`` looks up after ``node``, best first."""

    action: Action | None = None

    @property
    def role(self) -> str:
        """Name the role: the retriever."""
        return "retriever"


@dataclass(frozen=True, slots=True)
class HintOutput:
    """A hint and the tokens generated for it; ``hint`` is None where it was dropped as a leak."""

    hint: Hint | None
    tokens: int


@dataclass(frozen=True, slots=True)
class Response(Generic[A]):
    """A handler's response to one request: the value and its cost.

    mass: For a score that is read from labels, such as Yes and No: the probability that the model writes one of them,
        in [0, 1]; the mean where several are read. None for any other value.
    fault: For a score: what is suspected of the step, where the scorer can name it.
    """

    value: A
    usage: Usage
    mass: float | None = None
    fault: Fault | None = None


class Gather(Generic[A]):
    """Several requests sent together; awaiting them returns their values in order."""

    def __init__(self, requests: Iterable[Request[A]]) -> None:
        self.requests: Sequence[Request[A]] = list(requests)

    def __await__(self) -> Generator["Gather[A]", list[Any], list[A | None]]:
        return (yield self) if self.requests else []


def gather(requests: Iterable[Request[A]]) -> Gather[A]:
    """Send requests together and await their values. An empty list returns at once and costs nothing."""
    return Gather(requests)
