"""Measure the lab's models on held-out problems: every figure that the model cards and the README quote."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from hintree.experiments.controls import ExactHints
from hintree.experiments.lab.chains import Chain, run_chains
from hintree.experiments.lab.check import check_step
from hintree.experiments.lab.generate import FAMILIES, problems
from hintree.experiments.lab.leaks import leaks
from hintree.experiments.lab.oracle import next_hint
from hintree.experiments.lab.problem import LabProblem, gold, solve
from hintree.experiments.statistics import Share, auc_interval, share
from hintree.models import Completion, LanguageModel, Prompt, Request, Scored, load_classifier, load_model
from hintree.policies import PLAIN, HintWriter, Sampling, StepWriter
from hintree.scorers import PRM
from hintree.search import Answerer

DRAFT_HEAT = 0.8
"""Temperature of the student's drafts that the PRM is measured on."""


def evaluate(folder: Path | None, n: int, seed: int) -> dict[str, Any]:
    """Every figure, on ``n`` test problems of 2 to 8 steps.

    Args:
        folder: Where student, teacher, hinter and prm lie; None for the shipped ones.
        n: Problems.
        seed: Seed of the problems; same seed, same figures.
    """
    names = {
        role: str(folder / role) if folder else f"embedded:{role}" for role in ("student", "teacher", "hinter", "prm")
    }
    student, teacher, hinter = (load_model(names[role]) for role in ("student", "teacher", "hinter"))
    asked = list(problems("test", n=n, seed=seed))
    greedy = Sampling()
    write = Answerer(StepWriter(student, greedy))
    hints = Answerer(HintWriter(hinter, greedy))
    stages: dict[str, Callable[[], list[Chain]]] = {
        "teacher": lambda: run_chains(asked, {"reasoner": Answerer(StepWriter(teacher, greedy))}),
        "student": lambda: run_chains(asked, {"reasoner": write}),
        "student, exact hints": lambda: run_chains(asked, {"reasoner": write, "hinter": Answerer(ExactHints(asked))}),
        "student, hinter": lambda: run_chains(asked, {"reasoner": write, "hinter": hints}),
        "student, another problem's hints": lambda: run_chains(
            asked, {"reasoner": write, "hinter": Answerer(ExactHints(asked, shift=1))}
        ),
    }
    runs = {name: run() for name, run in tqdm(stages.items(), desc="evaluating", unit="arm")}
    return {
        "problems": {"split": "test", "n": n, "seed": seed, "steps": "2-8"},
        "arms": {name: accuracy(chains) for name, chains in runs.items()},
        "student step accuracy from gold prefixes": gold_prefix_accuracy(student, asked),
        "student first errors": first_errors(runs["student"]),
        "hints": hint_figures(runs["student, hinter"]),
        "prm": prm_figures(names["prm"], student, asked, seed),
    }


def accuracy(chains: Sequence[Chain]) -> dict[str, Any]:
    """Share of right answers: overall, by number of steps, by family; and generated tokens per problem."""

    def of(part: Sequence[Chain]) -> dict[str, float]:
        return as_dict(share(sum(c.right for c in part), len(part)))

    lengths = sorted({len(solve(c.problem)) for c in chains})
    return {
        "all": of(chains),
        "steps": {str(k): of([c for c in chains if len(solve(c.problem)) == k]) for k in lengths},
        "family": {f: of([c for c in chains if c.problem.family == f]) for f in FAMILIES},
        "tokens": round(sum(c.ledger["reasoner"].generated_tokens for c in chains) / len(chains), 1),
    }


def as_dict(value: Share) -> dict[str, float]:
    """A share for JSON, rounded to four digits."""
    return {name: round(x, 4) for name, x in value._asdict().items()}


def gold_prefix_accuracy(student: LanguageModel, asked: Sequence[LabProblem]) -> dict[str, float]:
    """Share of right steps when all steps before are the gold ones, over every place in every problem."""
    cases, requests = [], []
    for problem in asked:
        steps = [step for _, step in gold(problem)]
        for i in range(len(steps)):
            cases.append((problem, steps[:i]))
            prompt = Prompt(problem.question, "".join(f"{step}\n" for step in steps[:i]))
            requests.append(Request(prompt, max_tokens=PLAIN.step_tokens, stop=(PLAIN.delimiter,)))
    answers = student.generate(requests)
    right = sum(
        isinstance(a, Completion) and check_step(p, h, a.text).right for (p, h), a in zip(cases, answers, strict=True)
    )
    return as_dict(share(right, len(cases)))


def first_errors(chains: Sequence[Chain]) -> dict[str, int]:
    """How often the first error of a chain is of which kind."""
    kinds = Counter(next((v.kind for v in c.verdicts if not v.right), "unfinished") for c in chains if not c.right)
    return dict(kinds.most_common())


def hint_figures(chains: Sequence[Chain]) -> dict[str, Any]:
    """Leaks, and how often the hinter's hint is the exact one (on histories that may hold the student's mistakes)."""
    leaked = exact = total = 0
    for chain in chains:
        steps = [node.step.text for node in chain.nodes]
        for i, node in enumerate(chain.nodes):
            if node.hint is not None:
                total += 1
                leaked += leaks(node.hint, chain.problem.question, steps[:i])
                exact += node.hint == next_hint(chain.problem, steps[:i])
    return {"hints": total, "leaks": leaked, "exact": as_dict(share(exact, total))}


def prm_figures(name: str, student: LanguageModel, asked: Sequence[LabProblem], seed: int) -> dict[str, Any]:
    """AUC on the student's sampled steps up to its first error: the PRM against the student's own confidence."""
    prm = PRM(load_classifier(name))
    writer = Answerer(StepWriter(student, Sampling(DRAFT_HEAT, greedy_first=False)))
    chains = run_chains(asked, {"reasoner": writer}, seed)
    texts = [prm.pieces(c.problem.question, [n.step.text for n in c.nodes[: c.until_error()]]) for c in chains]
    scores: dict[str, list[float]] = {"prm": [], "mean token probability": [], "min token probability": []}
    right: list[bool] = []
    groups: list[int] = []
    for i, (chain, scored) in enumerate(zip(chains, prm.model.classify(texts), strict=True)):
        if not isinstance(scored, Scored):
            raise scored
        for j in range(chain.until_error()):
            scores["prm"].append(scored.probabilities[j])
            scores["mean token probability"].append(chain.nodes[j].step.mean_probability)
            scores["min token probability"].append(chain.nodes[j].step.min_probability)
            right.append(chain.verdicts[j].right)
            groups.append(i)
    truth, problem = np.array(right), np.array(groups)
    figures = {f"auc, {what}": as_dict(auc_interval(np.array(x), truth, problem)) for what, x in scores.items()}
    return {"steps": len(right), "wrong": int((~truth).sum()), "temperature": DRAFT_HEAT, **figures}
