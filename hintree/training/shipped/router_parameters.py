"""Fit what some presets decide by, on training problems of the lab: a router, a mixture, and a threshold.

No reference answer is used: the router learns from scores of the PRM, the others from probabilities of the student.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.mixture import GaussianMixture

from hintree.lab.generate import problems
from hintree.lab.problem import LabProblem
from hintree.models import load_classifier, load_model
from hintree.policies import Sampling, StepWriter
from hintree.scorers import FAMILIES, PRM
from hintree.search import Beam, Handler, Response, Rewrite, Run, StepRequest, choose
from hintree.search.algorithms.first_token_probe import GLANCE
from hintree.search.router import FEATURES, features
from hintree.training.shipped.chains import run_search

ROUTED_SHARE = 0.25
"""Share of the training problems' steps that the preset glimprouter gives to the teacher."""

Numbers = NDArray[np.float64]


class RouterData(NamedTuple):
    """What a router learns from.

    drafts: Features of drafts, shape [rows, features].
    gains: Whether the teacher's step scored higher, shape [rows].
    glances: Entropy in nats and highest probability of first tokens, shape [places, 2].
    """

    drafts: Numbers
    gains: NDArray[np.bool_]
    first_tokens: Numbers


def fit_router_parameters(n: int, seed: int) -> dict[str, Any]:
    """The gates of arbitrage, steer and glimprouter for the shipped student, teacher and PRM, as plain data.

    Args:
        n: Training problems; a fourth as many validation problems measure the router.
        seed: Of the problems, and of the mixture's fit.
    """
    roles = role_models()
    train = collect(list(problems("train", n=n, seed=seed)), roles)
    held_out = collect(list(problems("validation", n=max(4, n // 4), seed=seed)), roles)
    router = LogisticRegression(max_iter=1000).fit(train.drafts, train.gains)
    probability = router.predict_proba(held_out.drafts)[:, 1]
    entropies, chances = train.first_tokens.T
    return {
        "made by": f"hintree lab gates --n {n} --seed {seed}",
        "arbitrage": {
            "features": ["intercept", *FEATURES],
            "weights": rounded([*router.intercept_, *router.coef_[0]]),
            "rows": len(train.gains),
            "gains": int(train.gains.sum()),
            "validation": {
                "rows": len(held_out.gains),
                "gains": int(held_out.gains.sum()),
                "AUC": area(held_out.gains, probability),
                "AUC of 1 - score": area(held_out.gains, 1 - held_out.drafts[:, 0]),
            },
        },
        "steer": {"mixture": rounded(mixture(chances, seed)), "places": len(chances)},
        "glimprouter": {"threshold": rounded([np.quantile(entropies, 1 - ROUTED_SHARE)])[0], "share": ROUTED_SHARE},
    }


def role_models() -> dict[str, Handler]:
    """The shipped student, teacher and PRM."""
    student, teacher = (load_model(f"embedded:{name}") for name in ("student", "teacher"))
    prm = load_classifier("embedded:prm")
    return {
        "reasoner": Handler(StepWriter(student, Sampling()), student.parameters),
        "teacher": Handler(StepWriter(teacher, Sampling()), teacher.parameters),
        "scorer": Handler(PRM(prm, FAMILIES["lab"]), prm.parameters),
    }


def collect(lab_problems: Sequence[LabProblem], roles: dict[str, Handler]) -> RouterData:
    """Chains in which student and teacher write every step: one goes on with the better step, one with the draft."""
    both = Rewrite(1.01, stages=("teacher",), accept="better", per="step")
    never = Rewrite(1.01, stages=("teacher",), accept="better", per="step", margin=1.0)
    runs = [run for rule in (both, never) for run in run_search(lab_problems, Beam(1, 1), roles, rule=rule)]
    drafts, gains = [], []
    for run in runs:
        for new in run.tree:
            old = run.tree.nodes[new.replaces or 0]
            if new.replaces is not None and old.score is not None:  # a failed draft goes to the teacher anyway
                drafts.append(features(old))
                gains.append(new.score is not None and new.score > old.score)
    return RouterData(np.array(drafts), np.array(gains), first_tokens(runs, roles["reasoner"]))


def first_tokens(runs: Sequence[Run], student: Handler) -> Numbers:
    """Entropy and highest probability of the first token of every step on the chosen paths, shape [places, 2]."""
    places = [(run.tree, node) for run in runs for node in [run.tree.root, *choose(run.tree).node.path()[:-1]]]
    answers = student.handle([StepRequest(tree, node, GLANCE, tokens=1) for tree, node in places])
    found = [answer.value for answer in answers if isinstance(answer, Response)]
    return np.array([(step.entropy, step.mean_probability) for step in found])


def mixture(chances: Numbers, seed: int) -> list[float]:
    """Share, mean and deviation of a low and of a high group of probabilities; see ``search.Steer``."""
    found = GaussianMixture(2, random_state=seed, reg_covar=1e-4).fit(chances[:, None])
    low, high = np.argsort(found.means_[:, 0])
    return [
        float(x)
        for group in (low, high)
        for x in (found.weights_[group], found.means_[group, 0], np.sqrt(found.covariances_[group, 0, 0]))
    ]


def area(gains: NDArray[np.bool_], probability: Numbers) -> float | None:
    """Area under the ROC curve; None where all rows are alike."""
    return round(float(roc_auc_score(gains, probability)), 4) if 0 < gains.sum() < len(gains) else None


def rounded(numbers: Sequence[float]) -> list[float]:
    """Numbers of six decimals."""
    return [round(float(x), 6) for x in numbers]
