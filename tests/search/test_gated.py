"""The gated search: a chain without doubt costs what a greedy chain costs, and a step in doubt is searched."""

import pytest

from hintree.errors import UsageError
from hintree.search import Gated, Rewrite, Selection, select
from hintree.search.core.requests import StepRequest
from tests.support.scripted import Scripted, hints, scores, solve_one, steps, trail, written

LINES = {
    "": ["a"],
    "a": ["b", "c"],
    "a/b": ["x=1", "x=1"],
    "a/c": ["y=2", "y=2"],
}
BEST = Selection("best", "min")


def test_a_chain_without_a_doubtful_step_is_the_answer_and_costs_what_a_chain_costs():
    roles = {"reasoner": steps(LINES), "hinter": hints("h"), "scorer": scores({}, other=0.95)}
    run = solve_one(roles, Gated(0.9))
    assert [trail(node) for node in run.tree.nodes[1:]] == ["a", "a/b", "a/b/x=1"]
    assert roles["hinter"].requests() == []
    chosen = select(run.tree, BEST)
    assert (chosen.answer, chosen.confidence) == ("1", 0.95)
    assert run.ledger["reasoner"].generated_tokens == 9


def test_a_step_in_doubt_gets_a_draft_under_a_hint_and_the_chain_goes_on_greedily_after_the_better_one():
    lines = {**LINES, "a/c": ["d"], "a/c/d": ["y=2"]}
    roles = {
        "reasoner": steps(lines),
        "hinter": hints("h"),
        "scorer": scores({"a/b": 0.3, "a/c": 0.8, "a/c/d/y=2": 0.97}, other=0.95),
    }
    run = solve_one(roles, Gated(0.9))
    found = [(trail(node), node.hint is not None, node.status) for node in run.tree.nodes[1:]]
    assert found == [
        ("a", False, "open"),
        ("a/b", False, "pruned"),
        ("a/c", True, "open"),
        ("a/c/d", False, "open"),
        ("a/c/d/y=2", False, "terminal"),
    ]
    chosen = select(run.tree, BEST)
    assert (chosen.answer, chosen.confidence) == ("2", 0.8)


def test_the_step_in_doubt_is_kept_if_no_draft_is_better_and_is_rewritten_by_the_rule():
    roles = {"reasoner": steps(LINES), "scorer": scores({"a/b": 0.8, "a/c": 0.1}, other=0.95)}
    assert select(solve_one(roles, Gated(0.9)).tree, BEST).answer == "1"
    low = {**roles, "scorer": scores({"a/b": 0.3, "a/c": 0.1}, other=0.95)}
    low["teacher"] = Scripted(lambda request: written("z=9"))
    assert select(solve_one(low, Gated(0.9), Rewrite(0.5, stages=("teacher",))).tree, BEST).answer == "9"


def test_the_rule_sees_steps_that_are_not_in_doubt():
    lines = {**LINES, "a/t1": ["x=1"], "t0": ["b"], "t0/t1": ["x=1"]}
    roles = {"reasoner": steps(lines), "scorer": scores({"a/b": 0.3}, other=0.95)}
    roles["teacher"] = Scripted(lambda request: written(f"t{request.node.depth}" if request.node.depth < 2 else "t=9"))
    above_the_gate = solve_one(roles, Gated(0.2), Rewrite(0.5, stages=("teacher",), accept="always"))
    assert [trail(node) for node in above_the_gate.tree if node.author == "teacher"] == ["a/t1"]
    every = solve_one(roles, Gated(0.2), Rewrite.always(stages=("teacher",)))
    assert trail(select(every.tree, BEST).node) == "t0/t1/t=9"


def test_without_a_scorer_the_weakest_link_is_the_lowest_mean_token_probability():
    sure = {"": 0.95, "a": 0.92}

    def reply(request):
        assert isinstance(request, StepRequest)
        return written("a" if not request.node.depth else "x=1", sure=sure[trail(request.node)])

    assert len(solve_one({"reasoner": Scripted(reply)}, Gated(0.9)).tree.nodes) == 3
    assert len(solve_one({"reasoner": Scripted(reply)}, Gated(0.93, branch=3)).tree.nodes) > 3


def test_a_chain_that_ends_without_an_answer_is_in_doubt():
    lines = {"": ["x!", "b"], "b": ["y=3", "y=3"]}
    roles = {"reasoner": steps(lines), "scorer": scores({"x!": 0.99, "b": 0.995}, other=0.995)}
    assert select(solve_one(roles, Gated(0.9)).tree, BEST).answer == "3"


@pytest.mark.parametrize("settings", [{"threshold": 1.5}, {"branch": 0}, {"unhinted": 3}])
def test_settings_outside_their_range_are_refused(settings):
    with pytest.raises(UsageError, match="Gated"):
        Gated(**settings)
