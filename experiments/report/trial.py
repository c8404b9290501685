"""Records of one attempt (one arm, one problem, one seed), so that a report need not keep its tree."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hintree.experiments.report.votes import Finished
from hintree.search.core.ledger import Ledger
from hintree.statistics.calibration import Trace


class JudgedStep(NamedTuple):
    """Step that the rewrite rule considers: it has a score, or was rewritten.

    Attributes:
        score: In [0, 1]; None if the step failed before it was scored.
        right: True if the exact checker accepts it.
        clean: True if all steps before it are right.
        triggered: True if it was rewritten.
    """

    score: float | None
    right: bool
    clean: bool
    triggered: bool


class RewriteRecord(NamedTuple):
    """Step and the version that was written in its place.

    Attributes:
        author: Author of the new version; the name of the action where it was written after a critique.
        kept: True if the new version was kept.
        before, after: True where the old and the new version is right; None outside the lab.
        rise: New score minus old score; None where one is missing.
        mistake: Kind of the old version's mistake (``lab.StepVerdict``); "" if there is none, or outside the lab.
    """

    author: str
    kept: bool
    before: bool | None
    after: bool | None
    rise: float | None
    mistake: str


class HintRecord(NamedTuple):
    """Hint and the step under it.

    Attributes:
        depth: Depth of the step.
        leaked: True if the hint leaks (``hintree.policies.leaks``).
        points, goes: Label of the fact that the hint, or the step, names first; "answer" for the answer, "" for none.
    """

    depth: int
    leaked: bool
    points: str
    goes: str


class CitationRecord(NamedTuple):
    """Citations of an attempt's tree.

    Attributes:
        steps: Steps that cite or quote a passage, rejected ones included.
        sound: Those whose quotations are literal and whose ids were looked up.
        cites_all: True if the returned trajectory cites every entry of the fact book that its lab problem needs; None
            for other problems.
    """

    steps: int = 0
    sound: int = 0
    cites_all: bool | None = None


class TrialRecord(NamedTuple):
    """One attempt; a failed one has at most its ledger.

    Attributes:
        right: True if the answer is right; False if the attempt failed or is ungraded.
        failed: True if it failed.
        ungraded: True if its answer has no verdict; it counts in no accuracy.
        ledger: Its cost.
        tokens, steps: Tokens and steps of the returned trajectory, by author.
        finished: Finished solutions that state an answer, in order of creation; ungraded ones are left out.
        judged, traces: Steps and finished solutions with exact labels; empty outside the lab.
        rewritten, hinted: All rewrites and all hinted steps of the tree.
        label_masses: Mass of the labels of each score that was read from some, in order of creation; see ``Node``.
        dropped: Number of hints that were dropped as leaks.
        abstained: True if its answer was withheld, as its confidence was too low; it is not right.
        answer: The selected answer, withheld or not; None if no path states one.
        confidence: Confidence in that answer, in [0, 1]; 0 without an answer.
        selected_right: True if that answer is right.
        citations: Citations of its tree.
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
    label_masses: Sequence[float] = ()
    abstained: bool = False
    answer: str | None = None
    confidence: float = 0.0
    selected_right: bool = False
    citations: CitationRecord = CitationRecord()
