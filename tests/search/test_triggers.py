"""Triggers: which statistic decides that a step is rewritten, and thresholds calibrated on earlier runs."""

import pytest

from hintree.errors import UsageError
from hintree.search import Beam, Rewrite, calibrate, choose
from tests.support.scripted import Scripted, random_roles, scores, solve, solve_one, steps, trail, written

CHAIN = Beam(1, 1)
TEACHER = ("teacher",)


def test_a_drop_from_the_step_before_triggers_a_rewrite_and_a_low_beginning_does_not():
    roles = {
        "reasoner": steps({"": ["a"], "a": ["b"], "a/b": ["c=1"]}),
        "teacher": steps({"": ["A"], "a": ["B=9"], "a/b": ["C=9"]}),
        "scorer": scores({"a": 0.3, "a/b": 0.9, "a/b/c=1": 0.35, "a/b/C=9": 0.8}),
    }
    tree = solve_one(roles, CHAIN, Rewrite(0.5, "drop", TEACHER)).tree
    assert [trail(n) for n in tree if n.author == "teacher"] == ["a/b/C=9"]
    assert choose(tree).answer == "9"


def test_low_token_confidence_triggers_a_rewrite_whatever_the_score():
    roles = {
        "reasoner": Scripted(lambda request: written("draft=1", sure=0.2)),
        "teacher": steps({"": ["taught=3"]}),
        "scorer": scores({"draft=1": 0.8, "taught=3": 0.9}),
    }
    assert choose(solve_one(roles, CHAIN, Rewrite(0.3, "confidence", TEACHER)).tree).answer == "3"
    assert choose(solve_one(roles, CHAIN, Rewrite(0.2, "confidence", TEACHER)).tree).answer == "1"


def test_per_step_rewrites_every_low_sibling_and_per_parent_the_best():
    roles = {
        "reasoner": steps({"": ["a=1", "b=2", "c=3"]}),
        "teacher": Scripted(lambda request: written(f"t={request.position.sibling}")),
        "scorer": scores({"a=1": 0.1, "b=2": 0.3, "c=3": 0.8}, 0.9),
    }
    replaced = {}
    for per in ("parent", "step"):
        tree = solve_one(roles, Beam(3, 3), Rewrite(0.5, stages=TEACHER, per=per)).tree
        replaced[per] = [(n.step.answer, n.replaces) for n in tree if n.author == "teacher"]
    assert replaced == {"parent": [], "step": [("1", 2), ("0", 1)]}


def test_the_calibrated_threshold_rewrites_the_given_share():
    grown = [run.tree for run in solve(random_roles(odd=False), CHAIN, count=60).values()]
    found = [node.score for tree in grown for node in tree if node.score is not None]
    for share in (0.0, 0.1, 0.25, 0.5, 1.0):
        threshold = calibrate(grown, share)
        assert sum(score < threshold for score in found) == pytest.approx(share * len(found), abs=2)
    for bad in (-0.1, 1.1, float("nan")):
        with pytest.raises(UsageError, match="share"):
            calibrate(grown, bad)
    with pytest.raises(UsageError, match="scorer"):
        calibrate([], 0.5)
    with pytest.raises(UsageError, match="needs"):
        calibrate(grown, 0.5, "advantage")
    sure = [node.step.mean_probability for tree in grown for node in tree if node.parent]
    assert sum(x < calibrate(grown, 0.3, "confidence") for x in sure) == pytest.approx(0.3 * len(sure), abs=2)
