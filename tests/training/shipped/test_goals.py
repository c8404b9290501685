import json

import pytest

from hintree.models import EMBEDDED
from hintree.training.shipped.goals import ModelGoal, size_goals
from hintree.training.shipped.model_cards import ABOUT


def test_a_goal_is_met_within_its_range_and_says_so():
    goals = [ModelGoal("share", value, least=0.35, most=0.65) for value in (0.3, 0.35, 0.5, 0.7)]
    assert [goal.met for goal in goals] == [False, True, True, False]
    assert str(goals[0]) == "open  share: 0.3, wanted at least 0.35 and at most 0.65"


@pytest.mark.parametrize(
    ("name", "weights", "open_goals"),
    [
        ("hinter", 200, []),
        ("hinter", 201, ["weights of the hinter"]),
        ("teacher", 1999, ["weights of the teacher", "weights of the PRM"]),
        ("student-3", 201, ["weights of the teacher"]),
        ("prm", 2001, ["weights of the PRM"]),
        ("prm-small", 301, ["weights of the small PRM"]),
    ],
)
def test_sizes_are_compared_with_one_another(tmp_path, name, weights, open_goals):
    sizes = dict.fromkeys(EMBEDDED, 200) | {"teacher": 2000, "prm": 2000, "prm-small": 300, name: weights}
    for model, count in sizes.items():
        (tmp_path / model).mkdir()
        (tmp_path / model / "training.json").write_text(json.dumps({"parameters": count}))
    assert [goal.name.split(",")[0] for goal in size_goals(tmp_path) if not goal.met] == open_goals


def test_every_shipped_model_has_a_card():
    assert tuple(ABOUT) == EMBEDDED
