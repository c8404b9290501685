"""Calibrate a PRM on labelled solutions: fit on one half of the problems, measure on the other."""

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hintree.data import read_cases
from hintree.errors import UsageError
from hintree.models import load_model
from hintree.scorers import PRM, PRMSpec, calibrated
from hintree.scorers.calibration import calibrate as corrected
from hintree.scorers.calibration import fit_isotonic, fit_temperature
from hintree.statistics.calibration import calibration_error, reliability
from hintree.statistics.intervals import auc
from hintree.training.prm.rows import LabelledSolution, label, read_rows, sample_solutions

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class Calibration(NamedTuple):
    """The result of a calibration.

    spec: The PRM spec with the calibration.
    summary: The calibration as a phrase.
    before, after: Expected calibration error on the half that was not fitted, in [0, 1].
    auc: Area under the ROC curve on the same half.
    steps, solutions: Their numbers in both halves.
    """

    spec: PRMSpec
    summary: str
    before: float
    after: float
    auc: float
    steps: int
    solutions: int


def calibrate(prm: PRM[Any], method: str, *, rows: str | None = None, n: int = 200) -> Calibration:
    """Fit a calibration.

    Args:
        prm: The PRM; its own calibration is ignored.
        method: "temperature" or "isotonic".
        rows: A file of labelled solutions; by default the student's solutions of ``n`` lab validation problems.
        n: Number of lab problems, used without ``rows``.

    Raises:
        UsageError: There are too few labelled steps, or they are all right or all wrong.
        ModelError: A step cannot be scored.
    """
    solutions = read_rows(rows) if rows else lab_solutions(n)
    plain = PRM(prm.model, calibrated(prm.spec))
    fitted, held = scored(plain, solutions, 0), scored(plain, solutions, 1)
    for scores, right in (fitted, held):
        if len(scores) < 20 or right.all() or not right.any():
            raise UsageError(f"{len(scores)} steps, {int(right.sum())} of them right, are too few to calibrate with")
    if method == "temperature":
        temperature = fit_temperature(*fitted)
        spec, summary = calibrated(prm.spec, temperature=temperature), f"temperature {temperature}"
    else:
        points = fit_isotonic(*fitted)
        spec, summary = calibrated(prm.spec, isotonic=points), f"{len(points)} corners"
    scores, right = held
    after = np.array([corrected(spec, float(score)) for score in scores])
    before, later = (calibration_error(reliability(x, right)) for x in (scores, after))
    return Calibration(spec, summary, before, later, auc(scores, right), len(scores) + len(fitted[0]), len(solutions))


def lab_solutions(n: int) -> list[LabelledSolution]:
    """Sample the student's solutions of lab validation problems, with exact labels."""
    cases = read_cases(f"lab:validation?steps=2-8&n={n}&seed=7")
    return label(sample_solutions(cases, load_model("embedded:student"), 1, seed=7), "exact")


def scored(prm: PRM[Any], solutions: Sequence[LabelledSolution], half: int) -> tuple[Floats, Bools]:
    """Return scores and labels of all steps of the solutions in one half of the problems; shapes [steps]."""
    mine = [s for s in solutions if hashlib.sha256(s.question.encode()).digest()[0] % 2 == half]
    scores = [score for s in mine for score in prm.score(s.question, s.steps, s.passages)[s.first :]]
    return np.array(scores), np.array([right for s in mine for right in s.right()[s.first :]], dtype=bool)
