"""Measure the lab's models on held-out problems: every figure that the model cards and the README quote."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from hintree.experiments.controls import ExactHints
from hintree.experiments.lab.chains import Chain, run_chains
from hintree.experiments.lab.check import check_step
from hintree.experiments.lab.evaluate_prm import prm_figures
from hintree.experiments.lab.evaluate_smart import smart_figures
from hintree.experiments.lab.generate import FAMILIES, problems
from hintree.experiments.lab.leaks import leaks
from hintree.experiments.lab.oracle import next_hint
from hintree.experiments.lab.problem import LabProblem, gold, solve
from hintree.experiments.statistics import mean_interval, share
from hintree.models import Completion, LanguageModel, Prompt, Request, load_classifier, load_model
from hintree.policies import PLAIN, HintWriter, Sampling, StepWriter
from hintree.scorers import PRM, find_spec
from hintree.search import Answerer

MODELS = ("student", "student-2", "teacher", "hinter", "prm")


def evaluate(folder: Path | None, n: int, seed: int) -> dict[str, Any]:
    """Every figure, on ``n`` test problems of 2 to 8 steps.

    Args:
        folder: Where student, teacher, hinter and prm lie; None for the shipped ones.
        n: Problems.
        seed: Seed of the problems; same seed, same figures.
    """
    names = {role: str(folder / role) if folder else f"embedded:{role}" for role in MODELS}
    students = [load_model(names[role]) for role in ("student", "student-2")]
    student, teacher, hinter = students[0], load_model(names["teacher"]), load_model(names["hinter"])
    prm = PRM(load_classifier(names["prm"]), find_spec("embedded:prm"))
    asked = list(problems("test", n=n, seed=seed))
    held_out = list(problems("validation", n=max(10, n // 5), seed=seed))
    write, second, strong, alone = (writer(model) for model in (*students, teacher, hinter))
    hints = Answerer(HintWriter(hinter, Sampling()))
    arms: dict[str, dict[str, Answerer]] = {
        "teacher": {"reasoner": strong},
        "student": {"reasoner": write},
        "student-2": {"reasoner": second},
        "student, exact hints": {"reasoner": write, "hinter": Answerer(ExactHints(asked))},
        "student, hinter": {"reasoner": write, "hinter": hints},
        "student, another problem's hints": {"reasoner": write, "hinter": Answerer(ExactHints(asked, shift=1))},
        "hinter alone": {"reasoner": alone},
    }
    runs = {name: run_chains(asked, roles) for name, roles in tqdm(arms.items(), desc="chains", unit="arm")}
    arms_right = {name: np.array([float(chain.right) for chain in chains]) for name, chains in runs.items()}
    return {
        "problems": {"split": "test", "n": n, "seed": seed, "steps": "2-8"},
        "arms": {name: accuracy(chains) for name, chains in runs.items()},
        "gain over the student": {
            name: mean_interval(arms_right[name] - arms_right["student"]).rounded()
            for name in arms
            if name.startswith("student, ")
        },
        "student step accuracy from gold prefixes": gold_prefix_accuracy(student, asked),
        "student first errors": first_errors(runs["student"]),
        "hints": hint_figures(runs["student, hinter"]),
        "prm": prm_figures(prm, student, asked, held_out, seed),
        "smart": smart_figures(Answerer(prm), write, strong, asked, held_out),
    }


def writer(model: LanguageModel) -> Answerer:
    """A reasoner that always writes the most probable tokens."""
    return Answerer(StepWriter(model, Sampling()), model.parameters)


def accuracy(chains: Sequence[Chain]) -> dict[str, Any]:
    """Share of right answers: overall, by number of steps, by family; and generated tokens per problem."""

    def of(part: Sequence[Chain]) -> dict[str, float]:
        return share(sum(c.right for c in part), len(part)).rounded()

    lengths = sorted({len(solve(c.problem)) for c in chains})
    families = [f for f in FAMILIES if any(c.problem.family == f for c in chains)]
    return {
        "all": of(chains),
        "steps": {str(k): of([c for c in chains if len(solve(c.problem)) == k]) for k in lengths},
        "family": {f: of([c for c in chains if c.problem.family == f]) for f in families},
        "tokens": round(sum(c.ledger["reasoner"].generated_tokens for c in chains) / len(chains), 1),
    }


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
    return share(right, len(cases)).rounded()


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
    return {"hints": total, "leaks": leaked, "exact": share(exact, total).rounded()}
