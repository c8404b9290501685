"""Evaluation of the lab's models on held-out problems: all figures of the model cards and of docs/lab.md."""

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from hintree.lab.checker import check_step
from hintree.lab.controls import ExactHints
from hintree.lab.generate import FAMILIES, problems
from hintree.lab.oracle import next_hint
from hintree.lab.problem import LabProblem, gold, solve
from hintree.models import EMBEDDED, Completion, GenerationRequest, LanguageModel, Prompt, load_classifier, load_model
from hintree.policies import shipped_format
from hintree.policies.leaks import leaks
from hintree.scorers import PRM, find_spec
from hintree.search import Handler
from hintree.solver.roles import ModelPool
from hintree.statistics.intervals import mean_interval, share
from hintree.training.handlers import model_handlers
from hintree.training.shipped.chains import CheckedChain, cost, run_chains
from hintree.training.shipped.evaluate_prm import prm_figures
from hintree.training.shipped.evaluate_smart import smart_figures


def evaluate(folder: Path | None, n: int, seed: int) -> dict[str, Any]:
    """Return all figures on ``n`` test problems of 2 to 8 steps; the three parts run in parallel processes.

    Args:
        folder: Folder of models named as the shipped ones (``EMBEDDED``); None for those.
        n: Number of problems.
        seed: Seed of the problems; same seed, same figures.
    """
    names = {name: str(folder / name) if folder else f"embedded:{name}" for name in EMBEDDED}
    parts = (chain_part, prm_part, smart_part)
    figures: dict[str, Any] = {"problems": {"split": "test", "n": n, "seed": seed, "steps": "2-8"}}
    with ProcessPoolExecutor(len(parts), get_context("spawn"), torch.set_num_threads, (1,)) as pool:
        running = [pool.submit(part, names, n, seed) for part in parts]
        for part in tqdm(running, desc="evaluating", unit="part"):
            figures |= part.result()
    return figures


def chain_part(names: Mapping[str, str], n: int, seed: int) -> dict[str, Any]:
    """Measure one chain per problem for every model, and for the student under hints."""
    lab_problems, pool = list(problems("test", n=n, seed=seed)), ModelPool()

    def plays(role: str, name: str) -> dict[str, Handler]:
        return model_handlers({role: names[name]}, pool=pool)

    steps = plays("reasoner", "student")
    arms: dict[str, dict[str, Handler]] = {
        "teacher": plays("reasoner", "teacher"),
        "student": steps,
        **{name: plays("reasoner", name) for name in names if name.startswith("student-")},
        "student, exact hints": steps | {"hinter": Handler(ExactHints(lab_problems))},
        "student, hinter": steps | plays("hinter", "hinter"),
        "student, another problem's hints": steps | {"hinter": Handler(ExactHints(lab_problems, shift=1))},
        "hinter alone": plays("reasoner", "hinter"),
    }
    runs = {}
    for name, roles in arms.items():
        pool.forget()  # what another arm has read would not be counted in this one
        runs[name] = run_chains(lab_problems, roles)
    right = {name: np.array([float(chain.right) for chain in chains]) for name, chains in runs.items()}
    return {
        "arms": {name: accuracy(chains) for name, chains in runs.items()},
        "gain over the student": {
            name: mean_interval(right[name] - right["student"]).rounded() for name in arms if "student, " in name
        },
        "student step accuracy from gold prefixes": gold_prefix_accuracy(load_model(names["student"]), lab_problems),
        "student first errors": first_errors(runs["student"]),
        "hints": hint_figures(runs["student, hinter"]),
    }


def prm_part(names: Mapping[str, str], n: int, seed: int) -> dict[str, Any]:
    """Measure the PRMs on the student's samples."""
    student, test = load_model(names["student"]), list(problems("test", n=n, seed=seed))
    return {
        name: prm_figures(
            PRM(load_classifier(names[name]), find_spec(f"embedded:{name}")), student, test, held_out(n, seed), seed
        )
        for name in names
        if name.startswith("prm")
    }


def smart_part(names: Mapping[str, str], n: int, seed: int) -> dict[str, Any]:
    """Measure student, teacher and PRM together under the SMART rule."""
    models = {"reasoner": names["student"], "teacher": names["teacher"], "scorer": names["prm"]}
    pool = ModelPool()
    handlers, test = model_handlers(models, pool=pool), list(problems("test", n=n, seed=seed))
    return {"smart": smart_figures(handlers, test, held_out(n, seed), pool.forget)}


def held_out(n: int, seed: int) -> list[LabProblem]:
    """Return a fifth as many validation problems, on which thresholds are chosen."""
    return list(problems("validation", n=max(10, n // 5), seed=seed))


def accuracy(chains: Sequence[CheckedChain]) -> dict[str, Any]:
    """Return accuracy overall, by number of steps and by family, and the cost per problem of all roles together."""

    def of(part: Sequence[CheckedChain]) -> dict[str, float]:
        return share(sum(c.right for c in part), len(part)).rounded()

    lengths = sorted({len(solve(c.problem)) for c in chains})
    families = [f for f in FAMILIES if any(c.problem.family == f for c in chains)]
    return {
        "all": of(chains),
        "steps": {str(k): of([c for c in chains if len(solve(c.problem)) == k]) for k in lengths},
        "family": {f: of([c for c in chains if c.problem.family == f]) for f in families},
        **cost([c.ledger for c in chains]),
    }


def gold_prefix_accuracy(student: LanguageModel, lab_problems: Sequence[LabProblem]) -> dict[str, float]:
    """Return the share of right steps after every gold prefix of every problem."""
    cases, requests, rule = [], [], shipped_format("lab").protocol.step
    for problem in lab_problems:
        steps = [step for _, step in gold(problem)]
        for i in range(len(steps)):
            cases.append((problem, steps[:i]))
            prompt = Prompt(problem.question, "".join(f"{step}\n" for step in steps[:i]))
            requests.append(GenerationRequest(prompt, max_tokens=rule.max_tokens, stop=rule.stops))
    answers = student.generate(requests)
    right = sum(
        isinstance(a, Completion) and check_step(p, h, a.text).right for (p, h), a in zip(cases, answers, strict=True)
    )
    return share(right, len(cases)).rounded()


def first_errors(chains: Sequence[CheckedChain]) -> dict[str, int]:
    """Count the first errors of the chains by kind."""
    kinds = Counter(next((v.kind for v in c.verdicts if not v.right), "unfinished") for c in chains if not c.right)
    return dict(kinds.most_common())


def hint_figures(chains: Sequence[CheckedChain]) -> dict[str, Any]:
    """Count the hints that reached the reasoner, those of them that leak, the exact ones, and the dropped ones.

    The histories may hold errors of the student.
    """
    leaked = exact = total = 0
    for chain in chains:
        steps = [node.step.text for node in chain.nodes]
        for i, node in enumerate(chain.nodes):
            if node.hint is not None:
                total += 1
                leaked += leaks(node.hint.text, chain.problem.question, steps[:i])
                exact += node.hint.text == next_hint(chain.problem, steps[:i])
    dropped = sum(node.hint_dropped for chain in chains for node in chain.nodes)
    return {"hints": total, "leaks": leaked, "dropped": dropped, "exact": share(exact, total).rounded()}
