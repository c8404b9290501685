"""Committed steps: those sent while a beam runs are on the chosen path at the end."""

import math

import openai
import pytest

from hintree import Solver
from hintree.errors import ContextError
from hintree.search import MCTS, Beam, Budget, Gated, Ledger, Problem, Rewrite, Run, Tree, select, selection_of
from hintree.search.core.batched_driver import serve_one_role
from hintree.search.core.run import advance
from hintree.search.core.seeds import seed_of
from hintree.serve.benchmark import serving
from hintree.serve.committed import commits_early, committed_prefix
from hintree.serve.responses import cut, sendable_prefix
from hintree.serve.service import Service
from tests.support.scripted import Scripted, handlers, random_roles, steps
from tests.support.server import TIMEOUT, user_message


def grown(handlers_by_role, search, rule, seed, budget):
    """Return a finished run and its committed prefixes after each round."""
    tree = Tree(Problem(f"question {seed}"), seed)
    run = Run(tree, search.grow(tree, rule), Ledger())
    run.resume(None)
    seen = [[]]
    while not run.stop_reason:
        advance(run, handlers_by_role, budget)
        if all(request.role != "scorer" for request in run.requests):
            seen.append([node.id for node in committed_prefix(tree)])
        serve_one_role([(run, handlers_by_role)] if not run.stop_reason else [])
    return run, seen[:-1]


def odd_scores():
    """Scores of which some are NaN, so that their steps fail after they were generated."""
    return Scripted(lambda request: math.nan if seed_of(request.seed) % 7 == 0 else seed_of(request.seed) % 1001 / 1000)


@pytest.mark.parametrize(
    "search", [Beam(1, 1, depth=6), Beam(1, 2, unhinted=1, depth=6), Beam(2, 3, depth=6), Gated(0.6, depth=6)]
)
@pytest.mark.parametrize(
    "rule", [None, Rewrite(0.6), Rewrite(0.6, accept="always"), Rewrite(0.8, when="before", per="step")]
)
@pytest.mark.parametrize("budget", [Budget(), Budget(tokens=40)])
def test_committed_steps_are_on_the_chosen_path(search, rule, budget):
    sent = 0
    for seed in range(25):
        handlers_by_role = handlers({**random_roles(), "scorer": odd_scores()})
        run, seen = grown(handlers_by_role, search, rule, seed, budget)
        path = [node.id for node in select(run.tree, selection_of(search)).node.path()]
        assert seen
        for one in seen:
            assert path[: len(one)] == one
        sent += max(map(len, seen))
    if budget.tokens is None:
        assert sent > 5


def test_a_step_of_a_chain_is_committed_when_the_next_one_exists():
    handlers_by_role = handlers({"reasoner": steps({"": ["a"], "a": ["b"], "a/b": ["c"], "a/b/c": ["d=7"]})})
    _, seen = grown(handlers_by_role, Beam(1, 1), None, 0, Budget())
    assert seen == [[], [], [], [1], [1, 2]]


def test_only_a_gated_search_and_a_beam_without_lookahead_and_entropy_gate_commit_early():
    assert commits_early(Gated())
    assert commits_early(Beam(2, 2)) and not commits_early(Beam(2, 2, lookahead=1)) and not commits_early(MCTS())
    assert not commits_early(Beam(2, 2, entropy=0.5))


@pytest.mark.parametrize("stops", [(), ("STOP",), ("\n\n",), ("ab", "b\n")])
@pytest.mark.parametrize("text", ["", "one\n\ntwo STOP three", "aab\nb", "no end\n", "STOSTOP"])
def test_a_sendable_prefix_is_never_taken_back(text, stops):
    whole, sent = cut(text, stops), ""
    for end in range(len(text) + 1):
        ready = sendable_prefix(text[:end], stops)
        assert ready.startswith(sent) and whole.startswith(ready)
        sent = ready
    assert not any(stop in whole for stop in stops)


def test_a_stream_whose_last_step_fails_after_it_was_written_ends_with_the_step_before():
    lines = {"": ["one"], "one": ["two"], "one/two": [ContextError("nothing fits after it")]}
    reasoner = handlers({"reasoner": steps(lines)})["reasoner"]
    with (
        serving(Service({"greedy": Solver("greedy", reasoner=reasoner)})) as url,
        openai.OpenAI(base_url=url, api_key="none", max_retries=0, timeout=TIMEOUT) as client,
    ):
        stream = client.chat.completions.create(model="greedy", messages=user_message(), stream=True)
        texts = [chunk.choices[0].delta.content or "" for chunk in stream]
        whole = client.chat.completions.create(model="greedy", messages=user_message())
    assert "".join(texts) == whole.choices[0].message.content == "one"
