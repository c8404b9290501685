"""Chains of steps with look-ups: none, one before the first step, or one before every step."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hintree.search.actions import ACTIONS
from hintree.search.algorithms.checks import check_limits, check_one_of, check_whole
from hintree.search.core.actions import Action, Yield, applicable, kind_of
from hintree.search.core.endings import Rejection
from hintree.search.core.expand import Slot, generate_steps, reserve_slots
from hintree.search.core.limits import LONGEST_PATH, PathLimits
from hintree.search.core.nodes import fail_too_long, open_nodes, unique
from hintree.search.core.position import FIRST_DRAFT, Position
from hintree.search.core.tree import Node, Tree
from hintree.search.escalation import Rewrite, rewrite
from hintree.search.selection import Selection, keep_best, trajectory_score


@dataclass(frozen=True, slots=True)
class Retrieve(PathLimits):
    """Write chains of steps, each step after a look-up (KG-RAR, arXiv 2503.01642), or all after one (RAG).

    A look-up searches for the question and the steps so far, or for a query that the reasoner writes. Where nothing is
    found, or the retriever fails, the chain goes on without passages. Where they leave no room in the model's context,
    it goes on from before the look-up.

    Equal steps of several chains stay apart, so that each chain has a vote.

    Attributes:
        chains: Chains, at least 1.
        branch: Candidates of every step, at least 1; the one of highest score goes on.
        when: "each" looks up before every step, "once" before the first, "never" not at all.
        query: "steps" searches for question and steps, "model" for a query of the reasoner.
        refine: The reasoner notes what helps in the passages, and later requests read the notes in their place.
        k: Passages of a look-up, at least 1.
        depth: Longest path in nodes; a longer one fails.

    Raises:
        UsageError: A value is outside its range.
    """

    chains: int = 1
    branch: int = 1
    when: str = "each"
    query: str = "steps"
    refine: bool = False
    k: int = 3
    depth: int = LONGEST_PATH

    def __post_init__(self) -> None:
        check_limits(self)
        check_whole(self, chains=1, branch=1, k=1, depth=1)
        check_one_of(self, when=("each", "once", "never"), query=("steps", "model"))

    @property
    def selection(self) -> Selection:
        """Select by a vote of the chains, weighted by their scores; a selection of the solver replaces this one."""
        return Selection("weighted" if self.chains > 1 else "best")

    async def grow(self, tree: Tree, rule: Rewrite | None = None) -> None:
        """Look up and write a step after every open node, until none is open."""
        tree.limits = self
        nodes, first = [tree.root], True
        while nodes:
            asked = nodes
            if self.when == "each" or (first and self.when == "once"):
                nodes = await self.informed(tree, nodes)
            steps = await self.steps_after(tree, nodes, rule, first=first)
            if full := unique(map(before_look_up, (node for node in nodes if is_full(node)))):
                steps += await self.steps_after(tree, full, rule, first=first and full == asked)
            nodes = open_nodes(self.kept(steps, self.chains if first else 1))
            fail_too_long((node for node in nodes if node.depth >= self.depth), self.depth)
            nodes, first = open_nodes(nodes), False

    async def steps_after(self, tree: Tree, nodes: Sequence[Node], rule: Rewrite | None, *, first: bool) -> list[Node]:
        """Return the steps written after nodes; the first ones are those of all chains, which stay apart."""
        width = self.branch * (self.chains if first else 1)
        merge = not first or self.chains == 1
        written = await generate_steps(tree, reserve_slots(nodes, width), merge=merge)
        steps = unique(step for step in written if step is not None)
        return await rewrite(tree, steps, rule, merge=merge)

    def kept(self, steps: Sequence[Node], count: int) -> list[Node]:
        """Return the best ``count`` of the steps after each node, and prune the others that are open."""
        families: dict[int, list[Node]] = {}
        for step in steps:
            families.setdefault(step.parent.id if step.parent else 0, []).append(step)
        return [
            node
            for family in families.values()
            for node in keep_best(family, count, trajectory_score, "another scored higher")
        ]

    async def informed(self, tree: Tree, nodes: Sequence[Node]) -> list[Node]:
        """Return the nodes after a look-up each, or as they are where it found nothing."""
        asked = await follow(tree, nodes, ACTIONS["query"]) if self.query == "model" else list(nodes)
        name = "look_up" if self.query == "model" else "look_up_steps"
        found = await follow(tree, asked, replace(ACTIONS[name], k=self.k))
        if self.refine:
            found = await follow(tree, found, ACTIONS["refine"])
        return [first if last is query else last for first, query, last in zip(nodes, asked, found, strict=True)]


def is_full(node: Node) -> bool:
    """Tell whether nothing fits after a node, with the passages on its path."""
    return node.rejected_because is Rejection.CONTEXT_FULL and before_look_up(node) is not node


def before_look_up(node: Node) -> Node:
    """Return the node before the last look-up on a path, and before its query; the node itself if there is none."""
    path = node.path()
    for found in reversed(path):
        if kind_of(found) is Yield.PASSAGES and found.parent is not None:
            query = found.parent
            return query.parent if kind_of(query) is Yield.QUERY and query.parent is not None else query
    return node


async def follow(tree: Tree, nodes: Sequence[Node], action: Action) -> list[Node]:
    """Return the text of an action after each node where it applies and is written, else the node itself."""
    growing = [node for node in nodes if action in applicable(node, [action])]
    own = action.author == "retriever"  # its positions are apart from those of the steps' author
    places = [FIRST_DRAFT if own else Position(node.reserve(1)[0]) for node in growing]
    slots = [
        Slot(node, place, action.author, hinted=False, action=action)
        for node, place in zip(growing, places, strict=True)
    ]
    written = await generate_steps(tree, slots)
    after = {
        node.id: child
        for node, child in zip(growing, written, strict=True)
        if child is not None and child.status == "open"
    }
    return [after.get(node.id, node) for node in nodes]
