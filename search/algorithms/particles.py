"""Particle filtering over steps."""

import math
from dataclasses import dataclass

from hintree.search.algorithms.checks import check_limits, check_range, check_whole
from hintree.search.core.endings import Rejection
from hintree.search.core.expand import Slot, generate_steps
from hintree.search.core.limits import LONGEST_PATH, PathLimits
from hintree.search.core.nodes import fail_too_long, open_nodes, prune
from hintree.search.core.position import Position
from hintree.search.core.seeds import generator
from hintree.search.core.tree import Node, Tree
from hintree.search.escalation import Rewrite, rewrite


@dataclass(frozen=True, slots=True)
class Particles(PathLimits):
    """Particle filtering (Puri et al. 2025, arXiv 2502.01618, algorithm 1).

    Extend ``n`` particles by one step each, then resample them in proportion to softmax(logit(score) / temperature) of
    their last steps. Finished particles take part in the resampling. It is systematic: one uniform number gives n
    evenly spaced points.

    Attributes:
        n: Number of particles, at least 1.
        temperature: Temperature of the softmax, above 0; a high one keeps all particles, a low one the best.
        hinted: Whether steps are written under hints, if there is a hinter.
        depth: Longest path in steps; a longer one fails.

    Raises:
        UsageError: A value is outside its range.
    """

    n: int = 8
    temperature: float = 1.0
    hinted: bool = True
    depth: int = LONGEST_PATH

    def __post_init__(self) -> None:
        check_limits(self)
        check_whole(self, n=1, depth=1)
        check_range(self, temperature=(1e-6, 1e6))

    async def grow(self, tree: Tree, rule: Rewrite | None = None) -> None:
        """Extend and resample until all particles are finished."""
        tree.limits = self
        particles = [tree.root] * self.n
        for turn in range(self.depth):
            growing = [i for i, node in enumerate(particles) if node.status == "open"]
            if not growing:
                return
            slots = [Slot(particles[i], Position(i), hinted=self.hinted) for i in growing]
            steps = [step for step in await generate_steps(tree, slots, merge=False) if step is not None]
            kept = await rewrite(tree, steps, rule, merge=False)
            finished = [node for node in particles if node.status == "terminal"]
            particles = self.resample(tree, [*finished, *kept], turn)
        fail_too_long(particles, self.depth)

    def resample(self, tree: Tree, particles: list[Node], turn: int) -> list[Node]:
        """Return ``n`` particles, resampled by weight; failed ones have weight 0."""
        sound = [node for node in particles if node.status != "failed"]
        if not sound:
            return []
        logits = [logit(0.5 if node.score is None else node.score) / self.temperature for node in sound]
        weights = [math.exp(x - max(logits)) for x in logits]
        start = generator(tree.root.key, "resample", turn).random()
        points = [(start + i) / self.n * sum(weights) for i in range(self.n)]
        drawn: list[Node] = []
        upto, number = weights[0], 0
        for point in points:
            while point > upto and number < len(sound) - 1:
                number += 1
                upto += weights[number]
            drawn.append(sound[number])
        prune((node for node in open_nodes(sound) if node not in drawn), Rejection.NOT_RESAMPLED, "not drawn again")
        return drawn


def logit(p: float) -> float:
    """Return log(p / (1 - p)), with p clamped to [1e-6, 1 - 1e-6]."""
    p = min(max(p, 1e-6), 1 - 1e-6)
    return math.log(p / (1 - p))
