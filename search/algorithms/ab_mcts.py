"""Adaptive branching MCTS: Thompson sampling decides whether to write a new step or go on, and who writes it."""

import math
import random
from collections import defaultdict
from dataclasses import dataclass

from hintree.errors import UsageError
from hintree.search.algorithms.backup import backup
from hintree.search.algorithms.checks import check_one_of, check_range, check_whole
from hintree.search.core.expand import Slot, generate_steps
from hintree.search.core.position import Position
from hintree.search.core.seeds import generator
from hintree.search.core.tree import Node, Tree, unique
from hintree.search.escalation import Rewrite, rewrite
from hintree.search.selection import AGGREGATES, Selection, value_of

ARMS = ("reasoner", "hinted", "teacher")


@dataclass(frozen=True, slots=True)
class ABMCTS:
    """AB-MCTS-A (Inoue et al. 2025, arXiv 2503.04412, section 3.3, node aggregation).

    At every step of the walk each arm draws a value from its posterior, and the highest goes on: an arm per living
    child, whose observations are all scores below it, and a GEN arm per author, whose observations are the scores of
    the children that this author wrote here. A GEN arm writes one new child. Posteriors are those of a normal
    distribution with unknown mean and variance (their Gaussian model): mean 0, kappa 1, nu 1, tau^2 0.1 a priori.
    Ours: equal siblings are one step, and what writes one again brings nothing and is seen as 0.

    Attributes:
        simulations: New steps to write, at least 1.
        arms: Who may write: "reasoner" (without a hint), "hinted" (the reasoner under a hint), "teacher".
        batch: Simulations side by side, at least 1; those do not see each other's scores.
        depth: Longest path in steps.
        aggregate: How step scores make the value of a path.
        mean, kappa, nu, tau2: The prior.

    Raises:
        UsageError: A value is outside its range.
    """

    simulations: int = 32
    arms: tuple[str, ...] = ("reasoner", "hinted")
    batch: int = 1
    depth: int = 16
    aggregate: str = "last"
    mean: float = 0.0
    kappa: float = 1.0
    nu: float = 1.0
    tau2: float = 0.1

    def __post_init__(self) -> None:
        check_whole(self, simulations=1, batch=1, depth=1)
        check_range(self, kappa=(1e-9, 1e9), nu=(1e-9, 1e9), tau2=(1e-9, 1e9), mean=(-1e9, 1e9))
        check_one_of(self, aggregate=tuple(AGGREGATES))
        if not self.arms or set(self.arms) - set(ARMS):
            raise UsageError(f"ABMCTS arms={self.arms!r} is not a selection of {', '.join(ARMS)}")

    @property
    def selection(self) -> Selection:
        """Select the answer as the paper does, unless the solver is told otherwise."""
        return Selection("best", self.aggregate)

    async def grow(self, tree: Tree, rule: Rewrite | None = None) -> None:
        """Write ``simulations`` steps; ends early when every path is finished or failed."""
        done, below = 0, Below(tree)
        while done < self.simulations:
            count = min(self.batch, self.simulations - done)
            at = [place for i in range(count) if (place := self.select(tree, done + i, below)) is not None]
            done += count
            written = await generate_steps(tree, at)
            for place, node in zip(at, written, strict=True):
                if node is not None:
                    below.wrote[place.node.id, arm_of(place)].append(node if node.position == place.position else None)
            for node in unique(await rewrite(tree, unique(node for node in written if node is not None), rule)):
                backup(node, value_of(node, self.aggregate))
            below.look()

    def select(self, tree: Tree, simulation: int, below: "Below") -> Slot | None:
        """Walk down by Thompson sampling to where a GEN arm wins; None where the walk ends in a finished solution."""
        draw = generator(tree.root.key, "thompson", simulation)
        node = tree.root
        while True:
            arms: list[tuple[float, int, Node | str]] = []
            for i, arm in enumerate(self.arms if node.depth < self.depth else ()):
                seen = Seen()
                for child in below.wrote[node.id, arm]:
                    seen.add(score(child) if child else 0.0)
                arms.append((self.sample(draw, seen), -i, arm))
            for child in node.children:
                if child.status in ("open", "terminal") and child.visits:
                    arms.append((self.sample(draw, below.seen[child.id]), -child.id - len(ARMS), child))
            if not arms:
                return None
            pick = max(arms, key=lambda arm: arm[:2])[2]
            if isinstance(pick, str):
                return self.place(node, pick)
            if pick.status == "terminal":
                backup(pick, value_of(pick, self.aggregate))
                return None
            node = pick

    def place(self, node: Node, arm: str) -> Slot:
        """Where an arm writes its next step."""
        [sibling] = node.reserve(1)
        return Slot(node, Position(sibling), "teacher" if arm == "teacher" else "reasoner", arm == "hinted")

    def sample(self, draw: random.Random, seen: "Seen") -> float:
        """A draw of the mean from its normal-inverse-chi-squared posterior after the observations ``seen``."""
        n = seen.n
        average = seen.total / n if n else 0.0
        kappa, nu = self.kappa + n, self.nu + n
        mean = (self.kappa * self.mean + n * average) / kappa
        spread = max(0.0, seen.squares - n * average**2) + self.kappa * n / kappa * (average - self.mean) ** 2
        variance = (self.nu * self.tau2 + spread) / draw.gammavariate(nu / 2, 2.0)
        return draw.gauss(mean, math.sqrt(variance / kappa))


def arm_of(place: Slot) -> str:
    """The arm that writes at a place."""
    return "teacher" if place.author == "teacher" else "hinted" if place.hinted else "reasoner"


def score(node: Node) -> float:
    """What an arm observes of a step: its score, 0 if it failed, one half if nobody judged it."""
    return 0.0 if node.status == "failed" else 0.5 if node.score is None else node.score


@dataclass(slots=True)
class Seen:
    """Scores observed so far: how many, their sum, and the sum of their squares."""

    n: int = 0
    total: float = 0.0
    squares: float = 0.0

    def add(self, value: float) -> None:
        """Observe one more."""
        self.n += 1
        self.total += value
        self.squares += value * value


class Below:
    """What is seen at and below every step, kept up as the tree grows; duplicates and rejected versions do not count.

    seen: By node id.
    wrote: By node id and arm, the steps that this arm wrote there; None for a duplicate, which brought nothing.
    """

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.looked = 1
        self.seen: defaultdict[int, Seen] = defaultdict(Seen)
        self.wrote: defaultdict[tuple[int, str], list[Node | None]] = defaultdict(list)
        self.look()

    def look(self) -> None:
        """Count the steps that are new since the last look, each for itself and for all before it."""
        for node in self.tree.nodes[self.looked :]:
            path = node.path()
            if not any(at.status in ("pruned", "rejected") for at in path):
                for at in path:
                    self.seen[at.id].add(score(node))
        self.looked = len(self.tree.nodes)
