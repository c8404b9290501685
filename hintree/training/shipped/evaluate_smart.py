"""SMART with the PRM: at which threshold does student plus teacher equal the teacher, and how much does it ask of it?

Wang et al. 2025 (arXiv 2504.09923): a step whose score is below the threshold is written by the teacher instead.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from hintree.lab.problem import LabProblem
from hintree.search import Beam, Handler, Rewrite, choose
from hintree.statistics.intervals import mean_interval, share
from hintree.training.shipped.chains import run_search

THRESHOLDS = (0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98)
NEAR = 0.98
"""Share of the teacher's accuracy that is wanted."""


class SmartResult(NamedTuple):
    """What one setting reached.

    right: Whether each problem was solved, shape [problems], 0 or 1.
    tokens: Tokens that the strong model wrote, a mean per problem.
    """

    right: "np.ndarray[Any, np.dtype[np.float64]]"
    tokens: float


def smart_figures(
    scorer: Handler,
    student: Handler,
    teacher: Handler,
    lab_problems: Sequence[LabProblem],
    held_out: Sequence[LabProblem],
) -> dict[str, Any]:
    """The lowest threshold that is near the teacher on the problems ``held_out``, and what it does on ``asked``."""
    roles = {"reasoner": student, "teacher": teacher, "scorer": scorer}
    alone = {"reasoner": teacher}
    wanted = NEAR * solve(held_out, alone, None).right.mean()
    tried = {t: float(solve(held_out, roles, smart(t)).right.mean()) for t in THRESHOLDS}
    chosen = next((t for t in THRESHOLDS if tried[t] >= wanted), max(THRESHOLDS, key=lambda t: tried[t]))
    found, whole = solve(lab_problems, roles, smart(chosen)), solve(lab_problems, alone, None)
    difference = mean_interval(found.right - whole.right)
    return {
        "threshold": chosen,
        "validation": {"wanted": round(float(wanted), 4), **{str(t): round(x, 4) for t, x in tried.items()}},
        "right": share(int(found.right.sum()), len(lab_problems))._asdict(),
        "share of the teacher's accuracy": round(float(found.right.mean() / max(1e-9, whole.right.mean())), 4),
        "difference to the teacher": difference._asdict(),
        "teacher tokens": round(found.tokens, 1),
        "teacher tokens, teacher alone": round(whole.tokens, 1),
    }


def smart(threshold: float) -> Rewrite:
    """SMART's rule: one rung, the teacher, whose step is always taken."""
    return Rewrite(threshold, stages=("teacher",), accept="always")


def solve(lab_problems: Sequence[LabProblem], roles: dict[str, Handler], rule: Rewrite | None) -> SmartResult:
    """One chain per problem under a rule; the strong model is the teacher, or the reasoner where it works alone."""
    runs = run_search(lab_problems, Beam(1, 1), roles, rule=rule)
    right = [float(choose(run.tree).answer == str(p.answer)) for run, p in zip(runs, lab_problems, strict=True)]
    strong = "teacher" if "teacher" in roles else "reasoner"
    tokens = sum(run.ledger[strong].generated_tokens for run in runs) / len(runs)
    return SmartResult(np.array(right), tokens)
