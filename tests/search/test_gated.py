"""The gated search: a sure chain is the answer, and a doubtful one goes on as a beam from its last sure step."""

import pytest

from hintree.errors import UsageError
from hintree.search import Gated, Selection, select
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


def test_after_a_doubtful_step_the_beam_goes_on_from_the_step_before_with_hints():
    roles = {
        "reasoner": steps(LINES),
        "hinter": hints("h"),
        "scorer": scores({"a": 0.95, "a/b": 0.3, "a/c": 0.8, "a/c/y=2": 0.97}),
    }
    run = solve_one(roles, Gated(0.9))
    written_steps = [(trail(node), node.hint is not None) for node in run.tree.nodes[1:]]
    assert written_steps[:3] == [("a", False), ("a/b", False), ("a/c", True)]
    assert not run.tree.nodes[2].children, "the chain ends where it is in doubt"
    assert len(run.tree.root.children) == 1, "sure steps are not written again"
    chosen = select(run.tree, BEST)
    assert (chosen.answer, chosen.confidence) == ("2", 0.8)


def test_the_doubtful_step_stays_a_draft_of_the_beam():
    roles = {"reasoner": steps(LINES), "scorer": scores({"a": 0.95, "a/b": 0.8, "a/c": 0.1, "a/b/x=1": 0.9})}
    assert select(solve_one(roles, Gated(0.9)).tree, BEST).answer == "1"


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


@pytest.mark.parametrize("settings", [{"threshold": 1.5}, {"branch": 0}, {"unhinted": 3}, {"width": 0}])
def test_settings_outside_their_range_are_refused(settings):
    with pytest.raises(UsageError, match="Gated"):
        Gated(**settings)
