"""Adaptive branching MCTS: Thompson sampling chooses between going wider (a new step) and deeper (an old one)."""

import math
import random
from collections import defaultdict
from dataclasses import dataclass

from hintree.errors import UsageError
from hintree.search.algorithms.backup import backup
from hintree.search.algorithms.checks import check_limits, check_one_of, check_range, check_whole
from hintree.search.core.expand import Slot, generate_steps
from hintree.search.core.limits import LONGEST_PATH, PathLimits
from hintree.search.core.nodes import unique
from hintree.search.core.position import Position
from hintree.search.core.seeds import generator
from hintree.search.core.tree import Node, Tree
from hintree.search.escalation import Rewrite, rewrite
from hintree.search.selection import AGGREGATES, Selection, value_of

ARMS = ("reasoner", "hinted", "teacher")


@dataclass(frozen=True, slots=True)
class ABMCTS(PathLimits):
    """AB-MCTS-A (Inoue et al. 2025, arXiv 2503.04412, section 3.3, node aggregation).

    At every node of a selection path, each arm draws a value from its posterior and the highest is followed. There is
    one arm per live child, with all scores in its subtree as observations, and one GEN arm per author, with the scores
    of the children that this author wrote here. A GEN arm writes one new child. The posterior is that of a normal
    distribution with unknown mean and variance (their Gaussian model): mean 0, kappa 1, nu 1, tau^2 0.1 a priori.
    Unlike the paper, equal siblings are merged, and a duplicate counts as an observation of 0.

    Attributes:
        simulations: New steps to write, at least 1.
        arms: Authors of new steps: "reasoner" (without a hint), "hinted" (the reasoner under a hint), "teacher".
        batch: Simulations in parallel, at least 1; they do not observe each other's scores.
        depth: Longest path in steps.
        aggregate: How step scores make the value of a path.
        mean, kappa, nu, tau2: Parameters of the normal-inverse-chi-squared prior.

    Raises:
        UsageError: A value is outside its range.
    """

    simulations: int = 32
    arms: tuple[str, ...] = ("reasoner", "hinted")
    batch: int = 1
    depth: int = LONGEST_PATH
    aggregate: str = "last"
    mean: float = 0.0
    kappa: float = 1.0
    nu: float = 1.0
    tau2: float = 0.1

    def __post_init__(self) -> None:
        check_limits(self)
        check_whole(self, simulations=1, batch=1, depth=1)
        check_range(self, kappa=(1e-9, 1e9), nu=(1e-9, 1e9), tau2=(1e-9, 1e9), mean=(-1e9, 1e9))
        check_one_of(self, aggregate=tuple(AGGREGATES))
        if not self.arms or set(self.arms) - set(ARMS):
            raise UsageError(f"ABMCTS arms={self.arms!r} is not a selection of {', '.join(ARMS)}")

    @property
    def selection(self) -> Selection:
        """Select the answer as the paper does; a selection of the solver replaces this one."""
        return Selection("best", self.aggregate)

    async def grow(self, tree: Tree, rule: Rewrite | None = None) -> None:
        """Run ``simulations`` simulations, each of which writes one step or revisits a finished solution."""
        tree.limits = self
        done, stats = 0, SubtreeStats(tree)
        while done < self.simulations:
            count = min(self.batch, self.simulations - done)
            slots = [slot for i in range(count) if (slot := self.select(tree, done + i, stats)) is not None]
            done += count
            written = await generate_steps(tree, slots)
            for slot, node in zip(slots, written, strict=True):
                if node is not None:
                    stats.wrote[slot.node.id, arm_of(slot)].append(node if node.position == slot.position else None)
            for node in unique(await rewrite(tree, unique(node for node in written if node is not None), rule)):
                backup(node, value_of(node, self.aggregate))
            stats.update()

    def select(self, tree: Tree, simulation: int, stats: "SubtreeStats") -> Slot | None:
        """Select by Thompson sampling and return the slot of the GEN arm that wins.

        A path that ends in a finished solution backs its value up and returns None.
        """
        draw = generator(tree.root.key, "thompson", simulation)
        node = tree.root
        while True:
            arms: list[tuple[float, int, Node | str]] = []
            for i, arm in enumerate(self.arms if node.depth < self.depth else ()):
                observed = RunningStats()
                for child in stats.wrote[node.id, arm]:
                    observed.add(observed_score(child) if child else 0.0)
                arms.append((self.sample(draw, observed), -i, arm))
            for child in node.children:
                if child.status in ("open", "terminal") and child.visits:
                    arms.append((self.sample(draw, stats.below[child.id]), -child.id - len(ARMS), child))
            if not arms:
                return None
            pick = max(arms, key=lambda arm: arm[:2])[2]
            if isinstance(pick, str):
                return self.reserve_slot(node, pick)
            if pick.status == "terminal":
                backup(pick, value_of(pick, self.aggregate))
                return None
            node = pick

    def reserve_slot(self, node: Node, arm: str) -> Slot:
        """Reserve the slot of an arm's next step; advances ``children_requested`` of the node."""
        [sibling] = node.reserve(1)
        return Slot(node, Position(sibling), "teacher" if arm == "teacher" else "reasoner", arm == "hinted")

    def sample(self, draw: random.Random, observed: "RunningStats") -> float:
        """Draw a mean from the normal-inverse-chi-squared posterior after the observations."""
        n = observed.count
        average = observed.total / n if n else 0.0
        kappa, nu = self.kappa + n, self.nu + n
        mean = (self.kappa * self.mean + n * average) / kappa
        spread = max(0.0, observed.squares - n * average**2) + self.kappa * n / kappa * (average - self.mean) ** 2
        variance = (self.nu * self.tau2 + spread) / draw.gammavariate(nu / 2, 2.0)
        return draw.gauss(mean, math.sqrt(variance / kappa))


def arm_of(slot: Slot) -> str:
    """Return the arm that writes a slot."""
    return "teacher" if slot.author == "teacher" else "hinted" if slot.hinted else "reasoner"


def observed_score(node: Node) -> float:
    """Return the observation that a step makes, in [0, 1]: its score, 0 if it failed, one half if it has none."""
    return 0.0 if node.status == "failed" else 0.5 if node.score is None else node.score


@dataclass(slots=True)
class RunningStats:
    """Count, sum and sum of squares of the scores observed so far."""

    count: int = 0
    total: float = 0.0
    squares: float = 0.0

    def add(self, value: float) -> None:
        """Add one observation in [0, 1]."""
        self.count += 1
        self.total += value
        self.squares += value * value


class SubtreeStats:
    """Observations in the subtree of every step, updated as the tree grows, without duplicates and rejected versions.

    Attributes:
        below: Scores of a step and of all steps after it, by node id.
        wrote: Steps that an arm wrote after a node, by node id and arm; None for a duplicate.
    """

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.counted = 1
        self.below: defaultdict[int, RunningStats] = defaultdict(RunningStats)
        self.wrote: defaultdict[tuple[int, str], list[Node | None]] = defaultdict(list)
        self.update()

    def update(self) -> None:
        """Count the steps added since the last update, each for itself and for all steps before it."""
        for node in self.tree.nodes[self.counted :]:
            path = node.path()
            if not any(at.status in ("pruned", "rejected") for at in path):
                for at in path:
                    self.below[at.id].add(observed_score(node))
        self.counted = len(self.tree.nodes)
