"""The questions that a search asks, and how it waits for answers.

A search is a coroutine about one problem. It holds no model: it awaits flat, typed questions about nodes, and a
driver answers the waiting questions of all live problems in one batch per role. There is no event loop: awaiting
``each(...)`` hands the questions to the driver, which sends the answers back.
"""

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from hintree.search.core.ledger import Usage
from hintree.search.core.seeds import seed_of
from hintree.search.core.tree import Node, StepOutput, Tree

A = TypeVar("A")
A_co = TypeVar("A_co", covariant=True)

STRATEGY = "Strategy:"
"""How a strategy begins: a hint at the first step of a path that holds for all of its steps, whoever writes them."""
PLANNED = "Plan:"
"""How a plan of the whole solution begins, which also stands at the first step."""


@dataclass(frozen=True, slots=True)
class Request(Generic[A_co]):
    """A question about one node, answered with an ``A_co``, or None where its role is absent or its budget is spent.

    Attributes:
        tree: The tree that the node belongs to.
        node: What is asked about.
        index: Tells apart several questions about the same node.
    """

    tree: Tree
    node: Node
    index: int = 0

    @property
    def role(self) -> str:
        """Who answers it: a key of the ledger."""
        raise NotImplementedError

    @property
    def seed(self) -> int:
        """The question's own random seed: it depends on the run, the problem, the place in the tree and the index.

        Not on any batch, nor on the order in which the tree has grown.
        """
        return seed_of(self.node.key, self.role, self.index)


@dataclass(frozen=True, slots=True)
class HintRequest(Request["HintOutput"]):
    """What should the step after ``node`` look at? ``avoid`` lists hints that did not help."""

    avoid: tuple[str, ...] = ()

    @property
    def role(self) -> str:
        """The hinter."""
        return "hinter"


@dataclass(frozen=True, slots=True)
class StepRequest(Request[StepOutput]):
    """Write the step after ``node``, under a hint or none.

    Attributes:
        author: "reasoner" or "teacher".
        tokens: Write at most so many tokens, the most probable ones: a glance at the step. None writes the step.
    """

    author: str = "reasoner"
    hint: str | None = None
    tokens: int | None = None

    @property
    def role(self) -> str:
        """The author."""
        return self.author


@dataclass(frozen=True, slots=True)
class ScoreRequest(Request[float]):
    """How good is the last step of the path that ends in ``node``?"""

    @property
    def role(self) -> str:
        """The scorer."""
        return "scorer"


@dataclass(frozen=True, slots=True)
class StrategyRequest(Request["tuple[str | None, ...]"]):
    """By which strategies is the problem to be solved? One for each of ``tracks``, None for a track without one."""

    tracks: int = 3

    @property
    def role(self) -> str:
        """The teacher."""
        return "teacher"


@dataclass(frozen=True, slots=True)
class HintOutput:
    """A hint and the tokens it took; ``text`` is None where the hint was dropped because it said too much."""

    text: str | None
    tokens: int


@dataclass(frozen=True, slots=True)
class Response(Generic[A]):
    """What an answerer returns for one question: the value and what it cost."""

    value: A
    usage: Usage


class Gather(Generic[A]):
    """Many questions at once; awaiting it gives their answers in order."""

    def __init__(self, requests: Iterable[Request[A]]) -> None:
        self.requests: Sequence[Request[A]] = list(requests)

    def __await__(self) -> Generator["Gather[A]", list[Any], list[A | None]]:
        return (yield self) if self.requests else []


def gather(requests: Iterable[Request[A]]) -> Gather[A]:
    """Ask many questions at once. No questions ask nobody and cost nothing."""
    return Gather(requests)
