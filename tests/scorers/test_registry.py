"""Scorers by name: parsing, errors, controls, weighted means."""

import pytest

from hintree.errors import UsageError
from hintree.lab.controls import LAB_SCORERS
from hintree.scorers import SCORERS, Constant, Ensemble, FromScores, make_scorer, models_of
from hintree.scorers.registry import parse_name
from hintree.solver import Solver
from tests.support.scores import QUESTION, RIGHT_STEPS, FixedScorer, request_with
from tests.support.shared_models import shared_pool


def test_an_ensemble_is_the_weighted_mean_and_fails_with_its_members():
    scorer = make_scorer("3*constant:0.8+1*constant:0.4").handler.handle
    assert scorer([request_with((0.5,))])[0].value == pytest.approx(0.7)
    broken = Ensemble([Constant(0.5), FromScores(FixedScorer(ValueError("gone")))], [1, 1])
    assert str(broken([request_with((0.5,))])[0]) == "gone"
    with pytest.raises(UsageError, match="above 0"):
        Ensemble([Constant(0.5)], [0])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("genprm:", "name a model"),
        ("x*random", "is not a weight"),
        ("0*random", "is not a weight"),
        ("constant:2", "not a number in"),
        ("constant:half", "not a number in"),
        ("symbolic:3", "takes nothing"),
        ("exact:3", "takes nothing"),
        ("exact", "pass its constructor"),
        ("confidence:median", "is not one of"),
    ],
)
def test_a_wrong_name_is_one_clear_error(name, message):
    with pytest.raises(UsageError, match=message):
        make_scorer(name)


def test_a_name_tells_its_members_and_models():
    assert models_of("0.5*embedded:prm+yes-no:embedded:teacher+random") == {"embedded:prm", "embedded:teacher"}
    assert [kind for _, kind, _ in parse_name("a/b+maj:c/d")] == ["prm", "maj"]


@pytest.mark.parametrize("name", SCORERS)
def test_every_entry_says_what_it_is(name):
    info = SCORERS[name]
    assert info.usage.startswith(name) and info.about and info.source
    assert (info.build is None) == (name in LAB_SCORERS)


def test_the_oracle_and_the_random_control_have_names():
    exact = make_scorer("exact", extra=LAB_SCORERS).handler.handle
    assert exact.score(QUESTION, [*RIGHT_STEPS, "The answer is 8."]) == [1.0, 1.0, 0.0]
    with pytest.raises(UsageError, match="knows only lab problems"):
        exact.score("What is 2 + 2?", ["4"])
    assert 0 <= make_scorer("random").handler.handle([request_with((0.5,))])[0].value < 1


@pytest.mark.parametrize(
    "name", ["confidence:geometric", "symbolic", "exact", "random", "0.5*embedded:prm+0.5*confidence:min"]
)
def test_a_listed_scorer_solves_a_problem(name):
    solution = Solver("beam", scorer=name, pool=shared_pool()).solve(QUESTION)
    assert str(solution.stop_reason) == "complete"
    assert solution.steps and all(0 <= node.score <= 1 for node in solution.steps)
