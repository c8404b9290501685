"""Tabulate how far the confidence in answers can be trusted: calibration, ranking, risk and coverage."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hintree.experiments.report.accuracy import accuracy
from hintree.experiments.report.results import StudyResults
from hintree.experiments.report.table import Cell, Column, Table
from hintree.statistics.bootstrap import Floats, ratio
from hintree.statistics.intervals import auc
from hintree.statistics.selective import RESAMPLES, Bools, aurc, calibration_gap, with_interval


class Answers(NamedTuple):
    """Graded attempts of an arm: confidence, correctness, and position of the problem; each of shape [attempts]."""

    confidence: Floats
    right: Bools
    problems: NDArray[np.int64]


def answers_of(results: StudyResults, arm: str, *, stated: bool = False) -> Answers:
    """Return the graded attempts of an arm; one without an answer has confidence 0 and is wrong.

    Args:
        results: The study.
        arm: Name of the arm.
        stated: Leave out attempts without an answer.
    """
    attempts = sorted(results.attempts[arm].items())
    graded = [(place[0], a) for place, a in attempts if not a.ungraded and not (stated and a.answer is None)]
    return Answers(
        np.array([attempt.confidence for _, attempt in graded], dtype=np.float64),
        np.array([attempt.selected_right for _, attempt in graded], dtype=np.bool_),
        np.array([problem for problem, _ in graded], dtype=np.int64),
    )


def answers_table(results: StudyResults) -> Table:
    """Tabulate calibration error, AUROC and area under the risk-coverage curve of the confidence in answers."""
    rows: list[list[Cell]] = []
    for arm in results.arms:
        found, graded = answers_of(results, arm), results.graded(arm)
        if len(found.right):
            confidence = results.column(arm, lambda a: a.confidence) * graded
            right = results.column(arm, lambda a: float(a.selected_right))
            rows.append(
                [
                    arm,
                    len(found.right),
                    sum(attempt.answer is None for attempt in results.attempts[arm].values()),
                    accuracy(right, graded),
                    ratio(confidence, graded),
                    calibration_gap(confidence, right, graded),
                    with_interval(auc, *found),
                    with_interval(auc, *answers_of(results, arm, stated=True)),
                    with_interval(aurc, *found),
                ]
            )
    heads = [Column("arm"), Column("attempts"), Column("without answer"), Column("right", "%")]
    heads += [
        Column("mean confidence", "%"),
        Column("ECE"),
        Column("AUROC"),
        Column("AUROC of answers"),
        Column("AURC"),
    ]
    caption = (
        "Confidence in the selected answer against its correctness; a withheld answer counts as selected, and an "
        "attempt without an answer has confidence 0 and is wrong. ECE: expected calibration error, ten bins of equal "
        "width. AUROC: how often a right answer has more confidence than a wrong one; AUROC of answers: the same among "
        "attempts with an answer, since those without are easily told from right ones. AURC: area under the "
        "risk-coverage curve, the mean share of wrong answers among the most confident ones; without information it is "
        f"the share of wrong answers. 95 % bootstrap intervals over problems (AUROC and AURC: {RESAMPLES} resamples); "
        "that of ECE leans upward, since chance adds to it."
    )
    return Table("answers", "Confidence in answers", caption, heads, rows)
