"""Fit the parameters of three presets on training problems of the lab: a router, a mixture, and a threshold.

No reference answer is used. The router is fitted to scores of the PRM, the others to probabilities of the student.
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
from hintree.search import Beam, Handler, Response, Rewrite, Run, StepRequest, choose
from hintree.search.core.position import FIRST_TOKEN
from hintree.search.router import FEATURES, features
from hintree.training.handlers import model_handlers
from hintree.training.shipped.chains import run_search

ROUTED_SHARE = 0.25
"""Share of the steps of training problems that the preset glimprouter routes to the teacher."""

Numbers = NDArray[np.float64]


class RouterData(NamedTuple):
    """Training data of the router.

    drafts: Features of drafted steps, shape [rows, features].
    gains: Whether the teacher's step scored higher, shape [rows].
    first_tokens: Entropy in nats and highest probability of first tokens, shape [positions, 2].
    """

    drafts: Numbers
    gains: NDArray[np.bool_]
    first_tokens: Numbers


def fit_router_parameters(n: int, seed: int) -> dict[str, Any]:
    """Fit arbitrage, steer and glimprouter to the shipped student, teacher and PRM; return plain data.

    Args:
        n: Training problems; a fourth as many validation problems measure the router.
        seed: Seed of the problems, and of the mixture's fit.
    """
    roles = role_models()
    train = collect(list(problems("train", n=n, seed=seed)), roles)
    held_out = collect(list(problems("validation", n=max(4, n // 4), seed=seed)), roles)
    router = LogisticRegression(max_iter=1000).fit(train.drafts, train.gains)
    probability = router.predict_proba(held_out.drafts)[:, 1]
    entropies, probabilities = train.first_tokens.T
    return {
        "made by": f"hintree lab router-parameters --n {n} --seed {seed}",
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
        "steer": {"mixture": rounded(mixture(probabilities, seed)), "places": len(probabilities)},
        "glimprouter": {"threshold": rounded([np.quantile(entropies, 1 - ROUTED_SHARE)])[0], "share": ROUTED_SHARE},
    }


def role_models() -> dict[str, Handler]:
    """Load the shipped student, teacher and PRM as handlers by role."""
    return model_handlers({"reasoner": "embedded:student", "teacher": "embedded:teacher", "scorer": "embedded:prm"})


def collect(lab_problems: Sequence[LabProblem], roles: dict[str, Handler]) -> RouterData:
    """Run chains in which student and teacher write every step, and return the router's data.

    One set of chains continues from the better step, one always from the student's draft.
    """
    both = Rewrite.always(stages=("teacher",), accept="better", per="step")
    never = Rewrite.always(stages=("teacher",), accept="better", per="step", margin=1.0)
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
    """Return entropy and top probability of the first token of every step on the chosen paths, shape [positions, 2]."""
    positions = [(run.tree, node) for run in runs for node in [run.tree.root, *choose(run.tree).node.path()[:-1]]]
    answers = student.handle([StepRequest(tree, node, FIRST_TOKEN, tokens=1) for tree, node in positions])
    found = [answer.value for answer in answers if isinstance(answer, Response)]
    return np.array([(step.entropy, step.mean_probability) for step in found])


def mixture(probabilities: Numbers, seed: int) -> list[float]:
    """Return share, mean and deviation of a low and of a high group of probabilities; see ``search.Steer``."""
    found = GaussianMixture(2, random_state=seed, reg_covar=1e-4).fit(probabilities[:, None])
    low, high = np.argsort(found.means_[:, 0])
    return [
        float(x)
        for group in (low, high)
        for x in (found.weights_[group], found.means_[group, 0], np.sqrt(found.covariances_[group, 0, 0]))
    ]


def area(gains: NDArray[np.bool_], probability: Numbers) -> float | None:
    """Return the area under the ROC curve; None where all rows are alike."""
    return round(float(roc_auc_score(gains, probability)), 4) if 0 < gains.sum() < len(gains) else None


def rounded(numbers: Sequence[float]) -> list[float]:
    """Round numbers to six decimals."""
    return [round(float(x), 6) for x in numbers]
