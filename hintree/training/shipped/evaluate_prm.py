"""Evaluation of the PRM on the student's sampled solutions: step AUC, first-error F1, best-of-8 against majority."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from hintree.lab.problem import LabProblem
from hintree.models import LanguageModel, Scored
from hintree.scorers import PRM
from hintree.search import BestOfN, Ledger, Node, Run, choose
from hintree.statistics.calibration import Trace, localised
from hintree.statistics.intervals import auc_interval, mean_interval, share
from hintree.training.handlers import model_handlers, sampled
from hintree.training.shipped.chains import CheckedChain, chain, run_search

SAMPLES, TEMPERATURE = 8, 0.8
"""Solutions per problem, and their sampling temperature."""
STEP_SCORES: dict[str, Callable[[Node], float]] = {
    "prm": lambda node: node.score or 0.0,
    "mean token probability": lambda node: node.step.mean_probability,
    "min token probability": lambda node: node.step.min_probability,
}
"""Scores of a step, in [0, 1]: the PRM's (0 beyond its context) and the student's own confidence."""


def prm_figures(
    prm: PRM[Any], student: LanguageModel, lab_problems: Sequence[LabProblem], held_out: Sequence[LabProblem], seed: int
) -> dict[str, Any]:
    """Return all figures of the PRM; thresholds of the F1 are chosen on the problems ``held_out``."""
    drafts, tuning = (sample_and_score(prm, student, problems, seed) for problems in (lab_problems, held_out))
    chains, tuned = (
        [first_chain(run, problem) for run, problem in zip(runs, problems, strict=True)]
        for runs, problems in ((drafts, lab_problems), (tuning, held_out))
    )
    steps = [(i, node, v.right) for i, c in enumerate(chains) for node, v in until_error(c)]
    right, group = np.array([r for *_, r in steps]), np.array([i for i, *_ in steps])
    figures: dict[str, Any] = {"steps": len(steps), "wrong": int((~right).sum()), "temperature": TEMPERATURE}
    for name, score_of in STEP_SCORES.items():
        scores = np.array([score_of(node) for _, node, _ in steps])
        threshold = max(np.linspace(0.02, 0.98, 49), key=lambda t: first_error_f1(tuned, score_of, t))
        figures[f"auc, {name}"] = auc_interval(scores, right, group).rounded()
        figures[f"f1, {name}"] = {
            "value": round(first_error_f1(chains, score_of, threshold), 4),
            "threshold": threshold,
        }
    return figures | {"best-of-8": best_of_n(drafts, lab_problems)}


def sample_and_score(prm: PRM[Any], student: LanguageModel, problems: Sequence[LabProblem], seed: int) -> list[Run]:
    """Sample eight solutions of every problem and score every step; steps beyond the PRM's context have no score."""
    runs = run_search(problems, BestOfN(SAMPLES), model_handlers({"reasoner": student}, sampled(TEMPERATURE)), seed)
    for run in runs:
        paths = [leaf.path() for leaf in run.tree if not leaf.children and leaf.parent]
        texts = [prm.texts(run.tree.problem.question, [node.step.text for node in path])[0] for path in paths]
        for path, scored in zip(paths, prm.model.classify(texts), strict=True):
            if isinstance(scored, Scored):
                for node, score in zip(path, scored.probabilities, strict=True):
                    node.score = score
    return runs


def first_chain(run: Run, problem: LabProblem) -> CheckedChain:
    """Return the first of a problem's solutions."""
    node = run.tree.root
    while node.children:
        node = node.children[0]
    return chain(problem, node, Ledger())


def until_error(c: CheckedChain) -> list[tuple[Node, Any]]:
    """Return steps with their verdicts, up to and including the first error."""
    return list(zip(c.nodes, c.verdicts, strict=True))[: c.until_error()]


def first_error_f1(chains: Sequence[CheckedChain], score_of: Callable[[Node], float], threshold: float) -> float:
    """Return ProcessBench's F1 (arXiv 2412.06559), in [0, 1].

    It is the harmonic mean of two accuracies, on wrong and on right solutions. A prediction is correct if the first
    step that scores below ``threshold`` is the first error, or if there is neither.
    """
    traces = [
        Trace(
            next((i for i, verdict in enumerate(c.verdicts) if not verdict.right), -1),
            next((i for i, node in enumerate(c.nodes) if score_of(node) < threshold), -1),
        )
        for c in chains
    ]
    f1 = localised(traces).f1
    return 0.0 if math.isnan(f1) else f1


def best_of_n(runs: Sequence[Run], lab_problems: Sequence[LabProblem]) -> dict[str, Any]:
    """Return the accuracy of several selections from the same eight samples, and the paired gain over majority."""
    choices = {"majority": ("majority", "min"), "best by prm": ("best", "min"), "weighted by prm": ("weighted", "min")}
    won = {
        name: np.array(
            [float(choose(r.tree, *how).answer == str(p.answer)) for r, p in zip(runs, lab_problems, strict=True)]
        )
        for name, how in choices.items()
    }
    figures: dict[str, Any] = {name: share(int(hits.sum()), len(hits)).rounded() for name, hits in won.items()}
    gain = mean_interval(won["best by prm"] - won["majority"])
    return figures | {"gain of best by prm over majority": gain.rounded()}
