"""The tree of steps that a search grows.

A node is one step. None is ever overwritten: a rewrite is a sibling that ``replaces`` it, and both keep their scores.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from numbers import Real
from typing import TYPE_CHECKING, Literal, NamedTuple

from hintree.search.core.actions import Action, Passage, kind_of
from hintree.search.core.endings import Rejection
from hintree.search.core.events import Event
from hintree.search.core.faults import Critique, Fault
from hintree.search.core.hints import Hint
from hintree.search.core.limits import USUAL_LIMITS, PathLimits, violation
from hintree.search.core.position import FIRST_DRAFT, Position
from hintree.search.core.seeds import seed_of

if TYPE_CHECKING:
    import networkx as nx

Status = Literal["open", "terminal", "pruned", "rejected", "failed"]
STATUSES: tuple[Status, ...] = ("open", "terminal", "pruned", "rejected", "failed")


@dataclass(frozen=True, slots=True)
class Problem:
    """Hold the part of a problem that a search may see.

    There is no field for the reference answer, so no search, scorer or vote can reach it.

    Attributes:
        question: The text that models read.
        id: A unique name; "" takes the question in its place.
        system: System text of a conversation that the question belongs to; "" for none.
        turns: Turns of that conversation before the question: pairs of a role ("user" or "assistant") and a text.
    """

    question: str
    id: str = ""
    choices: tuple[str, ...] = ()
    system: str = ""
    turns: tuple[tuple[str, str], ...] = ()


class StepOutput(NamedTuple):
    """A step as its author wrote it.

    text: Without the delimiter; "" for an empty step.
    ended: "delimiter" (the step is complete), "end" (the author ended the solution), "length" (the step was cut by
        the token limit and the next node continues it) or "loop" (its text looped; ``text`` is what it stated before).
    tokens: Number of generated tokens.
    mean_probability: Mean probability of its tokens, in [0, 1] (SMART's token-level confidence).
    min_probability: Probability of its least probable token, in [0, 1].
    entropy: Mean entropy of the token distributions, in nats.
    answer: The final answer it states, None if it states none.
    log_probability: Mean log-probability of its tokens, in nats, at most 0; None where it was not recorded.
    least_probability: Mean probability of its three least probable tokens, in [0, 1]; None where it was not recorded.
    first_entropy, peak_entropy: Entropy of its first token's distribution, and the highest, in nats; None as above.
    thought: Reasoning that its author wrote before ``text`` and that is no part of the solution; "" for none.
    thinking: True if the step is a part of a thought, and not of the solution.
    cut_thought: True if its author was made to end a thought, because its budget was spent or it looped.
    delimiter: Stop text that ended it, with blanks of its last token behind it; None for the usual one of its protocol.
    token_ids, tokenizer: Tokens that it was generated as, delimiter included, () if unknown; their fingerprint.
    """

    text: str
    ended: Literal["delimiter", "end", "length", "loop"]
    tokens: int
    mean_probability: float
    min_probability: float
    entropy: float
    answer: str | None = None
    log_probability: float | None = None
    least_probability: float | None = None
    first_entropy: float | None = None
    thought: str = ""
    thinking: bool = False
    cut_thought: bool = False
    delimiter: str | None = None
    token_ids: tuple[int, ...] = ()
    tokenizer: str = ""
    peak_entropy: float | None = None


@dataclass(slots=True, eq=False)
class Node:
    """One step of a solution, or the root (which is the problem itself, with an empty step).

    Attributes:
        id: Number in the order of creation; the root is 0.
        parent: The step before; None for the root.
        step: The text with its token statistics.
        author: "reasoner", "teacher", "hinter" or "retriever"; "" for the root.
        position: Tells apart the steps that one author wrote after the same parent.
        key: A 64-bit name of its place: of seed, problem, and the path's authors and positions, in any order of growth.
        hint: The hint it was written under, None if none.
        hint_tokens: Tokens that the hinter generated for it; above 0 without a hint, the hint was dropped as a leak.
        score: The scorer's value of the step in [0, 1]; None while it is not scored.
        label_mass: Probability of the labels that the score was read from, in [0, 1]; None for any other score.
        visits: How many backups of a search went through it.
        value: Mean of the values that a search backed up to it.
        status: "open" (may be continued), "terminal", "pruned", "rejected" (another version of it was kept), "failed".
        rejected_because: Why it is pruned, rejected or failed; None otherwise, and for unknown sentences of old trees.
        reason: The same as a sentence for people, "" if there is none. No code reads it.
        duplicate_of: Id of the equal sibling that it was merged into.
        replaces: Id of the step that it was written in place of.
        replaced_by: Id of the version that was kept in place of it.
        depth: Steps from the root, which has 0.
        path_tokens: Generated tokens of the steps on the path to here, this one included and thoughts left out.
        rewrites: Rewritten steps on the path from the root to here, this one included.
        children_requested: Sibling positions after this step that were reserved; see ``reserve``.
        stages_tried: Stages of the escalation that were tried on it.
        children: Next steps in order of creation, rejected and pruned ones included.
        journal: The events of its tree, which it adds its own changes of status to.
        action: The action that wrote it; None for a plain step.
        passages: The passages that it looked up; () for any other node.
        fault: What the scorer suspects of the step; None where it names nothing.
        critique: The critique that the text was written after; None for none.
        copy_of: Id of the node whose text, or a line of it, stands here again at no cost; None for any other node.
    """

    id: int
    parent: "Node | None" = field(repr=False)
    step: StepOutput
    author: str
    position: Position = FIRST_DRAFT
    key: int = 0
    hint: Hint | None = None
    hint_tokens: int = 0
    score: float | None = None
    visits: int = 0
    value: float = 0.0
    status: Status = "open"
    rejected_because: Rejection | None = None
    reason: str = ""
    duplicate_of: int | None = None
    replaces: int | None = None
    replaced_by: int | None = None
    depth: int = 0
    path_tokens: int = 0
    label_mass: float | None = None
    rewrites: int = 0
    children_requested: int = 0
    stages_tried: int = 0
    children: list["Node"] = field(default_factory=list, repr=False)
    journal: list[Event] = field(default_factory=list, repr=False)
    action: Action | None = None
    passages: tuple[Passage, ...] = ()
    copy_of: int | None = None
    fault: Fault | None = None
    critique: Critique | None = None

    def path(self) -> list["Node"]:
        """Return the steps from the first to this one, without the root."""
        nodes: list[Node] = []
        node: Node | None = self
        while node is not None and node.parent is not None:
            nodes.append(node)
            node = node.parent
        return nodes[::-1]

    def below(self) -> list["Node"]:
        """Return all steps after this one, on any path."""
        nodes = list(self.children)
        for node in nodes:
            nodes += node.children
        return nodes

    @property
    def index(self) -> int:
        """Return the integer encoding of its position."""
        return self.position.index

    @property
    def finished(self) -> bool:
        """Tell whether the solution ends here: the author ended it, or it states an answer."""
        return kind_of(self).may_end and (self.step.ended == "end" or self.step.answer is not None)

    @property
    def hint_dropped(self) -> bool:
        """Tell whether a hint was written for this step and dropped as a leak."""
        return self.hint is None and self.hint_tokens > 0

    def reserve(self, count: int) -> range:
        """Reserve the next ``count`` sibling positions after this step and return them; advances the counter."""
        start = self.children_requested
        self.children_requested += count
        return range(start, start + count)

    def close(self, status: Status, because: Rejection, reason: str) -> None:
        """Give the node a status that keeps every search from continuing it, with the reason."""
        self.status, self.rejected_because, self.reason = status, because, reason
        self.journal.append(Event("status", self.id, (status, reason)))

    def fail(self, because: Rejection, reason: str) -> None:
        """Fail the node: its path ends here and is never selected."""
        self.close("failed", because, reason)

    def replace_by(self, version: "Node", reason: str) -> None:
        """Reject the node in favour of another version of the step."""
        self.close("rejected", Rejection.REWRITTEN, reason)
        self.replaced_by = version.id

    def reopen(self) -> None:
        """Make a pruned or rejected node available again."""
        self.status, self.rejected_because, self.reason = "terminal" if self.finished else "open", None, ""
        self.replaced_by = None
        self.journal.append(Event("status", self.id, (self.status, "")))


class Tree:
    """All steps written for one problem, by id in ``nodes``; ``root`` is the problem.

    ``events`` holds what happened, in order: requests, steps, scores and changes of status.
    Only its search adds and changes nodes, besides the drivers, which fail nodes. A node stays in the tree for good.

    Args:
        problem: The problem to solve.
        seed: The source of every random choice made for this tree.
    """

    def __init__(self, problem: Problem, seed: int = 0) -> None:
        self.problem = problem
        self.seed = seed
        self.limits: PathLimits = USUAL_LIMITS  # the search that grows the tree sets its own
        key = seed_of(seed, problem.id or problem.question)
        self.root = Node(0, None, StepOutput("", "delimiter", 0, 1.0, 1.0, 0.0), "", key=key)
        self.nodes = [self.root]
        self.events: list[Event] = []
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
        position: Position = FIRST_DRAFT,
        hint: Hint | None = None,
        hint_tokens: int = 0,
        replaces: Node | None = None,
        action: Action | None = None,
        passages: tuple[Passage, ...] = (),
        copy_of: Node | None = None,
        critique: Critique | None = None,
    ) -> Node:
        """Add a step after ``parent``; it fails at once if it is empty, or its path loops or is out of tokens."""
        key = seed_of(parent.key, author, position.index)
        node = Node(len(self.nodes), parent, step, author, position, key, hint, hint_tokens, depth=parent.depth + 1)
        node.journal, node.action, node.passages, node.critique = self.events, action, passages, critique
        self.events.append(Event("step", node.id))
        node.path_tokens = parent.path_tokens + (0 if step.thinking else step.tokens)
        node.rewrites = parent.rewrites + (replaces is not None)
        node.replaces, node.copy_of = (other.id if other else None for other in (replaces, copy_of))
        node.status = "terminal" if node.finished else "open"
        if broken := violation(node, self.limits, again=step.text in self.texts):
            node.fail(*broken)
        self.texts.add(step.text)
        self.nodes.append(node)
        parent.children.append(node)
        return node

    def record_score(self, node: Node, score: float | None) -> None:
        """Record a score; one that is not a number in [0, 1] fails the node. None (no scorer) changes nothing."""
        if isinstance(score, Real) and not isinstance(score, bool) and 0.0 <= score <= 1.0:
            node.score = float(score)
            self.events.append(Event("score", node.id))
        elif score is not None:
            node.fail(Rejection.INVALID_SCORE, f"score {str(score)[:60]} is not a number in [0, 1]")

    def to_json(self) -> str:
        """Return the tree as one line of JSON, which ``from_json`` reads without loss."""
        from hintree.search.core.serialization import to_json

        return to_json(self)

    @classmethod
    def from_json(cls, text: str) -> "Tree":
        """Return the tree of a line from ``to_json``. Raises UsageError for any other text."""
        from hintree.search.core.serialization import from_json

        return from_json(text)

    def to_networkx(self) -> "nx.DiGraph[int]":
        """Return a directed graph from parents to children, with the attributes of the JSON; see docs/views.md."""
        from hintree.search.core.serialization import to_networkx

        return to_networkx(self)

    def terminals(self) -> list[Node]:
        """Return the last steps of finished solutions, in order of creation."""
        return [node for node in self.nodes if node.status == "terminal"]
