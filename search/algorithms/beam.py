"""Step-level beam search, with lookahead, an entropy gate and escalation."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from hintree.search.actions import find_actions
from hintree.search.algorithms.checks import check_limits, check_one_of, check_range, check_whole
from hintree.search.core.actions import Action
from hintree.search.core.endings import Rejection
from hintree.search.core.expand import generate_steps, plan_all, reserve_slots, roll_out
from hintree.search.core.limits import LONGEST_PATH, PathLimits
from hintree.search.core.nodes import fail_too_long, open_nodes, unique
from hintree.search.core.tree import Node, Tree
from hintree.search.escalation import Rewrite, rewrite
from hintree.search.gates import above, drafts, peak_entropy
from hintree.search.selection import AGGREGATES, Selection, keep_best, value_of


@dataclass(frozen=True, slots=True)
class Beam(PathLimits):
    """Step beam search and, with ``lookahead``, lookahead search (Snell et al. 2024, arXiv 2408.03314, section 5.2).

    Keep the ``width`` best paths; write ``branch`` next steps after each. Width and branch 1 make one greedy chain.

    Attributes:
        width: Paths kept (n // m in the paper's terms), at least 1.
        branch: Next steps written per path (m), at least 1.
        unhinted: Next steps of these that are written without a hint, at most ``branch``.
        lookahead: Steps of the rollout whose end gives a step its value (k in the paper); 0 takes the step's own score.
        depth: Longest path in steps; a longer one fails.
        aggregate: How step scores rank a path: last, min, product, mean or max.
        actions: Actions that grow a node, by name or as ``Action`` values (docs/actions.md): an expansion writes the
            samples of each that applies. () for ``branch`` next steps.
        entropy: Entropy-gated branching (arXiv 2503.21961): after the first step, a path gets further next steps only
            if the entropy of a token of its first one is above this, in nats. 0 writes ``branch`` always.

    Raises:
        UsageError: A value is outside its range.
    """

    width: int = 4
    branch: int = 4
    unhinted: int = 0
    lookahead: int = 0
    depth: int = LONGEST_PATH
    aggregate: str = "last"
    actions: tuple[str | Action, ...] = ()
    entropy: float = 0.0

    def __post_init__(self) -> None:
        check_limits(self)
        check_whole(self, width=1, branch=1, unhinted=0, lookahead=0, depth=1)
        check_range(self, unhinted=(0, self.branch), entropy=(0.0, math.inf))
        check_one_of(self, aggregate=tuple(AGGREGATES))
        find_actions(self.actions)

    @property
    def selection(self) -> Selection:
        """Select the answer as the paper does; a selection of the solver replaces this one."""
        return Selection("best", self.aggregate)

    async def grow(self, tree: Tree, rule: Rewrite | None = None) -> None:
        """Grow the tree until every kept path is finished."""
        tree.limits = self
        beam = [tree.root]
        for _ in range(self.depth):
            finished = [node for node in beam if node.status == "terminal"]
            children = await self.expand(tree, open_nodes(beam))
            if rule and rule.when == "before":
                children = unique(await rewrite(tree, children, rule))
            await self.look_ahead(tree, open_nodes(children))
            kept = keep_best([*finished, *children], self.width, self.rank, "not among the best")
            beam = [node for node in kept if node in finished]
            fresh = [node for node in kept if node not in finished]
            beam += unique(await rewrite(tree, fresh, rule)) if rule and rule.when == "after" else fresh
            if not open_nodes(beam) and not (beam := self.revived(tree, beam)):
                return
        fail_too_long(beam, self.depth)

    def revived(self, tree: Tree, beam: Sequence[Node]) -> list[Node]:
        """Return the best path that was outranked by paths which then failed, such as at a look-up; [] for none."""
        outranked = [node for node in tree.nodes if node.rejected_because is Rejection.OUTRANKED]
        if not self.actions or not outranked or any(node.status == "terminal" for node in beam):
            return []
        best = max(outranked, key=lambda node: (self.rank(node), -node.id))
        best.reopen()
        return [best]

    async def expand(self, tree: Tree, nodes: Sequence[Node]) -> list[Node]:
        """Return ``branch`` scored children of every node, those that an earlier lookahead has written among them."""
        known = [child for node in nodes for child in node.children if child.status in ("open", "terminal")]
        if self.actions:
            new_nodes = [node for node in nodes if not node.children]
            slots = plan_all(new_nodes, find_actions(self.actions))
            return unique([*known, *(child for child in await generate_steps(tree, slots) if child is not None)])
        new = await self.fill(tree, nodes, 1) if self.entropy else []
        uncertain = [node for node in nodes if not self.entropy or self.branches(node)]
        return unique([*known, *new, *await self.fill(tree, uncertain, self.branch)])

    async def fill(self, tree: Tree, nodes: Sequence[Node], branch: int) -> list[Node]:
        """Write and score the children that each node lacks to ``branch``, and return them."""
        missing = [(node, branch - len(node.children)) for node in nodes]
        slots = [slot for node, count in missing for slot in reserve_slots([node], count, self.unhinted)]
        return [child for child in await generate_steps(tree, slots) if child is not None]

    def branches(self, node: Node) -> bool:
        """Tell whether a path gets further next steps: it has none yet, or its first one is uncertain or failed."""
        first = [child for child in node.children if child.status != "failed"][:1]
        return node.depth == 0 or not first or peak_entropy(first[0].step) > self.entropy

    def calibrated(self, trees: Sequence[Tree], share: float) -> "Beam":
        """Return the search that branches after a ``share`` of the steps of these chains. Raises UsageError."""
        return replace(self, entropy=above((peak_entropy(node.step) for node in drafts(trees)), share))

    async def look_ahead(self, tree: Tree, nodes: Sequence[Node]) -> None:
        """Roll out ``lookahead`` steps after every node; the trajectory score at the end becomes the node's value."""
        if not self.lookahead:
            return
        ends = await roll_out(tree, nodes, self.lookahead, self.depth)
        for node, end in zip(nodes, ends, strict=True):
            node.visits, node.value = 1, value_of(end, self.aggregate)

    def rank(self, node: Node) -> float:
        """Return the rank of a node: its value if there was a lookahead, else that of its path."""
        return node.value if node.visits else value_of(node, self.aggregate)
