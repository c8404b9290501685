"""Draw the trees of all searches on the same problem, grown by the shipped student and PRM.

    python -m hintree.experiments.search_picture --out docs/searches.svg

The problem is the first test problem of 4 or 5 steps that the greedy student fails, that some but not all searches
solve, and whose trees all differ in shape.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path

from tqdm import tqdm

from hintree.export.drawing import Panel, draw
from hintree.lab.generate import problems
from hintree.lab.problem import LabProblem
from hintree.policies import Sampling
from hintree.search import (
    ABMCTS,
    DVTS,
    MCTS,
    Beam,
    BestFirst,
    BestOfN,
    Handler,
    Particles,
    Problem,
    Run,
    Search,
    SelfConsistency,
    Tree,
    run_searches,
    select,
    selection_of,
)
from hintree.training.handlers import model_handlers

DEPTH = 7
"""Maximum depth in steps; the answer of these problems is the fifth or sixth step."""
SEARCHES: Mapping[str, Search] = {
    "best-of-n": BestOfN(8, depth=DEPTH),
    "self-consistency": SelfConsistency(12, 4, depth=DEPTH),
    "beam": Beam(2, 3, depth=DEPTH),
    "dvts": DVTS(3, 3, depth=DEPTH),
    "best-first": BestFirst(16, 3, answers=2, depth=DEPTH),
    "mcts": MCTS(16, 3, c=0.5, depth=DEPTH),
    "ab-mcts": ABMCTS(32, ("reasoner",), depth=DEPTH),
    "particles": Particles(8, depth=DEPTH),
}
"""The searches, with sizes whose trees fit into a panel."""
SMALLEST, LARGEST = 8, 64
"""Minimum number of scored steps of a tree, so that duplicates do not count, and maximum number of all its steps."""


def run_search(problem: LabProblem, search: Search, handlers: Mapping[str, Handler], seed: int) -> Run:
    """Run one search on one problem."""
    tree = Tree(Problem(problem.question, problem.id), seed)
    return next(run_searches([(tree, search.grow(tree))], handlers))


def is_right(problem: LabProblem, run: Run, search: Search) -> bool:
    """Return whether the selected answer is the exact one."""
    return select(run.tree, selection_of(search)).answer == str(problem.answer)


def find_problem(seed: int) -> tuple[LabProblem, dict[str, Run]]:
    """Return the first problem on which the searches differ, and one run per search."""
    greedy, alone = Beam(1, 1), model_handlers({"reasoner": "embedded:student"})
    roles = model_handlers({"reasoner": "embedded:student", "scorer": "embedded:prm"}, Sampling(temperature=0.8))
    for problem in tqdm(problems("test", (4, 5), seed=seed), desc="looking for a problem", unit="problem"):
        if is_right(problem, run_search(problem, greedy, alone, seed), greedy):
            continue
        runs = {name: run_search(problem, search, roles, seed) for name, search in SEARCHES.items()}
        right = sum(is_right(problem, runs[name], search) for name, search in SEARCHES.items())
        if 0 < right < len(SEARCHES) and are_distinct([run.tree for run in runs.values()]):
            return problem, runs
    raise AssertionError("there are problems without end")


def are_distinct(trees: Sequence[Tree]) -> bool:
    """Return whether all trees fit into a panel, have enough scored steps, and differ in shape."""
    scored = min(sum(node.score is not None for node in tree) for tree in trees)
    shapes = {tuple((node.parent.id if node.parent else -1, node.status) for node in tree) for tree in trees}
    return scored >= SMALLEST and max(len(tree) - 1 for tree in trees) <= LARGEST and len(shapes) == len(trees)


def panel(name: str, problem: LabProblem, run: Run) -> Panel:
    """Return the panel of a search: its tree with settings, cost and answer."""
    search = SEARCHES[name]
    choice = select(run.tree, selection_of(search))
    answer = "no answer" if choice.answer is None else f"answer {choice.answer}"
    captions = (
        f"{run.ledger['reasoner'].generated_tokens:,} generated tokens, {len(run.tree) - 1} steps",
        f"{answer}: {'right' if is_right(problem, run, search) else 'wrong'}",
    )
    return Panel(name, settings(search), run.tree, choice.node, captions)


def settings(search: Search) -> str:
    """Return the settings that differ from the defaults, in the form of ``--set``."""
    given = {f.name: getattr(search, f.name) for f in fields(search) if getattr(search, f.name) != f.default}  # type: ignore[arg-type]
    return ",".join(f"{name}={'+'.join(x) if isinstance(x, tuple) else x}" for name, x in given.items())


def picture(seed: int) -> str:
    """Return the picture as SVG."""
    problem, runs = find_problem(seed)
    heading = f"One problem, eight searches: the right answer is {problem.answer}, the greedy student fails"
    return draw(heading, problem.question, [panel(name, problem, run) for name, run in runs.items()])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0, help="seed of problems and searches (default %(default)s)")
    parser.add_argument("--out", type=Path, default=Path("searches.svg"), help="file to write (default %(default)s)")
    args = parser.parse_args()
    args.out.write_text(picture(args.seed), encoding="utf-8")
