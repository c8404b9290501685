"""GlimpRouter, STEER, MUR and Arbitrage on scripted handlers."""

import math
from collections import Counter
from dataclasses import replace

import pytest

from hintree.errors import UsageError
from hintree.presets.escalation import ESCALATION
from hintree.search import (
    MUR,
    Beam,
    GlimpRouter,
    Rewrite,
    Steer,
    StepOutput,
    choose,
)
from hintree.search.algorithms.steer import high_probability
from hintree.search.core.position import FIRST_TOKEN, Position
from hintree.search.router import FEATURES, features, gain_probability
from tests.support.scripted import Scripted, random_roles, random_score, scores, solve, solve_one, trail, written


def chain(*sure, end="end=1"):
    """A reasoner whose first tokens, and steps, have these probabilities; the last step ends the solution."""

    def reply(request):
        last = request.node.depth == len(sure) - 1
        return written(
            end if last else f"{request.author[0]}{request.node.depth}.{request.index}", sure=sure[request.node.depth]
        )

    return {"reasoner": Scripted(reply), "teacher": Scripted(reply), "scorer": Scripted(random_score)}


def test_glimprouter_decides_before_a_step_is_written_and_discards_no_step():
    roles = chain(0.9, 0.3, 0.9, 0.2)
    roles.pop("scorer")
    tree = solve_one(roles, GlimpRouter(0.5, "any")).tree
    assert [node.author for node in tree.nodes[1:]] == ["reasoner", "teacher", "reasoner", "teacher"]
    probes = [request for request in roles["reasoner"].requests() if request.tokens == 1]
    drafts = [request for request in roles["reasoner"].requests() if request.tokens is None]
    assert ([request.node.depth for request in probes], [request.node.depth for request in drafts]) == (
        [0, 1, 2, 3],
        [0, 2],
    )
    assert {request.position for request in probes} == {FIRST_TOKEN}


@pytest.mark.parametrize("judged", [True, False])
def test_glimprouters_last_step_is_the_teachers(judged):
    roles = chain(0.9, 0.9)
    roles["teacher"] = Scripted(lambda request: written("other=2"))
    if not judged:
        del roles["scorer"]
    tree = solve_one(roles, GlimpRouter(0.5)).tree
    assert [(n.author, n.status) for n in tree.nodes[1:]] == [
        ("reasoner", "open"), ("reasoner", "rejected"), ("teacher", "terminal"),
    ]  # fmt: skip


def test_steer_routes_by_the_component_of_the_mixture():
    mixture = (0.25, 0.4, 0.1, 0.75, 0.9, 0.05)
    for c in (0.2, 0.5, 0.6, 0.7, 0.9):
        low, high = (w * math.exp(-(((c - m) / s) ** 2) / 2) / s for w, m, s in (mixture[:3], mixture[3:]))
        assert high_probability(c, mixture) == pytest.approx(high / (low + high))
    assert 0 <= high_probability(0.0, (0.5, 0.1, 1e-3, 0.5, 0.9, 1e-3)) < 1e-9
    roles = chain(0.9, 0.4, 0.88, 0.5)
    tree = solve_one(roles, Steer(0.5, mixture)).tree
    assert [node.author for node in tree.nodes[1:]] == ["reasoner", "teacher", "reasoner", "teacher"]
    with pytest.raises(UsageError, match="Steer mixture="):
        Steer(mixture=(0.5, 0.5))


@pytest.mark.parametrize("search", [GlimpRouter(0.5), Steer()])
def test_a_router_by_the_first_token_fails_without_its_probability(search):
    """A server that tells no log-probabilities: nothing is known of a token, which is not certainty."""

    def silent(request):
        return StepOutput("a", "delimiter", 1, 0.0, 0.0, 0.0)

    run = solve_one({"reasoner": Scripted(silent), "teacher": Scripted(silent)}, search)
    assert str(run.stop_reason).startswith(f"failed: {type(search).__name__} needs")


