"""The trees that the tests of the viewer open."""

import pytest

import hintree
from hintree.solver.solution import solved
from tests.support.browser import QUESTION
from tests.support.shared_models import shared_pool


@pytest.fixture(scope="session")
def trees():
    """The beam search and MCTS of the shipped models on the question of the README."""
    solver = hintree.Solver(pool=shared_pool())
    solver.pool.forget()
    beam = solver.solve(QUESTION)
    solver.search = hintree.MCTS(simulations=32)
    mcts = solver.solve(QUESTION)
    return [solved(solution, name) for solution, name in ((beam, "beam"), (mcts, "mcts"))]


@pytest.fixture(scope="session")
def rewritten(trees):
    """Two versions of a step, both judged: (old, new)."""
    tree = trees[1].tree
    pairs = [(tree.nodes[n.replaces], n) for n in tree if n.replaces and n.status != "rejected"]
    return next((old, new) for old, new in pairs if old.score is not None and new.score is not None)


@pytest.fixture
def mcts(browser, trees):
    browser.show(trees[1])
    return trees[1]
