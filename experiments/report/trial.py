"""Hold what a report keeps of one attempt (one arm, one problem, one seed), so that its tree can be forgotten."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hintree.experiments.report.votes import Finished
from hintree.search.core.ledger import Ledger
from hintree.statistics.calibration import Trace


class JudgedStep(NamedTuple):
    """A step that the rewrite rule could see: it was scored, or written again.

    Attributes:
        score: In [0, 1]; None if it failed before it was judged.
        right: By the exact checker.
        clean: Whether all steps before it are right.
        triggered: Whether another step was written in its place.
    """

    score: float | None
    right: bool
    clean: bool
    triggered: bool


class RewriteRecord(NamedTuple):
    """A step and what was written in its place.

    Attributes:
        author: Who wrote the new version.
        kept: Whether the new version was kept.
        before, after: Whether the versions are right, None where no exact checker can say.
        rise: New score minus old, None where one is missing.
        mistake: What is wrong with the old version: a kind of ``lab.StepVerdict``; "" if nothing, or if unknown.
    """

    author: str
    kept: bool
    before: bool | None
    after: bool | None
    rise: float | None
    mistake: str


class HintRecord(NamedTuple):
    """A hint and the step under it.

    Attributes:
        depth: Of the step.
        leaked: Whether the hint says too much (``hintree.policies.leaks``).
        points, goes: Label of the fact that the hint, or the step, names first; "answer" for the answer, "" for none.
    """

    depth: int
    leaked: bool
    points: str
    goes: str


class TrialRecord(NamedTuple):
    """One attempt. Of one that failed only the ledger is known, if that.

    Attributes:
        right: Whether the answer is right; False if the attempt failed or is ungraded.
        failed: Whether it failed.
        ungraded: Whether the verdict on its answer is not known; it counts in no accuracy.
        ledger: What it cost.
        tokens, steps: Of the returned trajectory, by author.
        finished: Finished solutions that state an answer, in order of creation; ungraded ones are left out.
        judged, traces: Steps and finished solutions with exact labels; empty outside the lab.
        rewritten, hinted: All rewrites and all hinted steps of the tree.
        dropped: Hints that said too much and were left out.
    """

    right: bool = False
    failed: bool = True
    ledger: Ledger = Ledger()
    tokens: Mapping[str, int] = {}
    steps: Mapping[str, int] = {}
    finished: Sequence[Finished] = ()
    judged: Sequence[JudgedStep] = ()
    traces: Sequence[Trace] = ()
    rewritten: Sequence[RewriteRecord] = ()
    hinted: Sequence[HintRecord] = ()
    dropped: int = 0
    ungraded: bool = False
