"""The tree of steps that a search grows.

A node is one step. Nothing is ever overwritten: a rewrite is a new sibling that ``replaces`` the rejected step, and
both keep their scores.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from numbers import Real
from typing import TYPE_CHECKING, Literal, NamedTuple

from hintree.search.core.seeds import seed_of

if TYPE_CHECKING:
    import networkx as nx

Status = Literal["open", "terminal", "pruned", "rejected", "failed"]
STATUSES: tuple[Status, ...] = ("open", "terminal", "pruned", "rejected", "failed")


RETRY = 1000
"""Offset of a rewrite's index: the first stage adds it to the step's own index, later stages add 2, 4, ... times it."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What a search may see of a problem. There is no answer field: no search, scorer or vote can reach it."""

    question: str
    id: str = ""


class StepOutput(NamedTuple):
    """A step as its author wrote it.

    text: Without the delimiter; "" for an empty step.
    ended: "delimiter" (the step is whole), "end" (the author ended the solution) or "length" (cut, to be continued).
    tokens: Number of generated tokens.
    mean_probability: Mean probability of its tokens, in [0, 1] (SMART's token-level confidence).
    min_probability: Probability of its least probable token, in [0, 1].
    entropy: Mean entropy of the token distributions, in nats.
    answer: The final answer it states, None if it states none.
    log_probability: Mean log probability of its tokens, in nats, at most 0; None where it was not recorded.
    least_probability: Mean probability of its three least probable tokens, in [0, 1]; None likewise.
    first_entropy: Entropy of its first token's distribution, in nats; None likewise.
    """

    text: str
    ended: Literal["delimiter", "end", "length"]
    tokens: int
    mean_probability: float
    min_probability: float
    entropy: float
    answer: str | None = None
    log_probability: float | None = None
    least_probability: float | None = None
    first_entropy: float | None = None


@dataclass(slots=True, eq=False)
class Node:
    """One step of a solution, or the root (which is the problem itself, with an empty step).

    Attributes:
        id: Position in the order of creation; the root is 0.
        parent: The step before; None for the root.
        step: What was written.
        author: "reasoner" or "teacher"; "" for the root.
        index: Tells apart the steps that one author wrote after the same parent.
        key: A 64-bit name of its place in the tree: it depends on the seed, the problem, and the authors and indices of
            the path, and not on when the node was made.
        hint: The hint it was written under, None if none.
        hint_tokens: Tokens that the hinter generated for it; where there are some and no hint, it was dropped.
        score: Judgement of the step in [0, 1]; None while it is not judged.
        visits: How often a search came by.
        value: Mean of what a search backed up to it.
        status: "open" (may be continued), "terminal", "pruned", "rejected" (another version of it was kept), "failed".
        reason: Why it failed or was rejected, "" otherwise.
        replaces: Id of the step that it was written in place of.
        depth: Steps from the root, which has 0.
        rewrites: Rewritten steps on the path from the root to here, this one included.
        begun: Steps that the reasoner was asked to write after this one.
        tried: Rungs of the rewrite ladder that were tried on it.
    """

    id: int
    parent: "Node | None" = field(repr=False)
    step: StepOutput
    author: str
    index: int = 0
    key: int = 0
    hint: str | None = None
    hint_tokens: int = 0
    score: float | None = None
    visits: int = 0
    value: float = 0.0
    status: Status = "open"
    reason: str = ""
    replaces: int | None = None
    depth: int = 0
    rewrites: int = 0
    children_requested: int = 0
    stages_tried: int = 0
    children: list["Node"] = field(default_factory=list, repr=False)

    def path(self) -> list["Node"]:
        """The steps from the first to this one, without the root."""
        nodes: list[Node] = []
        node: Node | None = self
        while node is not None and node.parent is not None:
            nodes.append(node)
            node = node.parent
        return nodes[::-1]

    def below(self) -> list["Node"]:
        """All steps after this one, on any path."""
        nodes = list(self.children)
        for node in nodes:
            nodes += node.children
        return nodes

    @property
    def finished(self) -> bool:
        """Whether the solution ends here: the author ended it, or it states an answer."""
        return self.step.ended == "end" or self.step.answer is not None

    @property
    def hint_dropped(self) -> bool:
        """Whether a hint was written for this step and dropped, because it said too much."""
        return self.hint is None and self.hint_tokens > 0

    def fail(self, reason: str) -> None:
        """End this path; it never wins a selection."""
        self.status, self.reason = "failed", reason


