"""Count the problems that each arm solves, against the baseline and the teacher; by family and by number of steps."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from hintree.experiments.report.paired import mcnemar
from hintree.experiments.report.results import StudyResults
from hintree.experiments.report.table import Cell, Column, Table
from hintree.statistics.bootstrap import RESAMPLES, Estimate, Floats, bootstrap, ratio
from hintree.statistics.intervals import clustered_share

INTERVAL = f"95 % cluster bootstrap intervals over problems ({RESAMPLES} resamples)"
SCORE = "95 % score intervals with the variance between problems"
UNGRADED = ", and ungraded ones count neither way"
WITHHELD = ", nor are withheld answers; coverage: attempts whose answer is not withheld, of all"
COMPARED = [Column("against baseline", "points"), Column("won"), Column("lost"), Column("p")]
WON = "won and lost count problems that an arm solves with more or fewer seeds; p is the exact McNemar test (two-sided)"


def right_of(results: StudyResults, arm: str, rows: Sequence[int] | None = None) -> tuple[Floats, Floats]:
    """Return two arrays, 1 where attempts of an arm are right and 1 where graded; only problems ``rows`` if given."""
    right, graded = results.column(arm, lambda attempt: float(attempt.right)), results.graded(arm)
    return (right, graded) if rows is None else (right[rows], graded[rows])


def accuracy(right: Floats, made: Floats) -> Estimate:
    """Return the share of right attempts with the interval that every screen shows; NaN if no attempt was made."""
    if not made.any():
        return Estimate(np.nan, np.nan, np.nan, 0)
    return Estimate(*clustered_share(right.sum(axis=1), made.sum(axis=1)))


def difference(ours: tuple[Floats, Floats], theirs: tuple[Floats, Floats]) -> list[Cell]:
    """Return an arm's gain over another on attempts graded in both: difference, problems won, lost, and p."""
    both = ours[1] * theirs[1]
    if not both.any():
        return [None] * len(COMPARED)
    a, b = ours[0] * both, theirs[0] * both
    return [bootstrap([a, b, both], lambda x, y, made: (x - y) / made), *mcnemar(a, b)]


def accuracy_table(results: StudyResults) -> Table:
    """Return the accuracy of every arm on all problems."""
    of_teacher = [Column("of the teacher", "%"), Column("gap recovered", "%")] if results.teacher else []
    rows: list[list[Cell]] = []
    every = [attempt for arm in results.attempts.values() for attempt in arm.values()]
    some, abstained = any(attempt.ungraded for attempt in every), any(attempt.abstained for attempt in every)
    for arm in results.arms:
        made, attempts = results.made(arm), results.attempts[arm].values()
        row: list[Cell] = [arm, int(made.any(axis=1).sum()), int(made.sum()), sum(a.failed for a in attempts)]
        row += [sum(a.ungraded for a in attempts)] if some else []
        row += withheld(results, arm) if abstained else []
        row += [accuracy(*right_of(results, arm)), *compared(results, arm, None)]
        rows.append(row + (recovered(results, arm) if results.teacher else []))
    heads = [Column("arm"), Column("problems"), Column("attempts"), Column("failed")]
    heads += [Column("ungraded")] if some else []
    heads += [Column("abstained"), Column("coverage", "%"), Column("right of answered", "%")] if abstained else []
    heads += [Column("right", "%")]
    teacher = (
        f" Of the teacher: accuracy over that of {results.teacher}. Gap recovered: (accuracy - baseline's) / "
        f"({results.teacher}'s - baseline's)."
        if results.teacher
        else ""
    )
    caption = (
        "Share of attempts (one problem with one seed) with a right answer; failed ones are not right"
        f"{UNGRADED * some}{WITHHELD * abstained}. {SCORE}; of differences and ratios, {INTERVAL}. "
        f"Baseline: {results.baseline}, paired on the same problems and "
        f"seeds; {WON}.{teacher}"
    )
    return Table("accuracy", "Accuracy", caption, [*heads, *COMPARED, *of_teacher], rows)


def withheld(results: StudyResults, arm: str) -> list[Cell]:
    """Return how many answers of an arm are withheld, the share of other attempts, and the accuracy of those."""
    right, graded = right_of(results, arm)
    kept = graded * results.column(arm, lambda attempt: float(not attempt.abstained))
    count = sum(attempt.abstained for attempt in results.attempts[arm].values())
    return [count, accuracy(kept, graded), accuracy(right * kept, kept)]


def compared(results: StudyResults, arm: str, rows: Sequence[int] | None) -> list[Cell]:
    """Return the cells that compare an arm with the baseline; empty cells for the baseline itself."""
    if arm == results.baseline:
        return [None] * len(COMPARED)
    return difference(right_of(results, arm, rows), right_of(results, results.baseline, rows))


def recovered(results: StudyResults, arm: str) -> list[Cell]:
    """Return the shares of the teacher's accuracy and of its gap to the baseline, on attempts that all three made."""
    assert results.teacher is not None
    parts = [right_of(results, name) for name in (arm, results.baseline, results.teacher)]
    made = np.prod([part[1] for part in parts], axis=0)
    ours, low, high = (part[0] * made for part in parts)
    return [ratio(ours, high), bootstrap([ours, low, high], lambda x, y, z: (x - y) / (z - y))]


def parted_table(results: StudyResults, name: Literal["family", "steps"]) -> Table:
    """Tabulate accuracy by family or by number of steps; no rows where these are unknown."""
    title = {"family": "family", "steps": "number of steps"}[name]
    rows: list[list[Cell]] = []
    for part, members in results.parts(name):
        for arm in results.arms:
            right, made = right_of(results, arm, members)
            n = int(made.any(axis=1).sum())
            rows.append([str(part), arm, n, accuracy(right, made), *compared(results, arm, members)])
    heads = [Column(title), Column("arm"), Column("problems"), Column("right", "%")]
    caption = (
        f"Right attempts at the problems of each {title}. {SCORE}; of differences, {INTERVAL}. "
        f"Baseline: {results.baseline}; {WON}."
    )
    return Table(f"accuracy_by_{name}", f"Accuracy by {title}", caption, [*heads, *COMPARED], rows)
