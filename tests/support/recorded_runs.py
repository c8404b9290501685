"""Runs of scripted roles on the batched driver, and their trees as text, for tests of recordings."""

import json

from hintree.search import Rewrite, Tree, batched_driver, to_dict
from tests.support.scripted import problems

RULE = Rewrite(0.6)


def run_all(roles, search, rule=RULE, count=10, live=4):
    trees = [Tree(problem) for problem in problems(count)]
    return {
        run.tree.problem.id: run for run in batched_driver(((t, search.grow(t, rule)) for t in trees), roles, live=live)
    }


def texts(runs):
    return {name: json.dumps(to_dict(run.tree)) for name, run in runs.items()}
