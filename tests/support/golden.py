"""Golden trees of scripted searches, and golden solves of presets: what they are, and how they are compared."""

import json
from pathlib import Path

from hintree import Solver
from hintree.presets.retrieval import RETRIEVAL
from hintree.search import Beam, Passage, Problem, Rewrite, from_dict, to_dict
from tests.support.scripted import random_roles, solve_one
from tests.support.searches import SEARCHES, small_preset
from tests.support.shared_models import shared_pool

GOLDEN = Path(__file__).parents[1] / "golden"
RECORDED = GOLDEN / "recorded"
LARGE = ("mcts_rag", "rstar")
"""Presets that take thousands of samples, whose solve is recorded with fewer."""
ESCALATION = Rewrite(0.6)
SCRIPTED = {
    "beam": (41, Beam(3, 3, depth=6), None),
    "escalation": (150, Beam(2, 3, unhinted=1, depth=5), ESCALATION),
    **{
        f"searches/{name}-{rule_name}".replace(" ", "-"): (5, search, rule)
        for name, search in SEARCHES.items()
        for rule_name, rule in {"plain": None, "escalation": ESCALATION}.items()
    },
}
"""Seed, search and rewrite rule of every golden tree, by its file in tests/golden without the ending."""


class Sentences:
    """A retriever that finds the sentences of its query, in order."""

    name = "sentences"

    def search(self, queries, k):
        texts = [query.split(". ")[:k] for query in queries]
        return [[Passage(f"s{i}", text) for i, text in enumerate(found, 1)] for found in texts]


def grown(name):
    """Return the tree of a scripted search as plain data."""
    seed, search, rule = SCRIPTED[name]
    return to_dict(solve_one(random_roles(), search, rule, seed=seed).tree)


def golden(name):
    """Return the golden tree as plain data in today's form."""
    return to_dict(from_dict(json.loads((GOLDEN / f"{name}.json").read_text())))


def solved(preset, problem, seed, recording):
    """Solve a problem with a preset and return the solution's figures and its tree as plain data."""
    retriever = Sentences() if preset in RETRIEVAL else None
    method, pool = small_preset(preset) if preset in LARGE else preset, shared_pool()
    solver = Solver(method, seed=seed, recording=recording, retriever=retriever, pool=pool)
    pool.forget()  # what was computed for another solve would not be counted in this one
    solution = next(solver.solve_many([problem], progress=False))
    return {
        "question": problem.question,
        "id": problem.id,
        "seed": seed,
        "answer": solution.answer,
        "confidence": solution.confidence,
        "stop_reason": str(solution.stop_reason),
        "steps": [node.id for node in solution.steps],
        "ledger": without_seconds(solution.ledger.to_dict()),
        "tree": to_dict(solution.tree),
    }


def recorded(preset):
    """Return the golden solve of a preset in today's form, without wall times."""
    old = json.loads((RECORDED / f"{preset}.json").read_text())
    return {**old, "ledger": without_seconds(old["ledger"]), "tree": to_dict(from_dict(old["tree"]))}


def problem_of(solve):
    return Problem(solve["question"], solve["id"])


def without_seconds(ledger):
    return {
        role: {key: value for key, value in account.items() if key != "seconds"} for role, account in ledger.items()
    }
