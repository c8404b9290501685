"""The goals of the GSM8K studies, measured on small tables whose right values are known."""

import pytest

from hintree.experiments.gsm8k.goals import goals_table
from hintree.experiments.gsm8k.stores import LoadedStudy
from tests.support.small_results import arm, attempt, results_of

STUDENT, TEACHER = "embedded:student", "embedded:teacher"
GREEDY = arm("greedy")
VOTE = {"scorer": None, "sampling": GREEDY["sampling"] | {"temperature": 0.8}}


def vote(n, choice="majority", **changes):
    return arm("greedy", search={"name": "best-of-n", "n": n}, selection={"choice": choice}, **VOTE | changes)


ARMS = {
    "greedy": GREEDY,
    "teacher": arm("greedy", reasoner=TEACHER),
    "8": vote(8),
    "16": vote(16),
    "stops": arm("greedy", search={"name": "confident-vote", "n": 16}, **VOTE),
    "graded": vote(8, "best", scorer=f"digits:{TEACHER}"),
    "hints": arm("hinted", hinter=f"other:{TEACHER}"),
    "probe": vote(8, "best", scorer="probe:folder"),
}


def attempts(marks, **roles):
    return [attempt(right=mark == "1", **roles) for mark in marks]


def rows(**changes):
    """Return the rows of the goals by figure, with some arms' attempts replaced."""
    made = {
        "greedy": attempts("1000000000", reasoner=100),
        "teacher": attempts("1111111100", teacher=100),
        "8": attempts("1110000000", reasoner=800),
        "16": attempts("1111000000", reasoner=1600),
        "stops": attempts("1111000000", reasoner=800),
        "graded": attempts("1111111000", reasoner=800, scorer=1),
        "hints": attempts("1111111111", reasoner=100, hinter=40),
        "probe": attempts("1111000000", reasoner=800),
    } | changes
    arms = {name: ARMS[name] for name in made if made[name]}
    results = results_of(arms, {name: made[name] for name in arms}, teacher="teacher", alone=["teacher"])
    return {row[0]: row[1:] for row in goals_table([], results).rows}


def met(found, name):
    [cells] = [cells for figure, cells in found.items() if name in figure]
    return cells[-1]


def test_a_goal_is_measured_on_the_arms_that_it_is_about():
    found = rows()
    best = found["best arm without a teacher at no more tokens than 8 samples"][1]
    assert best.startswith("+30.0 [") and " by stops, the most accurate of 3 arms; greedy has 10.0 [" in best
    assisted = found["arm with the teacher at no more than 30 % of its tokens"][1]
    assert assisted.startswith("87.5 [") and " at 1.0 [1.0, 1.0] % of the tokens by graded" in assisted
    assert assisted.endswith("801.0 [801.0, 801.0] % of the teacher's GFLOPs"), "graded reads, and hints cost 40 %"
    assert found["probe: best of 8"][1].startswith("+10.0 [") and met(found, "probe: best") == "yes"
    stopping = found["vote that stops"][1]
    assert stopping.startswith("+0.0 [") and " at 50.0 [50.0, 50.0] % of the tokens by stops" in stopping


def test_a_goal_is_met_or_not_by_its_figure():
    found = rows()
    assert met(found, "without a teacher") == "yes" and met(found, "with the teacher") == "no"
    assert met(found, "vote that stops") == "yes"
    assert met(rows(graded=attempts("1111111100", scorer=1)), "with the teacher") == "yes"
    assert met(rows(graded=attempts("1111111100", scorer=31)), "with the teacher") == "no"
    assert met(rows(stops=attempts("1111000000", reasoner=961)), "vote that stops") == "no"
    assert met(rows(stops=attempts("1110000000", reasoner=100)), "vote that stops") == "no"
    assert met(rows(stops=[], probe=[], **{"8": attempts("1100000000", reasoner=800)}), "without a teacher") == "no", (
        "10 points whose interval holds 0"
    )


@pytest.mark.parametrize(
    ("absent", "goal"),
    [("greedy", "without"), ("8", "without"), ("graded hints", "with the"), ("16", "stops"), ("stops", "stops")],
)
def test_a_goal_without_its_arms_is_not_run(absent, goal):
    assert met(rows(**{name: [] for name in absent.split()}), goal) == "not run"


def test_without_a_finished_arm_no_goal_is_run():
    study = LoadedStudy("greedy", "", 4, {"a": 3}, frozenset(), ("p",), None, ())
    found = goals_table([study], None).rows
    assert len(found) == 7 and {row[-1] for row in found} == {"not run"}
