"""Votes that stop: sample solutions until the vote is sure or decided, and prune unsure chains on the way."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from statistics import fmean, pstdev

from hintree.search.algorithms.best_of_n import sample
from hintree.search.algorithms.checks import check_limits, check_one_of, check_range, check_whole
from hintree.search.core.endings import Rejection
from hintree.search.core.limits import LONGEST_PATH, PathLimits
from hintree.search.core.nodes import open_nodes, prune
from hintree.search.core.position import Position
from hintree.search.core.tree import Node, Tree
from hintree.search.escalation import Rewrite
from hintree.search.gates import below
from hintree.search.selection import (
    AGGREGATES,
    Selection,
    check_usual,
    classes_of,
    finished_solutions,
    trajectory_score,
    weights,
)
from hintree.search.stopping import UNSEEN, beta_above_half, is_decided, samples_needed
from hintree.statistics.quantile import quantile

VOTES = ("majority", "weighted", "posterior", "evidence")
"""Weights of a solution; each is also a selection."""
RULES = ("share", "beta", "best")
"""Rules that stop."""
LEAST_DEVIATION = 1e-6
"""Deviation of ``usual`` where all confidences are equal."""


@dataclass(frozen=True, slots=True)
class ConfidentVote(PathLimits):
    """Sample until a vote weighted by confidence is sure (DeepConf, CGES, ReASC) or a score is high enough (OptScale).

    The confidence of a solution is its trajectory score, which without a scorer is a token probability. After
    ``warmup`` samples and after every ``batch`` further ones the rule decides whether to stop. After every step, the
    chains that cannot change the answer any more are pruned.

    Attributes:
        n: Maximum number of samples, at least 1.
        warmup: Samples before the first decision, at least 1.
        batch: Samples between two decisions, at least 1.
        vote: Weight of a solution: "majority" (1), "weighted" (its confidence; DeepConf, arXiv 2508.15260), "posterior"
            (``stopping.posteriors``; CGES, arXiv 2511.02603) or "evidence" (``stopping.evidence``; ReASC, arXiv
            2601.02970, which needs ``usual``).
        rule: Stop when the leading answer's share of the weight ("share"), or the probability that it is ahead of the
            second under Beta(w1 + 1, w2 + 1) ("beta"), is above ``sure``; or when as many samples are written as the
            best of them needs to reach ``target`` with probability ``sure`` ("best"; OptScale, arXiv 2506.22376).
        sure: Share or probability above which sampling stops, in [0.5, 1]; at 1 only a decided vote stops.
        keep: Share of the warm-up's solutions, in [0.01, 1], whose confidence is enough (eta of DeepConf): the others
            have no vote, and later chains are pruned as soon as they are less confident. 1 keeps all.
        gate: Confidence above which the first solution is accepted alone, with ``warmup`` 1 (ReASC); at 1 none is.
        target: Score that the rule "best" is to reach, in [0, 1].
        usual: Mean and deviation of the confidence of solutions, for "evidence"; see ``hintree calibrate``.
        aggregate: How step scores make the confidence of a path: last, min, product, mean or max.
        hinted: Whether steps are written under hints, if there is a hinter.
        depth: Longest path in steps; a longer one fails.

    Raises:
        UsageError: A value is outside its range.
    """

    n: int = 16
    warmup: int = 4
    batch: int = 4
    vote: str = "weighted"
    rule: str = "share"
    sure: float = 0.95
    keep: float = 1.0
    gate: float = 1.0
    target: float = 0.95
    usual: tuple[float, ...] = ()
    aggregate: str = "min"
    hinted: bool = True
    depth: int = LONGEST_PATH

    def __post_init__(self) -> None:
        check_limits(self)
        check_whole(self, n=1, warmup=1, batch=1, depth=1)
        check_range(self, sure=(0.5, 1.0), keep=(0.01, 1.0), gate=(0.0, 1.0), target=(0.0, 1.0))
        check_one_of(self, vote=VOTES, rule=RULES, aggregate=tuple(AGGREGATES))
        check_usual("ConfidentVote", self.vote, self.usual)

    @property
    def selection(self) -> Selection:
        """Select the answer as the paper does; a selection of the solver replaces this one."""
        return Selection("best" if self.rule == "best" else self.vote, self.aggregate, usual=self.usual)

    async def grow(self, tree: Tree, rule: Rewrite | None = None) -> None:
        """Write the warm-up, then batches, until the rule stops."""
        tree.limits = self
        floor, made = 0.0, 0
        while made < self.n:
            first, made = made, min(self.n, made + (self.batch if made else self.warmup))
            watch = partial(self.watch, tree, floor, self.n - made)
            await sample(tree, map(Position, range(first, made)), self.depth, rule, hinted=self.hinted, watch=watch)
            if not first and self.keep < 1 and (solutions := finished_solutions(tree)):
                floor = quantile(map(self.confidence, solutions), 1 - self.keep)
                self.give_up(solutions, floor)
            if self.enough(tree, made):
                return

    def watch(self, tree: Tree, floor: float, unwritten: int, chains: Sequence[Node]) -> None:
        """Prune the chains below the floor, and all that are open if the vote is decided without them."""
        self.give_up(chains, floor)
        going = open_nodes(chains)
        if going and self.decided(tree, len(going) + unwritten):
            prune(going, Rejection.SEARCH_ENDED, "the vote is decided without it")

    def give_up(self, nodes: Sequence[Node], floor: float) -> None:
        """Prune the nodes whose confidence is below the floor."""
        unsure = [node for node in nodes if self.confidence(node) < floor]
        prune(unsure, Rejection.OUTRANKED, f"less confident than the {self.keep:.0%} of the warm-up that are kept")

    def confidence(self, node: Node) -> float:
        """Return the confidence of a path, in [0, 1]."""
        return trajectory_score(node, self.aggregate)

    def enough(self, tree: Tree, made: int) -> bool:
        """Tell whether ``made`` samples are enough."""
        solutions = finished_solutions(tree)
        confidence = [self.confidence(node) for node in solutions]
        if made == 1 and max(confidence, default=0.0) > self.gate:
            return True
        if self.rule == "best":
            return made >= samples_needed(confidence, self.target, self.sure)
        if self.decided(tree, self.n - made):
            return True
        ranked, total = self.ranked(tree)
        first, second = (*ranked, 0.0, 0.0)[:2]
        if self.rule == "beta":
            return first > 0 and beta_above_half(first + 1, second + 1) > self.sure
        return first > self.sure * total

    def decided(self, tree: Tree, left: int) -> bool:
        """Tell whether ``left`` more solutions cannot change the answer; unbounded weights are never decided."""
        bounded = self.rule != "best" and self.vote in ("majority", "weighted")
        return bounded and len(finished_solutions(tree)) > left and is_decided(self.ranked(tree)[0], left)

    def ranked(self, tree: Tree) -> tuple[list[float], float]:
        """Return the weights of the stated answers, highest first, and the sum of all weights."""
        solutions = finished_solutions(tree)
        classes = classes_of(tree, solutions)
        found = weights(tree, solutions, classes, {n.id: self.confidence(n) for n in solutions}, self.selection)
        return sorted((x for answer, x in found.items() if answer != UNSEEN), reverse=True), sum(found.values())

    def calibrated(self, trees: Sequence[Tree], share: float) -> "ConfidentVote":
        """Return the search with the usual confidence, and the gate below which a ``share`` of these solutions lies.

        Raises:
            UsageError: No chain has ended in an answer.
        """
        found = [self.confidence(node) for tree in trees for node in finished_solutions(tree)]
        gate = min(below(found, share), 1.0)
        return replace(self, gate=gate, usual=(fmean(found), max(pstdev(found), LEAST_DEVIATION)))
