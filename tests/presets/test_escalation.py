"""Properties that hold for every preset of step-level escalation."""

import json
import math
from dataclasses import replace

import pytest

from hintree.presets.escalation import ESCALATION
from hintree.search import (
    MUR,
    Beam,
    Budget,
    GlimpRouter,
    StrategyRequest,
    from_dict,
    select,
    selection_of,
    to_dict,
)
from tests.support.scripted import (
    Scripted,
    random_roles,
    random_score,
    solve,
    trees,
)

NEVER = {
    "glimprouter": GlimpRouter(math.inf, "any"),
    "steer": replace(ESCALATION["steer"].search, threshold=0.0),
    "mur": MUR(scaling=0.0),
}
"""Searches under which a method without a rewrite rule leaves every step to the reasoner."""
ALWAYS = {"glimprouter": GlimpRouter(0.0), "steer": replace(ESCALATION["steer"].search, threshold=2.0)}
RULED = [name for name, one in ESCALATION.items() if one.rewrite is not None]
every = pytest.mark.parametrize("name", ESCALATION)


def scripted_roles(name, *, odd=True):
    """Scripted answerers of the roles that a preset has."""
    return {role: who for role, who in random_roles(odd=odd).items() if role in ESCALATION[name].role_models()}


def run(name, roles=None, **options):
    one = ESCALATION[name]
    return solve(roles or scripted_roles(name), one.search, one.rewrite, **options)


def as_text(runs):
    return {name: json.dumps(tree) for name, tree in trees(runs).items()}


def without_teacher(name):
    """The trees of the reasoner on its own: the same search without its rule; a chain where who writes is decided."""
    search = Beam(1, 1, depth=40) if name in ALWAYS else ESCALATION[name].search
    roles = scripted_roles(name)
    roles.pop("teacher", None)
    return as_text(solve(roles, search, count=8))


@every
def test_the_same_seed_grows_the_same_trees_in_any_batch(name):
    first = as_text(run(name, count=8, seed=3))
    assert first == as_text(run(name, count=8, seed=3, live=1, order=-1))
    assert first != as_text(run(name, count=8, seed=4))


@every
def test_the_ledger_equals_the_counters_of_the_handlers(name):
    roles = scripted_roles(name)
    runs = run(name, roles, count=8).values()
    for role, who in roles.items():
        for figure, amount in who.usage()._asdict().items():
            assert sum(getattr(run.ledger[role], figure) for run in runs) == amount


@every
def test_without_a_trigger_the_teacher_gets_no_request_and_the_tree_is_the_reasoners(name):
    one, roles = ESCALATION[name], scripted_roles(name)
    rule = None if one.rewrite is None else replace(one.rewrite, threshold=0)
    if name == "ssr":
        roles["teacher"] = Scripted(lambda request: (None,) * request.tracks)
    found = as_text(solve(roles, NEVER.get(name, one.search), rule, count=8))
    requests = roles["teacher"].requests() if "teacher" in roles else []
    assert [type(request) for request in requests] == ([StrategyRequest] * 8 if name == "ssr" else [])
    if name != "mur":
        assert found == without_teacher(name)


@every
def test_a_teacher_budget_of_0_gives_the_reasoners_tree_byte_for_byte(name):
    broke = run(name, count=8, budget=Budget(teacher_tokens=0))
    assert as_text(broke) == (as_text(run(name, count=8)) if name == "mur" else without_teacher(name))
    assert {run.ledger["teacher"].generated_tokens for run in broke.values()} == {0}


@pytest.mark.parametrize("name", [*RULED, *ALWAYS])
def test_if_every_step_triggers_the_teacher_writes_whole_solutions(name):
    one = ESCALATION[name]
    rule = one.rewrite and replace(one.rewrite, threshold=1.01, accept="always", final=True)
    finished = 0
    for result in solve(scripted_roles(name, odd=False), ALWAYS.get(name, one.search), rule, count=10).values():
        for last in result.tree.terminals():
            assert {node.author for node in last.path()} == {"teacher"}
            finished += 1
    assert finished >= 10


@every
def test_the_exported_tree_is_scored_to_the_same_answer(name):
    for result in run(name, count=8).values():
        tree, search = from_dict(json.loads(json.dumps(to_dict(result.tree)))), ESCALATION[name].search
        for node in tree:
            if node.score is not None:
                request = type("Request", (), {"tree": tree, "node": node})
                node.score = random_score(request)
        again, before = (select(t, selection_of(search)) for t in (tree, result.tree))
        assert (again.answer, again.node.id, again.confidence) == (before.answer, before.node.id, before.confidence)
