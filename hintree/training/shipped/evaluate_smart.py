"""Evaluation of SMART with the PRM: the lowest threshold that keeps the teacher's accuracy, and what it costs.

Wang et al. 2025 (arXiv 2504.09923): a step whose score is below the threshold is rewritten by the teacher.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from hintree.lab.problem import LabProblem
from hintree.search import Beam, Handler, Ledger, Rewrite, choose
from hintree.statistics.intervals import mean_interval, share
from hintree.training.shipped.chains import cost, run_search

THRESHOLDS = (0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98)
NEAR = 0.98
"""Share of the teacher's accuracy that is required."""


class SmartResult(NamedTuple):
    """The result of one setting.

    right: 1 for each solved problem, else 0; shape [problems].
    ledgers: The costs of each problem.
    """

    right: "np.ndarray[Any, np.dtype[np.float64]]"
    ledgers: list[Ledger]


def smart_figures(
    roles: Mapping[str, Handler],
    lab_problems: Sequence[LabProblem],
    held_out: Sequence[LabProblem],
    forget: Callable[[], None],
) -> dict[str, Any]:
    """Choose the lowest threshold that keeps the teacher's accuracy, and measure it.

    Args:
        roles: Handlers of reasoner, teacher and scorer.
        lab_problems: Problems on which it is measured.
        held_out: Problems on which it is chosen.
        forget: Clears the KV caches, so that no run is spared what another one has read.
    """
    alone = {"reasoner": roles["teacher"]}
    wanted = NEAR * solve(held_out, alone, None).right.mean()
    tried = {t: float(solve(held_out, roles, smart(t)).right.mean()) for t in THRESHOLDS}
    chosen = next((t for t in THRESHOLDS if tried[t] >= wanted), max(THRESHOLDS, key=lambda t: tried[t]))
    forget()
    found = solve(lab_problems, roles, smart(chosen))
    forget()
    whole = solve(lab_problems, alone, None)
    difference = mean_interval(found.right - whole.right)
    return {
        "threshold": chosen,
        "validation": {"wanted": round(float(wanted), 4), **{str(t): round(x, 4) for t, x in tried.items()}},
        "right": share(int(found.right.sum()), len(lab_problems))._asdict(),
        "share of the teacher's accuracy": round(float(found.right.mean() / max(1e-9, whole.right.mean())), 4),
        "difference to the teacher": difference._asdict(),
        "cost": {
            name: cost(found.ledgers, role)
            for name, role in {"student": "reasoner", "teacher": "teacher", "scorer": "scorer"}.items()
        },
        "cost, teacher alone": cost(whole.ledgers),
    }


def smart(threshold: float) -> Rewrite:
    """Return SMART's rule: one stage, the teacher, whose step is always accepted."""
    return Rewrite(threshold, stages=("teacher",), accept="always")


def solve(lab_problems: Sequence[LabProblem], roles: Mapping[str, Handler], rule: Rewrite | None) -> SmartResult:
    """Run one chain per problem under a rule."""
    runs = run_search(lab_problems, Beam(1, 1), roles, rule=rule)
    right = [float(choose(run.tree).answer == str(p.answer)) for run, p in zip(runs, lab_problems, strict=True)]
    return SmartResult(np.array(right), [run.ledger for run in runs])
