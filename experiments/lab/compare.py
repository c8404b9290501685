"""All searches at equal cost on held-out lab problems, with the PRM, a random and an exact scorer.

    python -m hintree.experiments.lab.compare --n 500 --tokens 200 400 800 --out searches.jsonl

Every problem may spend so many generated tokens of the reasoner, whatever the search; it then answers with what it has.
Rows are written as they are done, and rows that are there are not run again.
"""

import argparse
import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from hintree.experiments.lab.check import check_step
from hintree.experiments.lab.generate import problems
from hintree.experiments.lab.problem import LabProblem
from hintree.experiments.statistics import share
from hintree.models import load_classifier, load_model
from hintree.policies import Sampling, StepWriter
from hintree.scorers import PRM
from hintree.search import (
    ABMCTS,
    DVTS,
    MCTS,
    Answer,
    Answerer,
    Beam,
    BestFirst,
    BestOfN,
    Budget,
    Particles,
    Problem,
    Score,
    Search,
    SelfConsistency,
    Tree,
    Usage,
    choose,
    drive,
)
from hintree.search.seeds import generator

HEAT = 0.8
"""Temperature of all searches but the greedy chain."""
UNJUDGED = ("greedy", "self-consistency")
"""Searches that ask no scorer."""
MANY = 1_000
"""A size that no budget here lets a search reach."""
SEARCHES: dict[str, Callable[[int], Search]] = {
    "greedy": lambda tokens: Beam(1, 1),
    "self-consistency": lambda tokens: SelfConsistency(MANY, 2, sure=1.0),
    "best-of-n": lambda tokens: BestOfN(max(1, tokens // 100)),
    "best-of-n, weighted": lambda tokens: BestOfN(max(1, tokens // 100), choice="weighted"),
    "beam": lambda tokens: Beam(max(1, tokens // 300), 3),
    "dvts": lambda tokens: DVTS(max(1, tokens // 300), 3),
    "best-first": lambda tokens: BestFirst(MANY, 3, answers=MANY),
    "mcts": lambda tokens: MCTS(MANY, 3, c=0.5),
    "mcts, puct": lambda tokens: MCTS(MANY, 3, rule="puct", c=1.0),
    "ab-mcts": lambda tokens: ABMCTS(MANY, ("reasoner",)),
    "particles": lambda tokens: Particles(max(1, tokens // 100)),
}
"""Searches by name, sized for a budget of generated tokens (a solution takes about 100)."""


def exact(asked: Sequence[LabProblem]) -> Callable[[Sequence[Score]], list[Answer[float]]]:
    """The oracle scorer: 1 for a right step, 0 for a wrong one. A bound, never part of a result about a method."""
    truth = {problem.id: problem for problem in asked}

    def score(ask: Score) -> float:
        *history, last = [node.step.text for node in ask.node.path()]
        return float(check_step(truth[ask.tree.problem.id], history, last).right)

    return lambda asks: [Answer(score(ask), Usage(1)) for ask in asks]


def chance(asks: Sequence[Score]) -> list[Answer[float]]:
    """The random scorer."""
    return [Answer(generator(ask.seed, "random scorer").random(), Usage(1)) for ask in asks]


def compare(n: int, tokens: Sequence[int], out: Path, seed: int) -> None:
    """Run every search with every scorer and budget that ``out`` does not hold yet."""
    asked = list(problems("test", n=n, seed=seed))
    student, prm = load_model("embedded:student"), load_classifier("embedded:prm")
    greedy, drawn = (Answerer(StepWriter(student, Sampling(heat)), student.parameters) for heat in (0.0, HEAT))
    scorers = {
        "none": {},
        "prm": {"scorer": Answerer(PRM(prm), prm.parameters)},
        "random": {"scorer": Answerer(chance)},
        "exact": {"scorer": Answerer(exact(asked))},
    }
    done = {row["arm"] for row in map(json.loads, out.read_text().splitlines())} if out.exists() else set()
    for budget in tokens:
        for (name, make), (judge, scorer) in itertools.product(SEARCHES.items(), scorers.items()):
            arm = f"{name} / {judge} / {budget}"
            if arm in done or (name in UNJUDGED) != (judge == "none"):
                continue
            roles = {"reasoner": greedy if name == "greedy" else drawn, **scorer}
            row = {"arm": arm, "search": name, "scorer": judge, "budget": budget, "n": n, "seed": seed}
            row |= run(asked, make(budget), roles, budget, seed)
            with out.open("a") as file:
                file.write(json.dumps(row) + "\n")
            print(json.dumps(row), flush=True)


def run(
    asked: Sequence[LabProblem], search: Search, answerers: Mapping[str, Answerer], budget: int, seed: int
) -> dict[str, Any]:
    """Accuracy with its interval, and what a problem cost on average."""
    truth = {problem.id: str(problem.answer) for problem in asked}
    trees = [Tree(Problem(problem.question, problem.id), seed) for problem in asked]
    grown = ((tree, search.grow(tree)) for tree in trees)
    runs = list(tqdm(drive(grown, answerers, budget=Budget(reasoner_tokens=budget)), total=len(trees), delay=2))
    won = sum(choose(r.tree, search.choice, search.aggregate).answer == truth[r.tree.problem.id] for r in runs)
    right = share(won, len(runs))

    def mean(role: str, what: str) -> float:
        return round(sum(float(getattr(r.ledger[role], what)) for r in runs) / len(runs), 2)

    return {
        "right": round(right.value, 4),
        "low": round(right.low, 4),
        "high": round(right.high, 4),
        "reasoner_tokens": mean("reasoner", "generated_tokens"),
        "scorer_forwarded": mean("scorer", "forwarded_tokens"),
        "seconds": round(mean("reasoner", "seconds") + mean("scorer", "seconds"), 2),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=500, help="test problems (default %(default)s)")
    parser.add_argument("--tokens", type=int, nargs="+", default=[200, 400, 800], help="budgets (default %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="seed of problems and searches (default %(default)s)")
    parser.add_argument("--out", type=Path, default=Path("searches.jsonl"), help="file of rows (default %(default)s)")
    args = parser.parse_args()
    compare(args.n, args.tokens, args.out, args.seed)
