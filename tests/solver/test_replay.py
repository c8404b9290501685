"""Solves recorded before the packages moved: the same answers of the models still grow the same trees.

``tests/golden/recorded`` holds, for each preset, the recording of one solve and what came out of it, written by the
code as it was before the move. A later change that alters trees on purpose records them anew with ``python -m
tests.support.record_golden`` and says why.
"""

import json
import shutil

import pytest

from hintree.search import from_dict
from tests.support.golden import RECORDED, problem_of, recorded, solved

NAMES = sorted(file.stem for file in RECORDED.glob("*.json"))


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_solve_replays_to_the_same_tree(name, tmp_path):
    old = recorded(name)
    recording = tmp_path / "recording.jsonl"
    shutil.copy(RECORDED / f"{name}.recording.jsonl", recording)
    size = recording.stat().st_size
    assert solved(name, problem_of(old), old["seed"], recording) == old
    assert recording.stat().st_size == size, "the search makes a request that was not recorded"


def test_every_tree_from_before_the_move_loads_without_loss():
    files = sorted(RECORDED.glob("*.json"))
    assert len(files) == 34
    for file in files:
        old = json.loads(file.read_text())["tree"]
        tree = from_dict(old)
        assert [(n.step.text, n.score, n.status) for n in tree] == [
            (row["step"]["text"], row["score"], row["status"]) for row in old["nodes"]
        ]
