"""Particle filtering over steps."""

import math
from dataclasses import dataclass

from hintree.search.algorithms.checks import check_range, check_whole
from hintree.search.core.endings import Rejection
from hintree.search.core.expand import Slot, generate_steps
from hintree.search.core.position import Position
from hintree.search.core.seeds import generator
from hintree.search.core.tree import Node, Tree, fail_too_long, open_nodes, prune
from hintree.search.escalation import Rewrite, rewrite


@dataclass(frozen=True, slots=True)
class Particles:
    """Particle filtering (Puri et al. 2025, arXiv 2502.01618, algorithm 1).

    ``n`` paths are written side by side, one step at a time; after every step the paths are drawn anew, in proportion
    to softmax(logit(score) / temperature) of their last steps, so that good ones multiply and poor ones die out.
    Finished paths stay in the draw. Systematic resampling: one uniform number, n evenly spaced points.

    Attributes:
        n: Particles, at least 1.
        temperature: Of the softmax, above 0; high keeps all, low keeps the best.
        hinted: Whether steps are written under hints, if there is a hinter.
        depth: Longest path in steps; a longer one fails.

    Raises:
        UsageError: A value is outside its range.
    """

    n: int = 8
    temperature: float = 1.0
    hinted: bool = True
    depth: int = 16

    def __post_init__(self) -> None:
        check_whole(self, n=1, depth=1)
        check_range(self, temperature=(1e-6, 1e6))

    async def grow(self, tree: Tree, rule: Rewrite | None = None) -> None:
        """Write and resample until all particles are finished."""
        particles = [tree.root] * self.n
        for turn in range(self.depth):
            alive = [i for i, node in enumerate(particles) if node.status == "open"]
            if not alive:
                return
            at = [Slot(particles[i], Position(i), hinted=self.hinted) for i in alive]
            steps = [step for step in await generate_steps(tree, at, merge=False) if step is not None]
            kept = await rewrite(tree, steps, rule, merge=False)
            finished = [node for node in particles if node.status == "terminal"]
            particles = self.resample(tree, [*finished, *kept], turn)
        fail_too_long(particles, self.depth)

    def resample(self, tree: Tree, particles: list[Node], turn: int) -> list[Node]:
        """``n`` particles drawn by weight; failed ones have none."""
        sound = [node for node in particles if node.status != "failed"]
        if not sound:
            return []
        logits = [logit(0.5 if node.score is None else node.score) / self.temperature for node in sound]
        weights = [math.exp(x - max(logits)) for x in logits]
        start = generator(tree.root.key, "resample", turn).random()
        points = [(start + i) / self.n * sum(weights) for i in range(self.n)]
        drawn: list[Node] = []
        upto, place = weights[0], 0
        for point in points:
            while point > upto and place < len(sound) - 1:
                place += 1
                upto += weights[place]
            drawn.append(sound[place])
        prune((node for node in open_nodes(sound) if node not in drawn), Rejection.NOT_RESAMPLED, "not drawn again")
        return drawn


def logit(p: float) -> float:
    """log(p / (1 - p)), with p kept off 0 and 1 by one part in a million."""
    p = min(max(p, 1e-6), 1 - 1e-6)
    return math.log(p / (1 - p))
