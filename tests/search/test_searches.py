"""Properties that hold for every search, with and without a rewrite rule."""

import json
from collections import Counter
from dataclasses import fields

import pytest

from hintree.errors import UsageError
from hintree.search import (
    DVTS,
    MCTS,
    Beam,
    BestFirst,
    Budget,
    Handler,
    Rejection,
    Response,
    Rewrite,
    Tree,
    Usage,
    batched_driver,
    choose,
    concurrent_driver,
)
from hintree.search.core.actions import Yield
from tests.support.golden import SCRIPTED, golden, grown
from tests.support.scripted import (
    Scripted,
    handlers,
    problems,
    random_roles,
    scores,
    solve,
    solve_one,
    steps,
    trail,
    trees,
    written,
)
from tests.support.searches import SEARCHES

RULES = {
    "plain": None,
    "escalation": Rewrite(0.6),
    "smart": Rewrite(0.4, stages=("teacher",), accept="always", per="step"),
}
every_search = pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES.keys())
every_rule = pytest.mark.parametrize("rule", RULES.values(), ids=RULES.keys())


@pytest.mark.parametrize("name", SCRIPTED)
def test_the_golden_tree_is_reproduced(name):
    assert grown(name) == golden(name)


@every_rule
@every_search
def test_every_problem_ends_and_most_have_an_answer(search, rule):
    runs = solve(random_roles(odd=False), search, rule, count=20)
    assert {str(run.stop_reason) for run in runs.values()} == {"complete"}
    assert sum(choose(run.tree).answer is not None for run in runs.values()) > 10


def as_text(runs):
    return {name: json.dumps(tree) for name, tree in trees(runs).items()}


def spending(run):
    accounts = [run.ledger[role] for role in ("reasoner", "hinter", "teacher", "scorer")]
    return [(a.calls, a.prompt_tokens, a.forwarded_tokens, a.generated_tokens, a.flops) for a in accounts]


@every_rule
@every_search
def test_trees_are_the_same_in_any_batch_order_and_driver(search, rule):
    alone = solve(random_roles(), search, rule, count=6, live=1)
    together = solve(random_roles(), search, rule, count=6, live=4, order=-1)
    grown = [Tree(problem) for problem in problems(6)]
    concurrent = concurrent_driver(
        ((t, search.grow(t, rule)) for t in grown), handlers(random_roles()), live=4, limit=3
    )
    found = {run.tree.problem.id: run for run in concurrent}
    for other in (together, found):
        assert as_text(other) == as_text(alone)
        assert {name: spending(run) for name, run in other.items()} == {
            name: spending(run) for name, run in alone.items()
        }


@every_search
def test_threshold_0_is_the_plain_search(search):
    assert trees(solve(random_roles(), search, Rewrite(0), count=15)) == trees(solve(random_roles(), search, count=15))


@every_search
def test_without_teacher_tokens_the_tree_is_that_without_a_teacher(search):
    roles = random_roles()
    roles.pop("teacher")
    rule = RULES["escalation"]
    alone = solve(roles, search, rule, count=15)
    broke = solve(random_roles(), search, rule, count=15, budget=Budget(teacher_tokens=0))
    assert trees(broke) == trees(alone)


SPARING = ("lookahead", "rollouts", "both", "rstar", "gated")
"""Searches that finish steps which are never rewritten: to see where a step leads, unscored, or not in doubt."""


@pytest.mark.parametrize("search", [search for name, search in SEARCHES.items() if name not in SPARING])
def test_a_threshold_above_1_leaves_finished_paths_of_the_teachers_steps_only(search):
    rule = Rewrite.always(stages=("teacher",), when="before", per="step")
    runs = solve(random_roles(odd=False), search, rule, count=8).values()
    finished = [last for run in runs for last in run.tree.terminals()]
    assert finished and {node.author for last in finished for node in last.path()} == {"teacher"}


@every_rule
@every_search
def test_no_request_is_sent_twice_and_no_step_is_discarded(search, rule):
    roles = random_roles()
    runs = solve(roles, search, rule, count=10)
    for who in roles.values():
        keys = Counter(
            (request.tree.problem.id, request.role, request.node.key, request.index) for request in who.requests()
        )
        assert max(keys.values(), default=1) == 1
    asked = [*roles["reasoner"].requests(), *roles["teacher"].requests()]
    written = sum(request.action is None or request.action.yields is not Yield.CRITIQUE for request in asked)
    made = [node for run in runs.values() for node in run.tree.nodes[1:]]
    texts = [node for node in made if node.critique is None or node.critique.text]  # none after an empty critique
    assert written == sum(node.rejected_because is not Rejection.NOTHING_WRONG for node in texts)
    assert len(roles["scorer"].requests()) <= written
    keys = [node.key for run in runs.values() for node in run.tree]
    assert len(set(keys)) == len(keys)


@every_search
@pytest.mark.parametrize("limit", ["nodes", "calls", "reasoner_tokens"])
def test_a_budget_stops_the_search_within_one_batch_and_an_answer_is_still_chosen(search, limit):
    for run in solve(random_roles(), search, RULES["escalation"], count=8, budget=Budget(**{limit: 10})).values():
        assert str(run.stop_reason) in ("complete", f"budget: {limit}")
        if limit != "reasoner_tokens":
            assert (len(run.tree) - 1 if limit == "nodes" else run.ledger.total("calls")) < 10 + 40
        choose(run.tree)


