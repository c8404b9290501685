"""Settled steps: what is sent while a beam goes on is on the chosen path at the end, whatever happens in between."""

import math

import pytest

from hintree.search import MCTS, Beam, Budget, Ledger, Problem, Rewrite, Run, Tree, choose
from hintree.search.core.batched_driver import serve_one_role
from hintree.search.core.run import advance
from hintree.search.core.seeds import seed_of
from hintree.serve.committed import settled, settles
from hintree.serve.responses import cut, safe
from tests.support.scripted import Scripted, company, handlers, steps


def grown(cast, search, rule, seed, budget):
    """A tree, and the paths that were settled at any time while it grew."""
    tree = Tree(Problem(f"question {seed}"), seed)
    run = Run(tree, search.grow(tree, rule), Ledger())
    run.resume(None)
    seen = [[]]
    while not run.stop_reason:
        advance(run, cast, budget)
        if all(ask.role != "scorer" for ask in run.asks):
            seen.append([node.id for node in settled(tree)])
        serve_one_role([(run, cast)] if not run.stop_reason else [])
    return run, seen[:-1]


def odd_scores():
    """Scores of which some are no number: their step fails after it was written."""
    return Scripted(lambda ask: math.nan if seed_of(ask.seed) % 7 == 0 else seed_of(ask.seed) % 1001 / 1000)


@pytest.mark.parametrize("search", [Beam(1, 1, depth=6), Beam(1, 2, unhinted=1, depth=6), Beam(2, 3, depth=6)])
@pytest.mark.parametrize(
    "rule", [None, Rewrite(0.6), Rewrite(0.6, accept="always"), Rewrite(0.8, when="before", per="step")]
)
@pytest.mark.parametrize("budget", [Budget(), Budget(tokens=40)])
def test_what_was_settled_is_on_the_chosen_path(search, rule, budget):
    sent = 0
    for seed in range(25):
        cast = handlers({**company(), "scorer": odd_scores()})
        run, seen = grown(cast, search, rule, seed, budget)
        path = [node.id for node in choose(run.tree, search.choice, search.aggregate).node.path()]
        for one in seen:
            assert path[: len(one)] == one
        sent += max(map(len, seen))
    assert sent > 5 or budget.tokens


def test_a_chains_step_is_settled_as_soon_as_the_next_is_written():
    cast = handlers({"reasoner": steps({"": ["a"], "a": ["b"], "a/b": ["c"], "a/b/c": ["d=7"]})})
    _, seen = grown(cast, Beam(1, 1), None, 0, Budget())
    assert seen == [[], [], [], [1], [1, 2]]


def test_only_a_beam_without_lookahead_settles_steps_early():
    assert settles(Beam(2, 2)) and not settles(Beam(2, 2, lookahead=1)) and not settles(MCTS())


@pytest.mark.parametrize("stops", [(), ("STOP",), ("\n\n",), ("ab", "b\n")])
@pytest.mark.parametrize("text", ["", "one\n\ntwo STOP three", "aab\nb", "no end\n", "STOSTOP"])
def test_what_is_safe_to_send_is_never_taken_back(text, stops):
    whole, sent = cut(text, stops), ""
    for end in range(len(text) + 1):
        ready = safe(text[:end], stops)
        assert ready.startswith(sent) and whole.startswith(ready)
        sent = ready
    assert not any(stop in whole for stop in stops)