def test_mur_samples_again_where_a_step_is_less_certain_than_those_before():
    sure, gamma, alpha = (0.3, 0.9, 0.6, 0.97, 0.1), 0.8, 0.9
    roles = chain(*sure)
    tree = solve_one(roles, MUR(gamma, alpha, samples=3)).tree
    momentum, low = 0.0, []
    for depth, p in enumerate(sure):
        if p < gamma * math.exp(momentum) and 0 < depth < len(sure) - 1:
            low.append(depth)
        momentum = alpha * momentum + (1 - alpha) * math.log(p)
    assert low == [2]
    again = [request.node.depth for request in roles["reasoner"].requests() if request.position.stages]
    assert again == [2] * 3
    judged = [request.node for request in roles["scorer"].requests()]
    assert {(node.depth, node.replaces is not None) for node in judged} == {(3, True)} and len(judged) == 3
    best = max(judged, key=lambda node: node.score)
    assert best in choose(tree).node.path()
    assert Counter(node.status for node in best.parent.children) == {"rejected": 1, "pruned": 2, "open": 1}


def test_mur_answers_by_its_one_path_even_if_a_sample_that_lost_was_an_answer():
    def write(request):
        if request.node.depth == 0:
            return written("go", sure=0.99)
        if request.position.stages:
            return written(["on", "x=2", "x=3"][request.position.sibling], sure=0.5)
        return written("x=1" if request.node.step.text == "on" else "draft", sure=0.2)

    tree = solve_one({"reasoner": Scripted(write), "scorer": scores({"go/on": 0.9})}, MUR(samples=3)).tree
    assert trail(choose(tree).node) == "go/on/x=1" and tree.terminals() == [choose(tree).node]
    lines = {"scorer": scores({"go/draft": 0.9}, 0.1), "reasoner": Scripted(lambda request: again(request, write))}
    tree = solve_one(lines, MUR(samples=3)).tree
    assert trail(choose(tree).node) == "go/draft/x=4" and tree.terminals() == [choose(tree).node]


def again(request, write):
    """As ``write``, but the first of the new samples is the draft."""
    if request.node.step.text == "draft":
        return written("x=4", sure=0.2)
    return written("draft", sure=0.5) if request.position == Position().rewritten(0) else write(request)


def test_arbitrage_calls_the_teacher_where_its_step_is_predicted_to_be_better():
    weights = (0.5, -2.0, *[0.0] * (len(FEATURES) - 1))
    rule = replace(ESCALATION["arbitrage"].rewrite, weights=weights)
    decisions = set()
    for result in solve(random_roles(odd=False), Beam(1, 1), rule, count=30).values():
        for old in (node for node in result.tree if node.author == "reasoner"):
            wanted = 1 / (1 + math.exp(2.0 * features(old)[0] - 0.5)) > 0.5
            assert gain_probability(old, weights) == pytest.approx(1 / (1 + math.exp(2.0 * old.score - 0.5)))
            assert wanted == any(node.replaces == old.id for node in result.tree)
            decisions.add(wanted)
    assert decisions == {True, False}
    with pytest.raises(UsageError, match=f"needs {1 + len(FEATURES)} of them"):
        Rewrite(trigger="advantage")


@pytest.mark.parametrize("margin", [0.0, 0.2])
def test_the_oracle_keeps_the_better_of_two_steps_that_are_both_written(margin):
    rule = replace(ESCALATION["arbitrage_oracle"].rewrite, margin=margin)
    kept = 0
    for result in solve(random_roles(odd=False), Beam(1, 1), rule, count=30).values():
        for new in (node for node in result.tree if node.replaces is not None):
            old = result.tree.nodes[new.replaces]
            assert (old.status == "rejected") == (new.score - old.score > margin)
            kept += old.status == "rejected"
        requests = sum(node.author == "reasoner" for node in result.tree)
        assert requests == sum(node.author == "teacher" for node in result.tree)
    assert kept > 10
    with pytest.raises(UsageError, match="margin"):
        Rewrite(margin=-0.1)
