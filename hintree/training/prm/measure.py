"""Discrimination and calibration of a scorer on lab problems with exact labels."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from hintree.data import read_cases
from hintree.models import load_model
from hintree.scorers import StepScorer
from hintree.statistics.calibration import Trace, calibration_error, localised, reliability
from hintree.statistics.intervals import auc_interval
from hintree.training.prm.rows import LabelledSolution, label, sample_solutions

THRESHOLDS = np.linspace(0.02, 0.98, 49)
"""Candidate thresholds; the one with the best F1 on the first half of the problems is used."""


def labelled_drafts(problems: str, writer: str = "embedded:student") -> list[LabelledSolution]:
    """Sample one solution of every lab problem, with exact labels.

    Raises:
        UsageError: The problems are not lab problems.
    """
    return label(sample_solutions(read_cases(problems), load_model(writer), 1, seed=5), "exact")


def measure(scorer: StepScorer, rows: Sequence[LabelledSolution]) -> dict[str, Any]:
    """Return AUC with its 95 % interval, calibration error and ProcessBench's F1 (arXiv 2412.06559) on solutions.

    Steps count up to and at the first wrong one. The F1 is measured on the second half of the problems, at the
    threshold that was best on the first half; None where a half has no wrong or no right solution.

    Raises:
        ModelError: A step cannot be scored.
    """
    scored = [list(scorer.score(row.question, row.steps)) for row in rows]
    truth = [next((i for i, right in enumerate(row.right()) if not right), -1) for row in rows]
    steps = [
        (i, score, right)
        for i, (row, scores, first) in enumerate(zip(rows, scored, truth, strict=True))
        for j, (score, right) in enumerate(zip(scores, row.right(), strict=True))
        if first < 0 or j <= first
    ]
    group, scores, right = (np.array(column) for column in zip(*steps, strict=True))
    half = len(rows) // 2

    def f1(threshold: float, part: slice) -> float:
        predictions = [next((i for i, score in enumerate(s) if score < threshold), -1) for s in scored[part]]
        return localised([Trace(true, predicted) for true, predicted in zip(truth[part], predictions, strict=True)]).f1

    best = max(THRESHOLDS, key=lambda t: np.nan_to_num(f1(t, slice(half))))
    found = f1(best, slice(half, None))
    return {
        "solutions": len(rows),
        "steps": len(steps),
        "wrong": int((~right).sum()),
        "auc": auc_interval(scores, right, group).rounded(),
        "calibration error": round(calibration_error(reliability(scores, right)), 4),
        "first-error F1": None if np.isnan(found) else round(found, 4),
        "threshold": round(float(best), 2),
    }
