"""Small stores of a study with two arms, without a model."""

from hintree.experiments.study.store import Result, StoredCase
from hintree.search import Ledger, Problem, Tree, Usage
from tests.support.scripted import written


def study(arms=("b", "a")):
    return {"name": "s", "baseline": "b", "problems": "p.jsonl", "seeds": [0, 1], "arms": {a: {"of": a} for a in arms}}


def cases(names):
    return [StoredCase(name, f"question {i}", "7", None, i) for i, name in enumerate(names)]


def grown(name, seed=0):
    tree = Tree(Problem(f"about {name}", name), seed)
    first = tree.add(tree.root, written("one"), "reasoner")
    tree.add(first, written("x=7"), "reasoner")
    return tree


def result(arm, key, seed=0, status="done", answer="7"):
    ledger = Ledger()
    ledger["reasoner"].add(Usage(2, 30, 20, 9), 10, 0.25)
    return Result(arm, key, seed, status, "complete", answer, answer == "7", ledger, {"reasoner": 10}, 1)
