"""Recordings of another model or other sampling are refused; other rules replay."""

import json

import pytest

from hintree import Budget, Solver, UsageError
from hintree.search import Beam
from hintree.solver import ModelPool
from hintree.solver.recorded_models import recorded_name

QUESTION = "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"


@pytest.fixture(scope="module")
def pool():
    return ModelPool()


@pytest.fixture(scope="module")
def recorded(pool, tmp_path_factory):
    path = tmp_path_factory.mktemp("recordings") / "r.jsonl"
    solution = Solver("beam", search=Beam(1, 2), recording=path, pool=pool).solve(QUESTION)
    return path, solution.answer


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"reasoner": "embedded:student-2"}, "reasoner with model 'embedded:student', not 'embedded:student-2'"),
        ({"scorer": "confidence"}, "scorer with model 'embedded:prm', not 'confidence'"),
        ({"sampling": "temperature=0.5,top_k=3"}, "reasoner with temperature 0.8, not 0.5, top_k 0, not 3"),
    ],
)
def test_a_recording_of_another_model_or_other_sampling_is_refused_with_what_differs(other, words, recorded, pool):
    before = recorded[0].read_bytes()
    with pytest.raises(UsageError) as raised:
        Solver("beam", recording=recorded[0], pool=pool, **other)
    assert words in str(raised.value) and "another file to record a new run" in str(raised.value)
    assert recorded[0].read_bytes() == before


def test_other_rules_and_roles_that_are_off_replay_without_a_model(recorded, pool):
    path, answer = recorded
    before = path.read_bytes()
    parts = {"search": Beam(1, 2), "selection": "majority", "budget": Budget(calls=99), "recording": path, "pool": pool}
    assert Solver("beam", **parts).solve(QUESTION).answer == answer
    off = Solver("beam", **{**parts, "recording": path}, scorer="none")
    assert path.read_bytes() == before and set(off.handlers) == {"reasoner"}


def test_a_recording_from_before_models_were_named_is_replayed(recorded, pool, tmp_path):
    path, answer = recorded
    old = tmp_path / "old.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    old.write_text("".join(json.dumps({k: v for k, v in row.items() if k != "made_by"}) + "\n" for row in rows))
    before = old.read_bytes()
    assert Solver("beam", search=Beam(1, 2), recording=old, pool=pool).solve(QUESTION).answer == answer
    assert old.read_bytes() == before


def test_the_name_of_a_model_holds_no_place_and_no_key():
    names = {
        "/models/qwen": "qwen",
        "Qwen/Qwen2.5-0.5B": "Qwen2.5-0.5B",
        "embedded:student": "embedded:student",
        "http://host:8000/v1#qwen": "qwen",
    }
    assert {name: recorded_name(name) for name in names} == names
    assert recorded_name(lambda requests: []) == "test_the_name_of_a_model_holds_no_place_and_no_key.<locals>.<lambda>"
