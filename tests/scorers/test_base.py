"""The contract of all scorers: one number in [0, 1] per step; anything else fails the node, with the reason."""

import math

import pytest

from hintree.scorers import FromScores, ScoreError
from hintree.search import Beam, Response, Usage, choose
from hintree.solver import Solver
from tests.support.scores import INVALID, QUESTION, FixedScorer
from tests.support.scripted import solve_one, steps

LINES = {"": ["bad", "fine"], "fine": ["a=1", "b=1"]}


@pytest.mark.parametrize("case", INVALID)
def test_an_invalid_score_fails_its_node_with_the_reason_and_never_wins(case):
    scores, reason = INVALID[case]
    valid = FromScores(FixedScorer(lambda n: [0.2] * n))
    broken = FromScores(FixedScorer(scores))

    def scorer(requests):
        return [(broken if request.node.step.text == "bad" else valid)([request])[0] for request in requests]

    run = solve_one({"reasoner": steps(LINES), "scorer": scorer}, Beam(2, 2))
    nodes = {node.step.text: node for node in run.tree}
    assert nodes["bad"].status == "failed" and reason in nodes["bad"].reason
    assert str(run.stop_reason) == "complete"
    assert (choose(run.tree).answer, nodes["bad"].score) == ("1", None)


@pytest.mark.parametrize("invalid", [math.nan, math.inf, None, "0.5", True, 1.5, -1, ValueError("no")])
def test_an_invalid_response_to_a_score_request_fails_its_node_too(invalid):
    def scorer(requests):
        response = invalid if isinstance(invalid, Exception) else Response(invalid, Usage(1))
        return [response if request.node.step.text == "bad" else Response(0.2, Usage(1)) for request in requests]

    run = solve_one({"reasoner": steps(LINES), "scorer": scorer}, Beam(2, 2))
    bad = next(node for node in run.tree if node.step.text == "bad")
    assert bad.status == "failed" and bad.reason and choose(run.tree).answer == "1"


@pytest.mark.parametrize("case", [case for case in INVALID if case != "exception"])
def test_scores_of_a_whole_solution_are_checked(case):
    scorer = FromScores(FixedScorer(INVALID[case][0]))
    with pytest.raises(ScoreError):
        scorer.score("q", ["a"])


def test_an_object_with_a_score_method_is_enough_for_the_solver():
    solver = Solver("greedy", scorer=FixedScorer(lambda n: [0.25] * n))
    assert {node.score for node in solver.solve(QUESTION).steps} == {0.25}
