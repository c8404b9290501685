"""Evaluation of SMART with the PRM: the lowest threshold that keeps the teacher's accuracy, and its teacher tokens.

Wang et al. 2025 (arXiv 2504.09923): a step whose score is below the threshold is rewritten by the teacher.
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
"""Share of the teacher's accuracy that is required."""


class SmartResult(NamedTuple):
    """The result of one setting.

    right: 1 for each solved problem, else 0; shape [problems].
    tokens: Mean number of tokens per problem that the strong model generated.
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
    """Choose the lowest threshold that keeps the teacher's accuracy, and measure it.

    It is chosen on the problems ``held_out`` and measured on ``lab_problems``.
    """
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
    """Return SMART's rule: one stage, the teacher, whose step is always accepted."""
    return Rewrite(threshold, stages=("teacher",), accept="always")


def solve(lab_problems: Sequence[LabProblem], roles: dict[str, Handler], rule: Rewrite | None) -> SmartResult:
    """Run one chain per problem under a rule.

    Tokens are those of the teacher, or of the reasoner where it is the only model.
    """
    runs = run_search(lab_problems, Beam(1, 1), roles, rule=rule)
    right = [float(choose(run.tree).answer == str(p.answer)) for run, p in zip(runs, lab_problems, strict=True)]
    strong = "teacher" if "teacher" in roles else "reasoner"
    tokens = sum(run.ledger[strong].generated_tokens for run in runs) / len(runs)
    return SmartResult(np.array(right), tokens)
