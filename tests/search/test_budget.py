"""Budgets: how they are written, when they stop a search, and what is left then."""

import importlib
import json
from types import SimpleNamespace

import pytest

from hintree.errors import UsageError
from hintree.search import Beam, Budget, Ledger, Rewrite, Usage, choose, to_dict
from tests.support.scripted import hints, random_roles, scores, solve, solve_one, steps, trail, trees

SEARCH, RULE = Beam(2, 3, depth=5), Rewrite(threshold=0.6)
LIMITS = ["reasoner_tokens", "hinter_tokens", "teacher_tokens", "scorer_tokens", "tokens", "calls", "nodes", "seconds"]


def without(*roles):
    return {role: who for role, who in random_roles().items() if role not in roles}


def amount(run, name):
    """Return the amount of a limit that a run has used."""
    if name == "nodes":
        return len(run.tree) - 1
    if name in ("calls", "tokens"):
        return run.ledger.total({"tokens": "generated_tokens"}.get(name, name))
    return run.ledger[name.removesuffix("_tokens")].tokens()


def biggest_batch(roles, name):
    """Return the largest amount of a limit that one call has used."""
    if name in ("calls", "nodes"):
        return max(len(batch) for who in roles.values() for batch in who.batches)
    if name == "tokens":
        return max(cost.generated_tokens for who in roles.values() for cost in who.costs)
    costs = roles[name.removesuffix("_tokens")].costs
    return max(cost.generated_tokens or cost.prompt_tokens for cost in costs)


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("", {}),
        (" , ", {}),
        ("teacher_tokens=500,seconds=20", {"teacher_tokens": 500, "seconds": 20}),
        (" calls=5 , nodes=3,", {"calls": 5, "nodes": 3}),
        ("seconds=0.25", {"seconds": 0.25}),
        ("scorer_tokens=1e3", {"scorer_tokens": 1000.0}),
        ("teacher_tokens=0,hinter_tokens=0", {"teacher_tokens": 0, "hinter_tokens": 0}),
        (f"reasoner_tokens={10**18}", {"reasoner_tokens": 10**18}),
    ],
)
def test_a_written_budget_is_read(text, limits):
    assert Budget.parse(text) == Budget(**limits)


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize("value", ["", "x", "-1", "nan", "inf", "-inf", "1e999", "1=2", "1;2", "5 000"])
def test_a_limit_that_is_no_finite_number_is_refused_with_what_is_accepted(name, value):
    with pytest.raises(UsageError, match=rf"budget:? {name}=.* number above 0"):
        Budget.parse(f"{name}={value}")


def test_a_whole_number_too_large_for_arithmetic_is_refused():
    with pytest.raises(UsageError, match="budget calls="):
        Budget.parse("calls=" + "9" * 400)


@pytest.mark.parametrize("name", ["reasoner_tokens", "scorer_tokens", "tokens", "calls", "nodes", "seconds"])
def test_zero_is_refused_where_nothing_could_be_solved_with_it(name):
    with pytest.raises(UsageError, match=rf"budget {name}=0 .* number above 0.*only teacher_tokens and hinter_tokens"):
        Budget.parse(f"{name}=0")


@pytest.mark.parametrize("text", ["coffee=3", "=5", "token=1", "Calls=1", "calls:5"])
def test_an_unknown_limit_is_refused_with_the_known_ones(text):
    with pytest.raises(UsageError, match=f"unknown limit .* accepted are {', '.join(LIMITS)}, as NAME=NUMBER"):
        Budget.parse(text)


def test_a_limit_given_twice_is_refused_by_name():
    with pytest.raises(UsageError, match="calls is given twice"):
        Budget.parse("calls=1,nodes=4,calls=2")


@pytest.mark.parametrize("value", ["5", [1], {}])
def test_a_limit_of_the_wrong_type_is_refused(value):
    with pytest.raises(UsageError, match="budget calls="):
        Budget(calls=value)


@pytest.mark.parametrize("role", ["teacher", "hinter"])
def test_no_tokens_for_a_helper_give_byte_for_byte_the_tree_without_it(role):
    roles = random_roles()
    spent = solve(roles, SEARCH, RULE, count=10, budget=Budget.parse(f"{role}_tokens=0"))
    assert json.dumps(trees(spent)) == json.dumps(trees(solve(without(role), SEARCH, RULE, count=10)))
    assert {str(run.stop_reason) for run in spent.values()} == {"complete"}
    assert roles[role].batches == []
    assert trees(spent) != trees(solve(random_roles(), SEARCH, RULE, count=10))


@pytest.mark.parametrize("role", ["teacher", "hinter"])
def test_when_a_helpers_tokens_are_spent_the_search_goes_on_without_it(role):
    calls = []
    for seed in range(20):
        roles = random_roles()
        run = solve_one(roles, SEARCH, RULE, budget=Budget(**{f"{role}_tokens": 1}), seed=seed)
        assert str(run.stop_reason) == "complete"
        calls.append(len(roles[role].batches))
    assert max(calls) == 1


