"""The driver: batches, order, absent roles, ledgers. Failures and budgets have their own files."""

from collections import Counter
from itertools import count, islice

import pytest

from hintree.errors import UsageError
from hintree.search import Beam, Problem, Rewrite, Tree, batched_driver, choose, gather
from tests.support.scripted import (
    PARAMETERS,
    handlers,
    hints,
    problems,
    random_roles,
    solve,
    solve_one,
    steps,
    trees,
)

SEARCH, RULE = Beam(2, 3, unhinted=1, depth=5), Rewrite(threshold=0.6)


@pytest.mark.parametrize(("live", "order"), [(1, -1), (8, 1), (8, -1), (64, 1), (64, -1)])
def test_trees_do_not_depend_on_batch_composition_or_order(live, order):
    alone = solve(random_roles(), SEARCH, RULE, count=40, live=1)
    together = solve(random_roles(), SEARCH, RULE, count=40, live=live, order=order)
    assert trees(together) == trees(alone)
    assert len({len(run.tree) for run in alone.values()}) > 5


def test_every_run_comes_back_once_and_complete():
    runs = list(
        batched_driver(((t, SEARCH.grow(t)) for t in map(Tree, problems(40))), handlers(random_roles()), live=8)
    )
    assert sorted(run.tree.problem.id for run in runs) == sorted(p.id for p in problems(40))
    assert {str(run.stop_reason) for run in runs} == {"complete"}


def test_a_round_is_one_call_for_all_problems():
    roles = random_roles(odd=False)
    solve(roles, Beam(2, 3, depth=5), count=40)
    for role in ("hinter", "reasoner"):
        assert len(roles[role].batches[0]) == 40 * 3
    assert all(len(roles[role].batches) <= 5 for role in ("hinter", "reasoner", "scorer"))


def test_many_problems_take_far_fewer_calls_than_one_by_one():
    calls = {}
    for live in (1, 64):
        roles = random_roles()
        solve(roles, SEARCH, RULE, count=40, live=live)
        calls[live] = sum(len(who.batches) for who in roles.values())
        for who in roles.values():
            assert all(len({request.role for request in batch}) == 1 for batch in who.batches)
    assert calls[64] * 10 < calls[1]


def test_no_request_is_sent_twice():
    roles = random_roles()
    solve(roles, SEARCH, RULE, count=20, live=8)
    for who in roles.values():
        keys = Counter(
            (request.tree.problem.id, request.role, request.node.id, request.index) for request in who.requests()
        )
        assert max(keys.values()) == 1


def test_no_requests_call_no_handler_and_cost_nothing():
    answers = []

    async def idle(tree):
        answers.append(await gather([]))

    tree, roles = Tree(Problem("idle")), random_roles()
    [run] = batched_driver([(tree, idle(tree))], handlers(roles))
    assert (answers, str(run.stop_reason), run.ledger.total("calls")) == ([[]], "complete", 0)
    assert not any(who.batches for who in roles.values())


def test_without_a_hinter_there_are_no_hints():
    roles = random_roles()
    del roles["hinter"]
    runs = solve(roles, SEARCH, RULE, count=10)
    assert {node.hint for run in runs.values() for node in run.tree} == {None}
    assert {str(run.stop_reason) for run in runs.values()} == {"complete"}


def test_without_a_teacher_there_is_no_teacher_stage():
    roles = random_roles()
    del roles["teacher"]
    rule = Rewrite(threshold=0.6, stages=("hint",))
    assert trees(solve(roles, SEARCH, RULE, count=10)) == trees(solve(random_roles(), SEARCH, rule, count=10))


def test_without_a_reasoner_there_are_no_steps_and_without_a_scorer_no_scores():
    run = solve_one({"hinter": hints("look")})
    assert (str(run.stop_reason), len(run.tree), choose(run.tree).answer) == ("complete", 1, None)
    run = solve_one({"reasoner": steps({"": ["a=1", "b=2"]})}, Beam(2, 2))
    assert [node.score for node in run.tree] == [None] * 3
    assert choose(run.tree).confidence == 0.9


@pytest.mark.parametrize("live", [1, 64])
def test_ledgers_sum_to_what_the_handlers_counted(live):
    roles = random_roles()
    runs = solve(roles, SEARCH, RULE, count=40, live=live).values()
    for role, who in roles.items():
        for name, amount in who.usage()._asdict().items():
            assert sum(getattr(run.ledger[role], name) for run in runs) == amount
        flops = 2 * PARAMETERS[role] * who.usage().forwarded_tokens
        assert sum(run.ledger[role].flops for run in runs) == flops > 0


def test_searches_are_taken_only_as_live_problems_end():
    taken = []

    def endless():
        for i in count():
            taken.append(i)
            tree = Tree(Problem(f"question {i}", f"p{i}"))
            yield tree, SEARCH.grow(tree)

    runs = batched_driver(endless(), handlers(random_roles()), live=3)
    assert taken == []
    for done, _ in enumerate(islice(runs, 10)):
        assert len(taken) <= done + 3
    assert done == 9
    runs.close()


def test_fewer_than_one_live_problem_is_refused():
    with pytest.raises(UsageError, match="live"):
        solve(random_roles(), live=0)
