"""Failures: an error in one problem ends that problem, with the reason, and no other."""

from collections import Counter

import pytest

from hintree.search import (
    Beam,
    Budget,
    Handler,
    Problem,
    Response,
    Rewrite,
    ScoreRequest,
    Tree,
    Usage,
    batched_driver,
    choose,
    gather,
)
from hintree.search.core.concurrent_driver import concurrent_driver
from tests.support.scripted import (
    PARAMETERS,
    Scripted,
    handlers,
    problems,
    random_roles,
    scores,
    solve,
    solve_one,
    steps,
    trees,
    written,
)

SEARCH, RULE = Beam(2, 3, unhinted=1, depth=5), Rewrite(threshold=0.6)


def disturbed(roles, role, trouble):
    """Return the roles with one role that replies ``trouble(request)`` instead where that is not None."""
    reply = roles[role].reply
    return roles | {role: Scripted(lambda request: reply(request) if (odd := trouble(request)) is None else odd)}


def run_beside_a_chain(search, root_score=0.5):
    """The run of a broken search, which went on beside a sound one."""
    tree, sound = Tree(Problem("broken", "broken")), Tree(Problem("sound", "sound"))
    roles = {"reasoner": steps({"": ["a=1"]}), "scorer": scores({"": root_score})}
    pairs = [(tree, search(tree)), (sound, Beam(1, 1).grow(sound))]
    runs = {run.tree.problem.id: run for run in batched_driver(pairs, handlers(roles))}
    assert (str(runs["sound"].stop_reason), choose(runs["sound"].tree).answer) == ("complete", "1")
    return runs["broken"]


def test_an_exception_for_one_question_ends_only_its_problem():
    undisturbed = trees(solve(random_roles(), SEARCH, RULE, count=10))
    error = ValueError("no such token")
    roles = disturbed(random_roles(), "reasoner", lambda request: error if request.tree.problem.id == "p3" else None)
    runs = solve(roles, SEARCH, RULE, count=10)
    assert str(runs["p3"].stop_reason) == "failed: no such token"
    del runs["p3"], undisturbed["p3"]
    assert trees(runs) == undisturbed
    assert {str(run.stop_reason) for run in runs.values()} == {"complete"}


@pytest.mark.parametrize("role", PARAMETERS)
def test_a_handler_that_raises_ends_the_problems_of_its_batch(role):
    def crash(request):
        raise RuntimeError("out of memory")

    runs = solve(disturbed(random_roles(), role, crash), SEARCH, RULE, count=10)
    ends = Counter(str(run.stop_reason) for run in runs.values())
    assert ends["failed: out of memory"] + ends["complete"] == 10
    assert ends["failed: out of memory"] == 10 if role != "teacher" else ends["failed: out of memory"] > 0
    assert all(0.0 <= choose(run.tree).confidence <= 1.0 for run in runs.values())


@pytest.mark.parametrize("raised", [True, False])
def test_an_error_without_a_message_is_named_by_its_type(raised):
    def trouble(request):
        if raised:
            raise TimeoutError
        return TimeoutError()

    run = solve_one(disturbed(random_roles(), "reasoner", trouble))
    assert str(run.stop_reason) == "failed: TimeoutError"


@pytest.mark.parametrize(
    "change", [lambda answers: answers[:-1], lambda answers: [*answers, answers[0]]], ids=["few", "many"]
)
def test_a_wrong_number_of_answers_fails_the_problems_and_not_the_driver(change):
    roles = random_roles()
    scorer = roles["scorer"]
    runs = solve(roles | {"scorer": lambda requests: change(scorer(requests))}, count=5)
    assert all(str(run.stop_reason).startswith("failed: ") for run in runs.values())
    assert len(runs) == 5


@pytest.mark.parametrize("asks_first", [True, False])
def test_a_search_that_raises_ends_only_its_problem(asks_first):
    async def broken(tree):
        if asks_first:
            await gather([ScoreRequest(tree, tree.root)])
        raise ValueError("a bug")

    assert str(run_beside_a_chain(broken).stop_reason) == "failed: a bug"


def test_a_search_that_raises_without_a_message_is_named_by_the_errors_type():
    async def broken(tree):
        raise ZeroDivisionError

    assert str(run_beside_a_chain(broken).stop_reason) == "failed: ZeroDivisionError"


def test_a_search_that_raises_while_it_is_stopped_ends_only_its_problem():
    async def broken(tree):
        try:
            await gather([ScoreRequest(tree, tree.root)])
        finally:
            raise KeyError("clean-up")

    assert str(run_beside_a_chain(broken, OSError("gone")).stop_reason).startswith("failed: ")


def test_ledgers_sum_to_what_the_handlers_counted_when_some_questions_fail():
    roles = disturbed(random_roles(), "reasoner", lambda request: ValueError("no") if request.node.id == 2 else None)
    runs = solve(roles, SEARCH, count=10).values()
    assert any(str(run.stop_reason) == "failed: no" for run in runs)
    for role in ("reasoner", "hinter", "scorer"):
        assert sum(run.ledger[role].calls for run in runs) == roles[role].usage().calls


UNBOOKABLE = {
    "no response": 7,
    "nothing": None,
    "no usage": Response(written("a"), None),
    "a text as usage": Response(written("a"), Usage(1, "2", 3, 4)),
    "beyond every float": Response(written("a"), Usage(1, 10**400, 10**400, 1)),
}


@pytest.mark.parametrize("driver", [batched_driver, concurrent_driver])
@pytest.mark.parametrize("kind", UNBOOKABLE)
def test_a_response_that_cannot_be_booked_ends_only_its_problem(kind, driver):
    def handle(requests):
        good = random_roles()["reasoner"](requests)
        return [UNBOOKABLE[kind] if r.tree.problem.id == "p3" else x for r, x in zip(requests, good, strict=True)]

    searches = ((tree, Beam(1, 1, depth=5).grow(tree)) for tree in map(Tree, problems(6)))
    roles = {"reasoner": Handler(handle, 10, driver is concurrent_driver)}
    ends = {run.tree.problem.id: str(run.stop_reason) for run in driver(searches, roles, budget=Budget(tokens=500))}
    assert ends.pop("p3").startswith("failed: the reasoner's response cannot be booked: ")
    assert list(ends.values()) == ["complete"] * 5
