"""A gate before the first step: the first tokens decide whether the reasoner starts at all."""

from collections.abc import Sequence
from dataclasses import dataclass

from hintree.errors import UsageError
from hintree.search.algorithms.checks import check_limits, check_range, check_whole
from hintree.search.algorithms.first_token_probe import step_by
from hintree.search.core.limits import LONGEST_PATH, PathLimits
from hintree.search.core.nodes import fail_too_long
from hintree.search.core.position import FIRST_TOKEN
from hintree.search.core.requests import StepRequest, gather
from hintree.search.core.tree import StepOutput, Tree
from hintree.search.escalation import Rewrite, rewrite

FEATURES = ("entropy", "log-probability")
"""Features of the first tokens, means over them in nats, in the order of a row of neighbours; the label follows."""
WIDTH = len(FEATURES) + 1


@dataclass(frozen=True, slots=True)
class FirstTokens(PathLimits):
    """One chain by the reasoner, or by the teacher where the first tokens look as before wrong answers.

    "Do Stop Me Now" (arXiv 2510.22679) classifies a response by the nearest neighbours of its first token's
    log-probabilities. Here the neighbours are first tokens on training problems, labelled 1 where the reasoner's answer
    was right: it starts if the mean label of the ``k`` nearest ones, each feature measured by its range, is at least
    ``threshold``. Without neighbours, or without a teacher, it always starts.

    Attributes:
        neighbours: Rows of ``FEATURES`` and the label, one after the other; see ``hintree calibrate``.
        k: Nearest neighbours, at least 1.
        threshold: Least mean label of the nearest neighbours with which the reasoner starts, in [0, 1].
        tokens: First tokens that are written and read, at least 1; they are discarded.
        depth: Longest path in steps.

    Raises:
        UsageError: A value is outside its range.
    """

    neighbours: tuple[float, ...] = ()
    k: int = 5
    threshold: float = 0.5
    tokens: int = 1
    depth: int = LONGEST_PATH

    def __post_init__(self) -> None:
        check_limits(self)
        check_whole(self, k=1, tokens=1, depth=1)
        check_range(self, threshold=(0.0, 1.0))
        numbers = isinstance(self.neighbours, tuple) and all(isinstance(x, int | float) for x in self.neighbours)
        if not numbers or len(self.neighbours) % WIDTH:
            raise UsageError(
                f"FirstTokens neighbours: not rows of {WIDTH} numbers ({', '.join(FEATURES)}, and 1 for a right "
                "answer or 0), as `hintree calibrate` prints them"
            )

    async def grow(self, tree: Tree, rule: Rewrite | None = None) -> None:
        """Read the first tokens, choose the author, and write the chain."""
        tree.limits = self
        probes = [StepRequest(tree, tree.root, FIRST_TOKEN, tokens=self.tokens)] if self.neighbours else []
        first = [features(step) for step in await gather(probes) if step is not None]
        starts = all(self.likely_right(found) >= self.threshold for found in first)
        node, author = tree.root, "reasoner" if starts else "teacher"
        for _ in range(self.depth):
            written = await step_by(tree, node, author)
            if written is None:
                return
            [node] = await rewrite(tree, [written], rule)
            if node.status != "open":
                return
        fail_too_long([node], self.depth)

    def likely_right(self, found: Sequence[float]) -> float:
        """Return the mean label, in [0, 1], of the nearest neighbours of some features."""
        rows = [self.neighbours[i : i + WIDTH] for i in range(0, len(self.neighbours), WIDTH)]
        columns = list(zip(*rows, strict=True))[: len(FEATURES)]
        spans = [max(column) - min(column) or 1.0 for column in columns]

        def distance(row: Sequence[float]) -> float:
            return sum(((row[i] - found[i]) / span) ** 2 for i, span in enumerate(spans))

        nearest = [row[-1] for row in sorted(rows, key=distance)[: self.k]]
        return sum(nearest) / len(nearest)


def features(first: StepOutput) -> tuple[float, ...]:
    """Return the values of ``FEATURES``. Raises UsageError where entropies are unknown."""
    if first.first_entropy is None or first.log_probability is None:
        raise UsageError(
            "FirstTokens needs entropies, and the reasoner's server returns no most probable tokens (`hintree doctor "
            "URL`): name another reasoner"
        )
    return first.entropy, first.log_probability
