"""Audits against exact labels: rewrites that fix or break steps, hints that leak or are followed, scores."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from hintree.experiments.report.extract import CUT
from hintree.experiments.report.results import StudyResults
from hintree.experiments.report.table import Cell, Column, Table
from hintree.experiments.report.trial import HintRecord, JudgedStep, RewriteRecord
from hintree.lab.checker import ErrorKind
from hintree.statistics.bootstrap import Estimate, Floats
from hintree.statistics.calibration import Bin, calibration_error, localised, reliability
from hintree.statistics.intervals import auc_interval, share

WILSON = "95 % Wilson intervals, as if steps were independent"
EXACT = "by the lab's exact checker"
MISTAKES = [kind for kind in get_args(ErrorKind) if kind]


def counted(k: int, n: int) -> Estimate:
    """Return k of n with its Wilson interval; undefined for n = 0."""
    return Estimate(*share(k, n)) if n else Estimate(np.nan, np.nan, np.nan, 0)


def rewrite_table(results: StudyResults) -> Table:
    """Tabulate the outcomes of rewrites, by arm and author."""
    rows: list[list[Cell]] = []
    for arm in results.arms:
        made = [rewritten for _, attempt in results.of(arm) for rewritten in attempt.rewritten]
        for author in sorted({rewritten.author for rewritten in made}):
            rows.append([arm, author, *outcomes([r for r in made if r.author == author])])
    heads = [Column(head) for head in ("arm", "written by", "rewrites", "kept", "wrong to right", "right to wrong")]
    heads += [Column("neutral"), Column("fixed", "%"), Column("broken", "%")]
    heads += [Column("wrong, mended", "%"), Column("right, spoilt", "%"), Column("score rose", "%")]
    caption = (
        "Steps that were written again (reasoner: under a new hint or drawn again; correct: after a critique; revise: "
        "the first step of a revised solution). Of those kept, what they were and "
        f"became, {EXACT}: wrong to right, right to wrong, neutral (right both times or wrong both times). Fixed: of "
        "kept rewrites of wrong steps those that are right; broken: of kept rewrites of right steps those that are "
        "wrong. Wrong, mended: of all rewrites of wrong steps, kept or not, those that put a right step in their "
        "place; right, spoilt: of all rewrites of right steps those that put a wrong one in their place. Score rose: "
        f"of all rewrites with both scores. {WILSON}."
    )
    return Table("rewrites", "Rewrites", caption, heads, rows)


def outcomes(made: Sequence[RewriteRecord]) -> list[Cell]:
    """Count the outcomes of some rewrites."""
    kept = [r for r in made if r.kept]
    known = [(r.before, r.after) for r in kept if r.before is not None and r.after is not None]
    fixed, broken = known.count((False, True)), known.count((True, False))
    rises = [r.rise > 0 for r in made if r.rise is not None]
    turns: list[Cell] = [fixed, broken, len(known) - fixed - broken] if known else [None, None, None]
    wrong = sum(not before for before, _ in known)
    tried = [r.before for r in made if r.before is not None]
    shares = [counted(fixed, wrong), counted(broken, len(known) - wrong)]
    shares += [counted(fixed, tried.count(False)), counted(broken, tried.count(True))]
    return [len(made), len(kept), *turns, *shares, counted(sum(rises), len(rises))]


def mistake_table(results: StudyResults) -> Table:
    """Tabulate the kinds of mistakes that rewrites fix, by arm and author."""
    rows: list[list[Cell]] = []
    for arm in results.arms:
        made = [r for _, attempt in results.of(arm) for r in attempt.rewritten if r.mistake]
        for author in sorted({rewritten.author for rewritten in made}):
            kinds = [[r for r in made if (r.author, r.mistake) == (author, kind)] for kind in MISTAKES]
            fixed = [sum(bool(r.kept and r.after) for r in some) for some in kinds]
            rows.append([arm, author, *(f"{k} of {len(some)}" for k, some in zip(fixed, kinds, strict=True))])
    caption = (
        f"Wrong steps that were written again, by what is wrong with them {EXACT}: how many were replaced by a right "
        "one, of how many. Arithmetic: the computation; operand: a number or quantity, among them whatever builds on "
        "an earlier mistake; irrelevant: a quantity that the answer does not need; repeated: one that is known; "
        "malformed: no step of the lab, or no fact of the problem."
    )
    return Table("mistakes", "What rewrites fix", caption, [Column(h) for h in ("arm", "written by", *MISTAKES)], rows)


def trigger_table(results: StudyResults) -> Table:
    """Tabulate the precision and recall of the rewrite trigger."""
    rows: list[list[Cell]] = []
    for arm in results.arms:
        seen = judged_of(results, arm)
        hit = sum(j.triggered and not j.right for _, j in seen)
        triggered, wrong = sum(j.triggered for _, j in seen), sum(not j.right for _, j in seen)
        if triggered:
            rows.append([arm, len(seen), wrong, triggered, counted(hit, triggered), counted(hit, wrong)])
    heads = [Column(head) for head in ("arm", "steps", "wrong", "triggered")]
    caption = (
        "Which steps set off a rewrite, among all that were scored or written again in lab problems. Precision: of "
        f"steps that did, those that are wrong, {EXACT}; recall: of wrong steps, those that did. A rule that rewrites "
        f"only after pruning, or only the best of siblings, passes others by on purpose. {WILSON}."
    )
    return Table(
        "triggers", "The trigger of rewrites", caption, [*heads, Column("precision", "%"), Column("recall", "%")], rows
    )


def judged_of(results: StudyResults, arm: str) -> list[tuple[int, JudgedStep]]:
    """Return the labelled steps of an arm, each with the position of its problem."""
    return [(problem, step) for problem, attempt in results.of(arm) for step in attempt.judged]


def hint_table(results: StudyResults) -> Table:
    """Tabulate the share of hints that leak, and of those that are followed, next to shuffled hints."""
    rows: list[list[Cell]] = []
    for arm in results.arms:
        hinted = [(problem, hint) for problem, attempt in results.of(arm) for hint in attempt.hinted]
        if hinted:
            leaked = sum(hint.leaked for _, hint in hinted)
            dropped = sum(attempt.dropped for _, attempt in results.of(arm))
            audit: list[Cell] = [counted(leaked, len(hinted)), dropped, followed(hinted), followed(shuffled(hinted))]
            rows.append([arm, len(hinted), *audit])
    heads = [Column("arm"), Column("hints"), Column("leaked", "%"), Column("dropped")]
    heads += [Column("followed", "%"), Column("shuffled", "%")]
    caption = (
        "Hints that reached the reasoner. Leaked: those that state an answer, or a number which neither the problem "
        "nor a step before has stated. Dropped: hints of a model that did, and were left out. Followed: of hints "
        "in lab problems that name a fact by its label, or the answer, those whose step names the same. Shuffled: the "
        "same with every hint swapped for one given at the same step of another problem, which is what following by "
        "chance looks like. "
        f"{WILSON}."
    )
    return Table("hints", "Hints", caption, heads, rows)


def followed(hinted: Sequence[tuple[int, HintRecord]]) -> Estimate:
    """Return the share of steps that use the fact to which their hint points, among hints that point to one."""
    pointing = [hint for _, hint in hinted if hint.points]
    return counted(sum(hint.points == hint.goes for hint in pointing), len(pointing))


def shuffled(hinted: Sequence[tuple[int, HintRecord]]) -> list[tuple[int, HintRecord]]:
    """Pair every step with the hint of the next problem at the same depth, cyclically in a fixed order."""
    found = []
    for depth in sorted({hint.depth for _, hint in hinted}):
        level = [(problem, hint) for problem, hint in hinted if hint.depth == depth]
        for i, (problem, hint) in enumerate(level):
            others = (level[(i + j) % len(level)] for j in range(1, len(level)))
            other = next((h for p, h in others if p != problem), None)
            if other is not None:
                found.append((problem, hint._replace(points=other.points)))
    return found


def scores_table(results: StudyResults) -> Table:
    """Tabulate AUC, calibration and error localisation of the scores."""
    rows: list[list[Cell]] = []
    for arm in results.arms:
        problems, scores, right = clean_steps(results, arm)
        if len(scores):
            traces = [trace for _, attempt in results.of(arm) for trace in attempt.traces]
            auc, found = Estimate(*auc_interval(scores, right, problems)), localised(traces)
            ece = calibration_error(reliability(scores, right))
            rows.append([arm, len(scores), int((~right).sum()), auc, ece, len(traces), *found])
    heads = [Column("arm"), Column("steps"), Column("wrong"), Column("AUC"), Column("ECE"), Column("solutions")]
    heads += [Column("error found", "%"), Column("no error found", "%"), Column("F1", "%")]
    caption = (
        f"Scores against exact labels ({EXACT}), on judged steps of lab problems after right steps only. AUC: "
        "how often a right step scores above a wrong one, 95 % bootstrap interval over problems. ECE: expected "
        "calibration error, ten bins of equal width. As in ProcessBench, of finished solutions whose steps are all "
        f"scored: where there is an error, the first step below {CUT} is the first wrong one; where there is none, no "
        f"step is below {CUT}; F1 is the harmonic mean of both. One model gives different figures in different arms, "
        "since each arm writes its own steps."
    )
    return Table("scores", "Scores", caption, heads, rows)


class Clean(NamedTuple):
    """Labelled steps after right steps only: position of the problem, score in [0, 1], label; each of shape [steps]."""

    problems: NDArray[np.int64]
    scores: Floats
    right: NDArray[np.bool_]


def clean_steps(results: StudyResults, arm: str) -> Clean:
    """Return the labelled steps of an arm after right steps only."""
    kept = [(problem, step) for problem, step in judged_of(results, arm) if step.clean and step.score is not None]
    return Clean(
        np.array([problem for problem, _ in kept], dtype=np.int64),
        np.array([step.score for _, step in kept], dtype=np.float64),
        np.array([step.right for _, step in kept], dtype=np.bool_),
    )


def calibration(results: StudyResults) -> Iterator[tuple[str, list[Bin]]]:
    """Return the reliability bins of every arm that has scores with exact labels."""
    for arm in results.arms:
        _, scores, right = clean_steps(results, arm)
        if len(scores):
            yield arm, reliability(scores, right)
