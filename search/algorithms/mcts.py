"""Monte Carlo tree search over steps."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hintree.search.actions import find_actions
from hintree.search.algorithms.backup import backup, backup_best
from hintree.search.algorithms.checks import check_limits, check_one_of, check_range, check_whole
from hintree.search.algorithms.smart import rewrite_some
from hintree.search.core.actions import Action, applicable
from hintree.search.core.endings import Rejection
from hintree.search.core.expand import Slot, generate_steps, plan, reserve_slots, roll_out
from hintree.search.core.limits import LONGEST_PATH, PathLimits
from hintree.search.core.nodes import open_nodes, unique
from hintree.search.core.seeds import generator
from hintree.search.core.tree import Node, Tree
from hintree.search.escalation import Rewrite, best_per_parent
from hintree.search.selection import AGGREGATES, Selection, trajectory_score, value_of


@dataclass(frozen=True, slots=True)
class MCTS(PathLimits):
    """MCTS with UCT (Kocsis and Szepesvari 2006) or PUCT (Silver et al. 2017), on values in [0, 1] from the scorer.

    A simulation selects a path from the root to an expandable step, writes all its new children in one batch, evaluates
    each, and backs every evaluation up (as rStar-Math does, Guan et al. 2025, arXiv 2501.04519, section 3.2: a new
    step's score is its first visit). So the visits of a step are 1 plus those of its children. A simulation that ends
    in a finished solution backs its value up again and writes nothing. ``batch`` simulations run in parallel: each path
    under way counts a visit of value 0 (a virtual loss). Selection stops where two would expand the same step, so that
    no written step is discarded.

    Attributes:
        simulations: Simulations in all, at least 1.
        branch: Children written when a step is first expanded, at least 1.
        unhinted: Children of these that are written without a hint, at most ``branch``.
        c: Weight of exploration, at least 0.
        rule: "uct", Q + c sqrt(ln N / n), or "puct", Q + c P sqrt(N) / (1 + n), where the prior P is the mean token
            probability, normalised over siblings.
        noise: Share of Dirichlet noise in the root's priors (puct), in [0, 1].
        alpha: Concentration of that noise, above 0.
        widen: Exponent of progressive widening (Coulom 2007), in [0, 1]: a step with N visits may have
            branch * N^widen children; 0 keeps ``branch``.
        value: "score", "rollout" (the trajectory score at the end of one chain written from there) or "both" (their
            mean).
        batch: Simulations in parallel, at least 1.
        depth: Longest path in steps.
        aggregate: How step scores make a value.
        actions: Actions that grow a node, by name or as ``Action`` values (docs/actions.md): an expansion writes the
            samples of each that applies. () for ``branch`` next steps.
        backup: Value of a step with evaluated children: the "mean" of all evaluations below it and its own, or that of
            its "best" child, so that a bad draft does not lower the value of the step before it.
        mend: When the rule rewrites a low step: at its "expansion", as soon as it is written, or at its first "visit",
            when a simulation selects it. At a visit, steps that no simulation selects cost no rewrite.
        sure: A finished path ends the search if all its step scores are at least this, in [0, 1]; 0 never does.

    Raises:
        UsageError: A value is outside its range.
    """

    simulations: int = 32
    branch: int = 3
    unhinted: int = 0
    c: float = 1.4
    rule: str = "uct"
    noise: float = 0.0
    alpha: float = 0.3
    widen: float = 0.0
    value: str = "score"
    batch: int = 1
    depth: int = LONGEST_PATH
    aggregate: str = "last"
    actions: tuple[str | Action, ...] = ()
    backup: str = "mean"
    mend: str = "expansion"
    sure: float = 0.0

    def __post_init__(self) -> None:
        check_limits(self)
        check_whole(self, simulations=1, branch=1, unhinted=0, batch=1, depth=1)
        check_range(self, unhinted=(0, self.branch), c=(0, 1e6), noise=(0, 1), alpha=(1e-3, 1e3))
        check_range(self, widen=(0, 1), sure=(0, 1))
        check_one_of(self, rule=("uct", "puct"), value=("score", "rollout", "both"))
        check_one_of(self, aggregate=tuple(AGGREGATES), backup=("mean", "best"))
        check_one_of(self, mend=("expansion", "visit"))
        find_actions(self.actions)

    @property
    def selection(self) -> Selection:
        """Select the answer as the paper does; a selection of the solver replaces this one."""
        return Selection("best", self.aggregate)

    async def grow(self, tree: Tree, rule: Rewrite | None = None) -> None:
        """Select, expand, evaluate and back up until all simulations are done, a path is sure, or no step is left."""
        tree.limits = self
        done = 0
        while done < self.simulations and self.is_live(tree.root) and not self.is_sure(tree):
            leaves = self.select_many(tree, min(self.batch, self.simulations - done))
            done += len(leaves)
            visited = unique(await rewrite_some(tree, leaves, rule, lambda leaf: self.is_due(leaf, rule)))
            for leaf in visited:
                if leaf.status == "terminal" or (leaf.replaces is not None and not leaf.visits):
                    self.back_up(leaf, value_of(leaf, self.aggregate))
            await self.expand(tree, open_nodes(visited), rule)

    def back_up(self, node: Node, value: float) -> None:
        """Back up one evaluation of a step, by the mean or by the best child."""
        (backup_best if self.backup == "best" else backup)(node, value)

    def is_sure(self, tree: Tree) -> bool:
        """Tell whether a path with an answer has no step score below ``sure``; one without scores is never sure."""
        ends = [node for node in tree.terminals() if node.step.answer is not None and node.score is not None]
        return self.sure > 0 and any(trajectory_score(end, "min") >= self.sure for end in ends)

    def is_due(self, node: Node, rule: Rewrite | None) -> bool:
        """Tell whether the rule looks at a selected step: a rule per "parent" leaves one with a better live sibling."""
        if rule is None or self.mend == "expansion" or node.parent is None:
            return False
        siblings = [child for child in node.parent.children if child.status in ("open", "terminal")]
        return rule.per == "step" or best_per_parent(siblings) == [node]

    def is_due_at_once(self, node: Node) -> bool:
        """Tell whether the rule looks at a new step: always, or where it and all its siblings have failed."""
        siblings = node.parent.children if node.parent else []
        return self.mend == "expansion" or all(child.status not in ("open", "terminal") for child in siblings)

    def select_many(self, tree: Tree, count: int) -> list[Node]:
        """Select the leaves of up to ``count`` parallel simulations, each once."""
        virtual_loss: dict[int, int] = {}
        leaves: list[Node] = []
        for _ in range(count):
            leaf = self.select(tree, virtual_loss)
            if leaf in leaves:
                break
            leaves.append(leaf)
            for node in (tree.root, *leaf.path()):
                virtual_loss[node.id] = virtual_loss.get(node.id, 0) + 1
        return leaves

    def select(self, tree: Tree, virtual_loss: dict[int, int]) -> Node:
        """Select a path from the root to an expandable or finished step, by the highest score of every child.

        Args:
            tree: The tree; its root is live. It is not modified, but for steps that turn out to be dead ends and fail.
            virtual_loss: Visits under way by node id, each of value 0. It is not modified.
        """
        node = tree.root
        while node.status == "open" and not self.is_expandable(node):
            children = [child for child in node.children if self.is_live(child)]
            total = node.visits + virtual_loss.get(node.id, 0)
            priors = self.priors(node, children)
            scores = [
                self.uct_score(child, prior, total, virtual_loss.get(child.id, 0))
                for child, prior in zip(children, priors, strict=True)
            ]
            node = children[scores.index(max(scores))]
        return node

    def uct_score(self, node: Node, prior: float, total: int, virtual_loss: int) -> float:
        """Return the UCT or PUCT score of a child, which selection maximises.

        Args:
            node: The child, visited at least once.
            prior: Its prior P in [0, 1]; UCT does not use it.
            total: Visits to its parent, those under way included.
            virtual_loss: Visits to it that are under way, each of value 0.
        """
        visits = node.visits + virtual_loss
        mean = node.value * node.visits / visits
        if self.rule == "puct":
            return mean + self.c * prior * math.sqrt(total) / (1 + visits)
        return mean + self.c * math.sqrt(math.log(total) / visits)

    def priors(self, node: Node, children: Sequence[Node]) -> list[float]:
        """Return the prior P of each child; they sum to 1. At the root Dirichlet noise is mixed in."""
        weights = [child.step.mean_probability + 1e-9 for child in children]
        priors = [weight / sum(weights) for weight in weights]
        if not self.noise or node.parent is not None:
            return priors
        draws = [generator(child.key, "dirichlet").gammavariate(self.alpha, 1.0) + 1e-12 for child in children]
        return [(1 - self.noise) * p + self.noise * x / sum(draws) for p, x in zip(priors, draws, strict=True)]

    def expansion_size(self, node: Node) -> int:
        """Return the number of children that may still be requested after a step (progressive widening)."""
        if self.actions:
            planned = 0 if node.children_requested else len(applicable(node, find_actions(self.actions)))
            return planned if node.depth < self.depth else 0
        most = math.floor(self.branch * max(1, node.visits) ** self.widen)
        return most - node.children_requested if node.depth < self.depth else 0

    def is_expandable(self, node: Node) -> bool:
        """Tell whether selection stops at an open step: it may have more children, or it has no live one."""
        return self.expansion_size(node) > 0 or not any(self.is_live(child) for child in node.children)

    def is_live(self, node: Node) -> bool:
        """Tell whether a simulation may end at a step or below it."""
        return node.status == "terminal" or (node.status == "open" and not self.is_exhausted(node))

    def is_exhausted(self, node: Node) -> bool:
        """Tell whether an open step may have no more children and has no live one; such a step fails."""
        if self.expansion_size(node) > 0 or any(child.status in ("open", "terminal") for child in node.children):
            return False
        if node.children:
            node.fail(Rejection.DEAD_END, "no way on from here")
        else:
            node.fail(Rejection.TOO_LONG, f"longer than {self.depth} steps")
        return True

    def slots(self, leaf: Node) -> list[Slot]:
        """Reserve the slots of a leaf's new children."""
        if self.actions:
            return plan([leaf], find_actions(self.actions))
        return reserve_slots([leaf], self.expansion_size(leaf), self.unhinted if not leaf.children else 0)

    async def expand(self, tree: Tree, leaves: Sequence[Node], rule: Rewrite | None) -> None:
        """Write, rewrite and evaluate the children of the leaves, and back up their values."""
        slots = [slot for leaf in leaves for slot in self.slots(leaf)]
        children = unique(child for child in await generate_steps(tree, slots) if child is not None)
        kept = await rewrite_some(tree, children, rule, self.is_due_at_once)
        fresh = [child for child in unique(kept) if not child.visits]
        ends = await roll_out(tree, fresh, self.depth, self.depth) if self.value != "score" else fresh
        for node, end in zip(fresh, ends, strict=True):
            if self.value == "both":
                self.back_up(end, (value_of(node, self.aggregate) + value_of(end, self.aggregate)) / 2)
            else:
                self.back_up(end, value_of(end, self.aggregate))