@every_search
def test_without_a_scorer_a_search_still_ends(search):
    roles = random_roles(odd=False)
    roles.pop("scorer")
    assert {str(run.stop_reason) for run in solve(roles, search, RULES["escalation"], count=8).values()} == {"complete"}


@every_search
def test_a_path_never_grows_beyond_the_depth(search):
    endless = {"reasoner": Scriptless(), "scorer": scores({})}
    run = solve_one(endless, search)
    assert 1 < max(node.depth for node in run.tree) <= 5
    assert str(run.stop_reason) == "complete" and choose(run.tree).answer is None


class Scriptless:
    """Writes a new step every time and never ends."""

    def __call__(self, requests):
        return [Response(written(f"s{request.seed}"), Usage(1)) for request in requests]


LINES = {
    "": ["a", "b", "c"],
    "a": ["d", "e", "f"],
    "b": ["d", "e", "f"],
    "c": ["d", "e", "f"],
    **{f"{x}/{y}": [f"g={x}{y}1", f"h={x}{y}2", f"i={x}{y}3"] for x in "abc" for y in "def"},
}
VALLEY = {"a": 0.5, "b": 0.6, "c": 0.4, "a/d": 0.5, "b/d": 0.2, "b/e": 0.3, "a/e": 0.95, "a/e/h=ae2": 1.0}


FINDERS = {
    "beam": (Beam(2, 3), 21),
    "best-first": (BestFirst(12, 3, answers=12), 36),
    "mcts": (MCTS(24, 3, c=0.5), 39),
    "puct": (MCTS(24, 3, rule="puct", c=1.0), 39),
}


@pytest.mark.parametrize(("search", "most"), FINDERS.values(), ids=FINDERS.keys())
def test_the_best_path_of_a_known_landscape_is_found_within_the_stated_calls(search, most):
    roles = {"reasoner": steps({place: texts * 12 for place, texts in LINES.items()}), "scorer": scores(VALLEY, 0.1)}
    run = solve_one(roles, search)
    assert choose(run.tree).answer == "ae2"
    assert len(roles["reasoner"].requests()) <= most


@every_search
def test_settings_outside_their_range_are_refused_by_name(search):
    for field in fields(search):
        words = field.name in ("aggregate", "rule", "value")
        for bad in (-1, "x", None, 2.5) if type(field.default) is int else ("nosuch", -1) if words else ():
            with pytest.raises(UsageError, match=f"{type(search).__name__} {field.name}="):
                type(search)(**{field.name: bad})


def test_a_look_ahead_keeps_the_step_that_leads_further_and_uses_what_it_wrote():
    roles = {"reasoner": steps(LINES), "scorer": scores({"b": 0.9, "c/d/g=cd1": 0.8}, 0.1)}
    assert choose(solve_one(roles, Beam(1, 3)).tree).answer.startswith("b")
    roles["reasoner"].batches.clear()
    run = solve_one(roles, Beam(1, 3, lookahead=2))
    assert choose(run.tree).answer == "cd1"
    assert len(roles["reasoner"].requests()) == 3 + 3 * 2 + 2 + 2 * 1 + 2


def test_a_look_ahead_follows_the_chain_that_one_before_it_wrote():
    roles = {
        "reasoner": Scripted(lambda r: written(f"s{r.node.depth}{r.index}")),
        "scorer": scores({}),
    }
    tree = solve_one(roles, Beam(1, 1, lookahead=3, depth=9)).tree
    assert len(tree) - 1 == len(roles["reasoner"].requests()) == 9


def test_what_stands_after_a_rejected_step_is_no_answer():
    lines = {"": "a", "a": "x=1", "b": "y=2"}
    roles = {
        "reasoner": Scripted(lambda request: written(lines[trail(request.node)])),
        "teacher": Scripted(lambda request: written("b")),
        "scorer": scores({"a": 0.1, "b": 0.8, "b/y=2": 0.7}, 0.9),
    }
    rule = Rewrite(0.5, stages=("teacher",))
    tree = solve_one(roles, Beam(1, 1, lookahead=1), rule).tree
    assert choose(tree).answer == "2"
    assert [(n.step.text, n.status, n.reason) for n in tree if n.step.answer == "1"] == [
        ("x=1", "pruned", "after step 1, which is rejected")
    ]


def test_a_subtree_that_goes_on_leaves_its_finished_losers_behind():
    lines = {"": ["x=1", "on"], "on": ["x=2", "x=3"]}
    roles = {"reasoner": steps(lines), "scorer": scores({"x=1": 0.5, "on": 0.9, "on/x=2": 0.8, "on/x=3": 0.7})}
    tree = solve_one(roles, DVTS(1, 2)).tree
    assert [node.step.text for node in tree.terminals()] == ["x=2", "x=3"]


FAR = {"depth": 3_000, "path_tokens": 10**9}
"""Three times Python's limit of nested calls."""
FAR_SEARCHES = [Beam(1, 1, **FAR), BestFirst(3_000, 1, **FAR)]


@pytest.mark.parametrize("search", FAR_SEARCHES)
def test_three_thousand_steps_in_one_path_need_no_recursion(search):
    tree = Tree(problems(1)[0])
    roles = {
        "reasoner": Handler(Scriptless()),
        "scorer": Handler(lambda requests: [Response(0.5, Usage(1))] * len(requests)),
    }
    [run] = batched_driver([(tree, search.grow(tree))], roles)
    assert len(tree) == 3_001 and str(run.stop_reason) == "complete"