@pytest.mark.parametrize("name", ["calls", "nodes", "tokens", "reasoner_tokens", "scorer_tokens"])
def test_a_limit_stops_the_search_within_the_batch_in_flight(name):
    whole = solve_one(random_roles(), SEARCH, RULE)
    texts = [node.step.text for node in whole.tree]
    stopped = 0
    for limit in range(1, int(amount(whole, name)) + 1):
        roles = random_roles()
        run = solve_one(roles, SEARCH, RULE, budget=Budget(**{name: limit}))
        assert [node.step.text for node in run.tree] == texts[: len(run.tree)]
        if str(run.stop_reason) != "complete":
            assert str(run.stop_reason) == f"budget: {name}"
            stopped += 1
        assert limit <= amount(run, name) < limit + biggest_batch(roles, name)
    assert stopped > limit // 2


def test_a_limit_that_is_not_reached_changes_nothing():
    whole = solve(random_roles(), SEARCH, RULE, count=10)
    budget = Budget(**dict.fromkeys(LIMITS, 1e9))
    assert trees(solve(random_roles(), SEARCH, RULE, count=10, budget=budget)) == trees(whole)


@pytest.mark.parametrize("budget", [Budget(calls=20), Budget(reasoner_tokens=12, teacher_tokens=2), Budget(nodes=9)])
def test_a_budget_stops_every_problem_at_the_same_step_in_any_batch(budget):
    alone = solve(random_roles(), SEARCH, RULE, count=20, budget=budget, live=1)
    together = solve(random_roles(), SEARCH, RULE, count=20, budget=budget, live=64, order=-1)
    assert trees(alone) == trees(together)
    ends = {name: str(run.stop_reason) for name, run in alone.items()}
    assert ends == {name: str(run.stop_reason) for name, run in together.items()}
    assert any(end.startswith("budget: ") for end in ends.values())


def test_seconds_stop_the_search_at_the_next_batch(monkeypatch):
    now = [100.0]
    module = importlib.import_module("hintree.search.core.run")
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now[0]))

    def slow(who):
        def answer(requests):
            now[0] += 1
            return who(requests)

        return answer

    roles = {role: slow(who) for role, who in random_roles(odd=False).items()}
    run = solve_one(roles, Beam(2, 2), budget=Budget(seconds=5))
    assert (str(run.stop_reason), run.ledger.total("seconds")) == ("budget: seconds", 5.0)
    assert 2 <= max(node.depth for node in run.tree) <= 3


def test_time_that_is_up_at_once_stops_before_any_question():
    roles = random_roles()
    run = solve_one(roles, budget=Budget(seconds=1e-12))
    assert (str(run.stop_reason), len(run.tree), choose(run.tree).answer) == ("budget: seconds", 1, None)
    assert not any(who.batches for who in roles.values())


@pytest.mark.parametrize("limit", ["calls=4", "nodes=2", "reasoner_tokens=6"])
def test_the_best_answer_so_far_is_chosen_when_the_budget_is_spent(limit):
    roles = {"reasoner": steps({"": ["a=1", "b"], "b": ["c=2", "d=3"]}), "scorer": scores({"a=1": 0.4, "b": 0.9}, 1.0)}
    assert choose(solve_one(roles, Beam(2, 2)).tree).answer == "2"
    run = solve_one(roles, Beam(2, 2), budget=Budget.parse(limit))
    chosen = choose(run.tree)
    assert str(run.stop_reason) == f"budget: {limit.partition('=')[0]}"
    assert (chosen.answer, trail(chosen.node)) == ("1", "a=1")


def test_a_step_that_was_not_scored_in_time_does_not_beat_a_scored_one():
    roles = {
        "reasoner": steps({"": ["a=1"]}),
        "teacher": steps({"": ["b=2"]}),
        "scorer": scores({"a=1": 0.4, "b=2": 0.1}),
    }
    rule = Rewrite(stages=("teacher",))
    concurrent = solve_one(roles, Beam(1, 1), rule)
    assert (choose(concurrent.tree).answer, to_dict(concurrent.tree)["nodes"][2]["status"]) == ("1", "rejected")
    run = solve_one(roles, Beam(1, 1), rule, budget=Budget(nodes=2))
    assert (str(run.stop_reason), choose(run.tree).answer) == ("budget: nodes", "1")


def test_a_role_that_is_absent_has_no_budget_to_spend():
    roles = {"reasoner": steps({"": ["a=1"]}), "hinter": hints("look")}
    run = solve_one(roles, Beam(1, 1), budget=Budget(scorer_tokens=1, teacher_tokens=0))
    assert str(run.stop_reason) == "complete"


def test_the_scorers_budget_counts_prompt_tokens_even_if_it_generates_some():
    ledger = Ledger()
    for role in ("scorer", "teacher"):
        ledger[role].add(Usage(calls=1, prompt_tokens=400, forwarded_tokens=40, generated_tokens=1), 10, 0.0)
    limits = Budget(scorer_tokens=400, teacher_tokens=400)
    assert [limits.role_spent(ledger, role) for role in ("scorer", "teacher")] == [True, False]
