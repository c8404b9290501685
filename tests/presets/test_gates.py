"""Gates on scripted handlers: ConfSpec, entropy-gated branching, first tokens, and thresholds by quantile."""

import math
from dataclasses import replace

import pytest

from hintree.errors import UsageError
from hintree.presets import PRESETS
from hintree.presets.gates import GATES
from hintree.search import MUR, Beam, ConfidentVote, ConfSpec, FirstTokens, Gated, GlimpRouter, Rewrite, choose
from hintree.search.algorithms.first_tokens import WIDTH
from hintree.search.gates import drafts, peak_entropy
from hintree.training.thresholds import chain_of, changes
from tests.support.scripted import Scripted, scores, solve, solve_one, trail, written

TEACHER = Rewrite(0.7, stages=("teacher",), accept="always", per="step")


def chain(*sure):
    """A reasoner and a teacher whose steps have tokens of these probabilities; the last step ends the solution."""

    def reply(request):
        depth, last = request.node.depth, request.node.depth == len(sure) - 1
        return written("end=1" if last else f"{request.author[0]}{depth}.{request.index}", sure=sure[depth])

    return {"reasoner": Scripted(reply), "teacher": Scripted(reply)}


def measured(request):
    """Write one of five steps whose token statistics follow from its seed."""
    draw = (1 + request.seed % 97) / 100
    step = written("x=1" if request.node.depth == 4 else f"s{request.node.depth}", sure=draw)
    return step._replace(first_entropy=1 - draw, peak_entropy=2 - draw, log_probability=math.log(draw))


def test_confspec_scores_only_drafts_that_their_author_is_unsure_of():
    roles = {**chain(0.99, 0.5, 0.6, 0.99), "scorer": scores({"r0.0/r1.0": 0.2}, 0.9)}
    tree = solve_one(roles, ConfSpec(0.9), TEACHER).tree
    assert [node.author for node in choose(tree).node.path()] == ["reasoner", "teacher", "reasoner", "reasoner"]
    drafted = [request.node for request in roles["scorer"].requests() if request.node.author == "reasoner"]
    assert [trail(node).count("/") for node in drafted] == [1, 2]


def test_a_beam_with_an_entropy_gate_branches_first_and_where_a_token_is_uncertain():
    roles = {**chain(0.9, 0.9, 0.3, 0.9), "scorer": scores({}, 0.5)}
    solve_one(roles, Beam(1, 3, entropy=0.5))
    written_at = [request.node.depth for request in roles["reasoner"].requests()]
    assert [written_at.count(depth) for depth in range(4)] == [3, 1, 3, 1]
    with pytest.raises(UsageError, match="Beam entropy=-1"):
        Beam(entropy=-1)


@pytest.mark.parametrize(("labels", "author"), [((1.0, 1.0, 0.0), "reasoner"), ((0.0, 0.0, 1.0), "teacher")])
def test_the_nearest_first_tokens_decide_who_writes_the_solution(labels, author):
    roles = {**chain(0.9, 0.9), "teacher": Scripted(lambda request: written("y=2"))}
    roles["reasoner"].reply = lambda request: measured(request) if request.tokens else written("x=1")
    places = [(0.5, -0.5), (0.6, -0.6), (9.0, -9.0)]
    flat = tuple(x for place, label in zip(places, labels, strict=True) for x in (*place, label))
    tree = solve_one(roles, FirstTokens(flat, k=2)).tree
    assert [node.author for node in choose(tree).node.path()] == [author]
    assert sum(request.tokens == 1 for request in roles["reasoner"].requests()) == 1
    alone = solve_one({"reasoner": roles["reasoner"]}, FirstTokens(flat, k=2)).tree
    assert choose(alone).answer == "1"


def test_neighbours_are_rows_of_three_numbers_and_the_shipped_ones_are():
    with pytest.raises(UsageError, match="rows of 3 numbers"):
        FirstTokens((0.1, 0.2))
    shipped = GATES["first_tokens"].search.neighbours
    assert len(shipped) == 64 * WIDTH and set(shipped[WIDTH - 1 :: WIDTH]) == {0.0, 1.0}


def test_a_calibrated_gate_acts_on_the_share_of_the_steps():
    trees = [run.tree for run in solve({"reasoner": Scripted(measured)}, Beam(1, 1), count=40).values()]
    steps = list(drafts(trees))
    glimpse, beam = GlimpRouter().calibrated(trees, 0.25), Beam(entropy=1.0).calibrated(trees, 0.25)
    acts = {
        "glimprouter": [node.step.first_entropy >= glimpse.threshold for node in steps],
        "egb": [peak_entropy(node.step) >= beam.entropy for node in steps],
        "confspec": [node.step.mean_probability < ConfSpec().calibrated(trees, 0.25).accept - 1e-9 for node in steps],
        "gated": [node.step.mean_probability < Gated().calibrated(trees, 0.25).threshold for node in steps],
        "mur": [x < MUR().calibrated(trees, 0.25).scaling for tree in trees for x in MUR().ratios(tree)],
    }
    assert len(steps) == 200
    for name, fired in acts.items():
        assert sum(fired) / len(fired) == pytest.approx(0.25, abs=0.06), name
    vote = ConfidentVote().calibrated(trees, 0.5)
    found = [min(node.step.mean_probability for node in choose(tree).node.path()) for tree in trees]
    assert sum(x < vote.gate for x in found) == 20 and vote.usual[0] == pytest.approx(sum(found) / 40)
    with pytest.raises(UsageError, match="share=2"):
        MUR().calibrated(trees, 2)
    with pytest.raises(UsageError, match="no step of these chains"):
        GlimpRouter().calibrated([], 0.5)


def test_the_settings_of_a_gate_are_those_of_an_arm():
    rule = PRESETS["specreason"].rewrite
    assert changes("rewrite", rule, replace(rule, threshold=1 / 3)) == {"rewrite.threshold": 0.333333}
    vote = ConfidentVote()
    assert changes("search", vote, replace(vote, gate=0.5, usual=(0.9, 0.1))) == {
        "search.gate": 0.5,
        "search.usual": [0.9, 0.1],
    }
    chained = chain_of(PRESETS["mur"])
    assert (chained.search.width, chained.search.branch, chained.search.depth, chained.rewrite) == (1, 1, 20, None)
