"""Votes that stop: the rules in numbers, chains that are given up, and every rule replayed from one recorded pool."""

import math

import pytest

from hintree.errors import UsageError
from hintree.search import (
    BestOfN,
    ConfidentVote,
    Rejection,
    Selection,
    Tree,
    batched_driver,
    choose,
    select,
    selection_of,
)
from hintree.search.stopping import UNSEEN, beta_above_half, evidence, fit_truncated, posteriors, samples_needed
from hintree.solver.recording import Recording
from hintree.statistics.quantile import quantile
from tests.support.scripted import Scripted, find, handlers, problems, solve_one, written

USUAL = (0.5, 0.1)
PAPERS = {
    "DeepConf": ConfidentVote(warmup=4, keep=0.9, depth=5),
    "CGES": ConfidentVote(warmup=1, batch=1, vote="posterior", depth=5),
    "ReASC": ConfidentVote(warmup=1, batch=1, vote="evidence", rule="beta", gate=0.8, usual=USUAL, depth=5),
    "OptScale": ConfidentVote(warmup=3, rule="best", target=0.8, depth=5),
    "adaptive consistency": ConfidentVote(warmup=1, batch=1, vote="majority", rule="beta", depth=5),
    "decided": ConfidentVote(warmup=1, batch=1, vote="majority", sure=1.0, depth=5),
}


def samples(*chains):
    """Write sample i as the i-th chain: a list of (text, probability of its tokens)."""

    def reply(request):
        text, sure = chains[request.index][request.node.depth]
        return written(text, sure=sure)

    return {"reasoner": Scripted(reply)}


def mostly_right(request):
    """Write two steps; the answer is 1 with probability 3/4, and then the tokens are more probable."""
    draw = request.seed % 100
    if request.node.depth == 0:
        return written(f"s{draw}", sure=0.9)
    return written("x=1", sure=0.95) if draw < 75 else written(f"y={draw % 3 + 2}", sure=0.6)


def test_the_rules_are_the_papers_formulas():
    assert beta_above_half(3.5, 1) == pytest.approx(1 - 0.5**3.5, abs=1e-5)
    assert beta_above_half(1.7, 4.2) + beta_above_half(4.2, 1.7) == pytest.approx(1)
    assert beta_above_half(3, 1) == 0.875 and beta_above_half(900.5, 850.25) > 0.85
    assert posteriors({1: 0}, {1: 0.9}) == pytest.approx({0: 0.9, UNSEEN: 0.1})
    assert posteriors({1: 0, 2: 0}, {1: 0.9, 2: 0.9})[0] == pytest.approx(0.81 / 0.82)
    assert posteriors({1: 0, 2: 1}, {1: 0.6, 2: 0.6}) == pytest.approx({0: 0.12 / 0.28, 1: 0.12 / 0.28, UNSEEN: 1 / 7})
    assert [evidence(x, USUAL) for x in (0.3, 0.5, 0.6, 9.0)] == pytest.approx([1, 1, math.exp(0.7), math.exp(2.8)])
    needed = [samples_needed([x] * 4, 0.9, 0.95) for x in (0.99, 0.8, 0.4)]
    assert needed[0] == 1 < needed[1] < needed[2] == samples_needed([0.99], 0.9, 1.0) == math.inf
    assert fit_truncated([]) == (0.8, 0.2)
    assert [quantile([4, 1, 3, 2], share) for share in (0, 0.5, 0.75)] == [1, 3, 4] and quantile([1], 1.0) > 1


def test_a_decided_vote_prunes_the_chains_that_cannot_change_it():
    long = [("s", 0.9)] * 2 + [("t", 0.9), ("y=2", 0.9)]
    roles = samples([("x=1", 0.9)], [("x=1", 0.9)], [("x=1", 0.9)], long, long, [("x=1", 0.9)])
    tree = solve_one(roles, ConfidentVote(5, 5, vote="majority", sure=1.0)).tree
    assert choose(tree, "majority").answer == "1" and len(roles["reasoner"].requests()) == 5
    assert [node.rejected_because for node in find(tree, "s")] == [Rejection.SEARCH_ENDED] * 2
    undecided = samples([("x=1", 0.9)], [("x=1", 0.9)], long, long)
    assert len(solve_one(undecided, ConfidentVote(4, 4, vote="majority", sure=1.0)).tree.terminals()) == 4


def test_chains_less_confident_than_the_kept_share_of_the_warm_up_are_given_up():
    roles = samples([("a=1", 0.9)], [("b=2", 0.4)], [("c", 0.5), ("c=2", 0.99)], [("d", 0.95), ("d=3", 0.92)])
    tree = solve_one(roles, ConfidentVote(4, 2, 2, sure=1.0, keep=0.5)).tree
    lost = [node.step.text for node in tree if node.rejected_because is Rejection.OUTRANKED]
    assert lost == ["b=2", "c"] and [node.step.answer for node in tree.terminals()] == ["1", "3"]
    assert len(roles["reasoner"].requests()) == 5


def test_a_confident_first_solution_is_accepted_alone():
    for gate, written_samples in ((0.8, 1), (0.9, 2)):
        roles = samples([("x=1", 0.9)], [("x=1", 0.9)])
        solve_one(roles, ConfidentVote(2, 1, 1, gate=gate, rule="beta", sure=1.0))
        assert len(roles["reasoner"].requests()) == written_samples


def test_every_rule_replays_from_one_pool_without_a_model(tmp_path):
    recording = Recording(tmp_path / "pool.jsonl")
    cost, answers = {}, {}
    for name, search in {"pool": BestOfN(16, depth=5), **PAPERS}.items():
        roles = handlers({"reasoner": Scripted(mostly_right)}) if name == "pool" else {}
        trees = [Tree(problem, seed=3) for problem in problems(4)]
        runs = list(batched_driver(((tree, search.grow(tree)) for tree in trees), recording.wrap(roles)))
        assert {str(run.stop_reason) for run in runs} == {"complete"}, name
        cost[name] = sum(run.ledger["reasoner"].generated_tokens for run in runs)
        usual = Selection("majority") if name == "pool" else selection_of(search)
        answers[name] = [select(tree, usual).answer for tree in trees]
    assert all(0 < cost[name] < cost["pool"] for name in PAPERS)
    assert answers["decided"] == answers["pool"] == answers["CGES"] == ["1"] * 4


def test_a_posterior_is_the_confidence_of_its_answer():
    roles = samples([("x=1", 0.9)], [("y=2", 0.6)])
    tree = solve_one(roles, BestOfN(2)).tree
    expected = posteriors({1: 0, 2: 1}, {1: 0.9, 2: 0.6})[0]
    assert select(tree, Selection("posterior")).confidence == pytest.approx(expected)


def test_evidence_needs_the_usual_confidence():
    for wrong in ((), (0.5,), (0.5, 0.0), [0.5, 0.1]):
        with pytest.raises(UsageError, match="usual"):
            ConfidentVote(vote="evidence", usual=wrong)
        with pytest.raises(UsageError, match="usual"):
            Selection("evidence", usual=wrong)
    with pytest.raises(UsageError, match="vote='best'"):
        ConfidentVote(vote="best")
