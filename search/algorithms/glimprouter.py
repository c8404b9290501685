"""GlimpRouter: the entropy of a step's first token decides which author writes the step."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hintree.errors import UsageError
from hintree.search.algorithms.checks import check_limits, check_one_of, check_range, check_whole
from hintree.search.algorithms.first_token_probe import route
from hintree.search.core.limits import PathLimits
from hintree.search.core.tree import StepOutput, Tree
from hintree.search.escalation import Rewrite
from hintree.search.gates import above, drafts


@dataclass(frozen=True, slots=True)
class GlimpRouter(PathLimits):
    """One chain; the teacher writes a step if the reasoner's first token is uncertain (arXiv 2601.05110).

    H is the entropy of the reasoner's distribution of the first token of the next step. The reasoner writes the step if
    H < ``threshold``, else the teacher does; no draft is discarded.

    Attributes:
        threshold: tau, in nats, at least 0. At 0 the teacher writes everything, at infinity only the end.
        ending: Author of the step that ends the solution: "teacher", or "any" for the one that the entropy selects.
        depth: Longest path in steps.

    Raises:
        UsageError: A value is outside its range.
    """

    threshold: float = 0.5
    ending: str = "teacher"
    depth: int = 40

    def __post_init__(self) -> None:
        check_limits(self)
        check_whole(self, depth=1)
        check_range(self, threshold=(0.0, float("inf")))
        check_one_of(self, ending=("teacher", "any"))

    async def grow(self, tree: Tree, rule: Rewrite | None = None) -> None:
        """Probe the first token and write the step, until the chain ends."""
        tree.limits = self
        await route(
            tree,
            rule,
            self.depth,
            lambda first: entropy_of(first) < self.threshold,
            teacher_ends=self.ending == "teacher",
        )

    def calibrated(self, trees: Sequence[Tree], share: float) -> "GlimpRouter":
        """Return the search that routes a ``share`` of the steps of these chains to the teacher. Raises UsageError."""
        levels = (n.step.first_entropy for n in drafts(trees) if n.step.first_entropy is not None)
        return replace(self, threshold=above(levels, share))


def entropy_of(first: StepOutput) -> float:
    """Return the entropy of a first token's distribution, in nats. Raises UsageError where it is unknown."""
    if first.first_entropy is None and not first.entropy:
        raise UsageError(
            "GlimpRouter needs entropies, and the reasoner's server returns no most probable tokens (`hintree doctor "
            "URL`): name another reasoner"
        )
    return first.entropy
