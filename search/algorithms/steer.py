"""STEER: the reasoner's confidence before a step, under a two-component mixture, decides which author writes it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hintree.errors import UsageError
from hintree.search.algorithms.checks import check_limits, check_range, check_whole
from hintree.search.algorithms.first_token_probe import route
from hintree.search.core.limits import PathLimits
from hintree.search.core.tree import StepOutput, Tree
from hintree.search.escalation import Rewrite


@dataclass(frozen=True, slots=True)
class Steer(PathLimits):
    """One chain; the teacher writes a step if the reasoner's confidence is of the low component (arXiv 2511.06190).

    The confidence c is the probability of the most probable first token of the next step. It is modelled by a
    mixture of two normal distributions, a low and a high component, and the reasoner writes the step if
    P(high | c) >= ``threshold``.

    Attributes:
        threshold: In [0, 2]. At 0 the reasoner writes everything, above 1 the teacher.
        mixture: Weight, mean and standard deviation of the low component, then of the high one; see
            ``hintree lab router-parameters``.
        depth: Longest path in steps.

    Raises:
        UsageError: A value is outside its range.
    """

    threshold: float = 0.5
    mixture: tuple[float, ...] = (0.5, 0.5, 0.2, 0.5, 0.95, 0.05)
    depth: int = 40

    def __post_init__(self) -> None:
        check_limits(self)
        check_whole(self, depth=1)
        check_range(self, threshold=(0.0, 2.0))
        numbers = isinstance(self.mixture, tuple) and all(isinstance(x, int | float) for x in self.mixture)
        if not numbers or len(self.mixture) != 6 or not all(x > 0 for x in self.mixture):
            raise UsageError(
                f"Steer mixture={self.mixture!r} is not six numbers above 0: share, mean and deviation of the low "
                "group, then of the high one"
            )

    async def grow(self, tree: Tree, rule: Rewrite | None = None) -> None:
        """Probe the first token and write the step, until the chain ends."""
        tree.limits = self
        await route(
            tree,
            rule,
            self.depth,
            lambda first: high_probability(confidence_of(first), self.mixture) >= self.threshold,
            teacher_ends=False,
        )


def confidence_of(first: StepOutput) -> float:
    """Return the probability of a first token, in (0, 1]. Raises UsageError where it is unknown."""
    if not first.mean_probability:
        raise UsageError(
            "Steer needs log-probabilities, which the reasoner's server does not return (`hintree doctor URL`)"
        )
    return first.mean_probability


def high_probability(confidence: float, mixture: Sequence[float]) -> float:
    """Return P(high | c) in [0, 1] by Bayes' rule, for a mixture as in ``Steer``."""
    low, high = (log_density(confidence, *mixture[i : i + 3]) for i in (0, 3))
    return 1.0 / (1.0 + math.exp(min(low - high, 700.0)))


def log_density(x: float, share: float, mean: float, deviation: float) -> float:
    """Return the log of a component's weight times its normal density at ``x``, up to a common constant."""
    return math.log(share) - math.log(deviation) - ((x - mean) / deviation) ** 2 / 2