class Tree:
    """All steps written for one problem, by id in ``nodes``; ``root`` is the problem.

    Args:
        problem: What is to be solved.
        seed: Every random choice made for this tree comes from it.
    """

    def __init__(self, problem: Problem, seed: int = 0) -> None:
        self.problem = problem
        self.seed = seed
        key = seed_of(seed, problem.id or problem.question)
        self.root = Node(0, None, StepOutput("", "delimiter", 0, 1.0, 1.0, 0.0), "", key=key)
        self.nodes = [self.root]
        self.texts: set[str] = set()

    def __len__(self) -> int:
        return len(self.nodes)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def add(
        self,
        parent: Node,
        step: StepOutput,
        author: str,
        *,
        index: int = 0,
        hint: str | None = None,
        hint_tokens: int = 0,
        replaces: Node | None = None,
    ) -> Node:
        """Add a step after ``parent``; it fails at once if it is empty or repeats a step of its own path."""
        rewrites = parent.rewrites + (replaces is not None)
        key, depth = seed_of(parent.key, author, index), parent.depth + 1
        node = Node(
            len(self.nodes), parent, step, author, index, key, hint, hint_tokens, depth=depth, rewrites=rewrites
        )
        node.replaces = replaces.id if replaces else None
        node.status = "terminal" if node.finished else "open"
        rest = step.ended != "length" and parent.step.ended == "length"  # the end of a step that was cut
        if not step.text.strip() and not rest:
            node.fail("empty step")
        elif step.text in self.texts and any(step.text == before.step.text for before in parent.path()):
            node.fail("repeated step")
        self.texts.add(step.text)
        self.nodes.append(node)
        parent.children.append(node)
        return node

    def judge(self, node: Node, score: float | None) -> None:
        """Enter a score; one that is not a number in [0, 1] fails the node. None means that nobody judges."""
        if score is None:
            return
        if isinstance(score, Real) and not isinstance(score, bool) and 0.0 <= score <= 1.0:
            node.score = float(score)
        else:
            node.fail(f"score {str(score)[:60]} is not a number in [0, 1]")

    def to_json(self) -> str:
        """The tree as one line of JSON; ``from_json`` takes it back without loss."""
        from hintree.search.core.serialization import to_json

        return to_json(self)

    @classmethod
    def from_json(cls, text: str) -> "Tree":
        """The tree that ``to_json`` came from. Raises UsageError for any other text."""
        from hintree.search.core.serialization import from_json

        return from_json(text)

    def to_networkx(self) -> "nx.DiGraph[int]":
        """A directed graph from parents to children, with all that JSON has; see docs/views.md."""
        from hintree.search.core.serialization import to_networkx

        return to_networkx(self)

    def terminals(self) -> list[Node]:
        """Finished solutions' last steps, in order of creation."""
        return [node for node in self.nodes if node.status == "terminal"]


def open_nodes(nodes: Iterable[Node]) -> list[Node]:
    """The nodes that can be continued."""
    return [node for node in nodes if node.status == "open"]


def prune(nodes: Iterable[Node], reason: str) -> None:
    """Give up those of the nodes that are open or finished."""
    for node in nodes:
        if node.status in ("open", "terminal"):
            node.status, node.reason = "pruned", reason


def fail_too_long(nodes: Iterable[Node], depth: int) -> None:
    """Fail the nodes that can be continued, as paths longer than ``depth`` steps."""
    for node in open_nodes(nodes):
        node.fail(f"longer than {depth} steps")


def unique(nodes: Iterable[Node]) -> list[Node]:
    """Each node once, in order."""
    return list({node.id: node for node in nodes}.values())
