"""Solves recorded before the packages moved: the same answers of the models still grow the same trees.

``tests/golden/recorded`` holds, for each preset, the recording of one solve and what came out of it, written by the
code as it was before the move. A later change that alters trees on purpose records them anew and says why.
"""

import json
import shutil
from pathlib import Path

import pytest

from hintree import Solver
from hintree.search import Problem, from_dict, to_dict

RECORDED = Path(__file__).parents[1] / "golden" / "recorded"


NAMES = sorted(file.stem for file in RECORDED.glob("*.json"))


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_solve_replays_to_the_same_tree(name, tmp_path):
    old = json.loads((RECORDED / f"{name}.json").read_text())
    recording = tmp_path / "recording.jsonl"
    shutil.copy(RECORDED / f"{name}.recording.jsonl", recording)
    size = recording.stat().st_size
    solver = Solver(name, seed=old["seed"], recording=recording)
    solution = next(solver.solve_many([Problem(old["question"], old["id"])], progress=False))
    assert recording.stat().st_size == size, "the search asked what was not recorded"
    assert to_dict(solution.tree) == to_dict(from_dict(old["tree"]))
    assert (solution.answer, solution.confidence) == (old["answer"], old["confidence"])
    assert [node.id for node in solution.steps] == old["steps"]
    accounts = {role: {k: v for k, v in a.items() if k != "seconds"} for role, a in solution.ledger.to_dict().items()}
    before = {role: {k: v for k, v in a.items() if k != "seconds"} for role, a in old["ledger"].items()}
    assert accounts == before


def test_every_tree_from_before_the_move_loads_without_loss():
    files = sorted(RECORDED.glob("*.json"))
    assert len(files) == 20
    for file in files:
        old = json.loads(file.read_text())["tree"]
        tree = from_dict(old)
        assert [(n.step.text, n.score, n.status) for n in tree] == [
            (row["step"]["text"], row["score"], row["status"]) for row in old["nodes"]
        ]
