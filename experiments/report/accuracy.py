"""How many problems each arm solves, against the baseline and the teacher; by family and by number of steps."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from hintree.experiments.report.paired import mcnemar
from hintree.experiments.report.results import Material
from hintree.experiments.report.table import Cell, Column, Table
from hintree.statistics.bootstrap import RESAMPLES, Estimate, Floats, bootstrap, ratio
from hintree.statistics.intervals import share

INTERVAL = f"95 % bootstrap intervals over problems and their seeds ({RESAMPLES} resamples)"
COMPARED = [Column("against baseline", "points"), Column("won"), Column("lost"), Column("p")]
WON = "won and lost count problems that an arm solves with more or fewer seeds; p is the exact McNemar test (two-sided)"


def right_of(material: Material, arm: str, rows: Sequence[int] | None = None) -> tuple[Floats, Floats]:
    """Where attempts of an arm are right, and where they were made; of some problems only if ``rows`` are given."""
    right, made = material.column(arm, lambda attempt: float(attempt.right)), material.made(arm)
    return (right, made) if rows is None else (right[rows], made[rows])


def accuracy(right: Floats, made: Floats) -> Estimate:
    """The share of right attempts. Where all or none are right nothing varies, and the interval is Wilson's."""
    found = ratio(right, made)
    if found.n and found.value in (0.0, 1.0):
        return Estimate(*share(round(found.value * found.n), found.n))
    return found


def difference(ours: tuple[Floats, Floats], theirs: tuple[Floats, Floats]) -> list[Cell]:
    """What an arm gains over another on the attempts that both made: difference, problems won, lost, and p."""
    both = ours[1] * theirs[1]
    if not both.any():
        return [None] * len(COMPARED)
    a, b = ours[0] * both, theirs[0] * both
    return [bootstrap([a, b, both], lambda x, y, made: (x - y) / made), *mcnemar(a, b)]


def accuracy_table(material: Material) -> Table:
    """All problems."""
    of_teacher = [Column("of the teacher", "%"), Column("gap recovered", "%")] if material.teacher else []
    rows: list[list[Cell]] = []
    for arm in material.arms:
        right, made = right_of(material, arm)
        failed = sum(attempt.failed for attempt in material.attempts[arm].values())
        row: list[Cell] = [arm, int(made.any(axis=1).sum()), int(made.sum()), failed, accuracy(right, made)]
        row += compared(material, arm, None)
        rows.append(row + (recovered(material, arm) if material.teacher else []))
    heads = [Column("arm"), Column("problems"), Column("attempts"), Column("failed"), Column("right", "%")]
    teacher = (
        f" Of the teacher: accuracy over that of {material.teacher}. Gap recovered: (accuracy - baseline's) / "
        f"({material.teacher}'s - baseline's)."
        if material.teacher
        else ""
    )
    caption = (
        f"Share of attempts (one problem with one seed) with a right answer; failed ones are not right. {INTERVAL}; "
        f"Wilson's where all or none are right. Baseline: {material.baseline}, paired on the same problems and "
        f"seeds; {WON}.{teacher}"
    )
    return Table("accuracy", "Accuracy", caption, [*heads, *COMPARED, *of_teacher], rows)


def compared(material: Material, arm: str, rows: Sequence[int] | None) -> list[Cell]:
    """The cells that compare an arm with the baseline; empty ones for the baseline itself."""
    if arm == material.baseline:
        return [None] * len(COMPARED)
    return difference(right_of(material, arm, rows), right_of(material, material.baseline, rows))


def recovered(material: Material, arm: str) -> list[Cell]:
    """Share of the teacher's accuracy, and of the gap between baseline and teacher, on attempts that all three made."""
    assert material.teacher is not None
    parts = [right_of(material, name) for name in (arm, material.baseline, material.teacher)]
    made = np.prod([part[1] for part in parts], axis=0)
    ours, low, high = (part[0] * made for part in parts)
    return [ratio(ours, high), bootstrap([ours, low, high], lambda x, y, z: (x - y) / (z - y))]


def parted_table(material: Material, name: Literal["family", "steps"]) -> Table:
    """Accuracy by family or by number of steps; no rows where they are not known."""
    title = {"family": "family", "steps": "number of steps"}[name]
    rows: list[list[Cell]] = []
    for part, members in material.parts(name):
        for arm in material.arms:
            right, made = right_of(material, arm, members)
            n = int(made.any(axis=1).sum())
            rows.append([str(part), arm, n, accuracy(right, made), *compared(material, arm, members)])
    heads = [Column(title), Column("arm"), Column("problems"), Column("right", "%")]
    caption = f"Right attempts at the problems of each {title}. {INTERVAL}. Baseline: {material.baseline}; {WON}."
    return Table(f"accuracy_by_{name}", f"Accuracy by {title}", caption, [*heads, *COMPARED], rows)
