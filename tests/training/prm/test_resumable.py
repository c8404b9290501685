"""Interrupted runs of ``hintree train prm | ppm`` keep what is done and end with the same model."""

import json
import signal
import subprocess
import sys
import time

import pytest
import torch

from hintree.cli import main
from hintree.data import Case
from hintree.errors import UsageError
from hintree.scorers import FAMILIES
from hintree.search import Problem
from hintree.training.prm import resumable, train
from hintree.training.prm.resumable import EXAMPLES, PART_SIZE, begin, in_parts, move_to_output
from hintree.training.prm.rows import LabelledSolution
from hintree.training.prm.train import Recipe, encode, label_logits, minimise, new_model
from tests.support.prm_checkpoints import CHECKPOINTS

CASES = [Case(Problem(f"What is {i} + 1?", str(i)), str(i + 1)) for i in range(2 * PART_SIZE + 5)]


class KilledError(Exception):
    pass


def solutions(cases):
    return [LabelledSolution(case.problem.question, ["é\ud800", "b"], [0.125, 1 / 3]) for case in cases]


def test_examples_that_were_made_are_not_made_again(tmp_path):
    made = []

    def make(cases):
        if len(made) == 1:
            raise KilledError
        return make_all(cases)

    def make_all(cases):
        made.append(len(cases))
        return solutions(cases)

    with pytest.raises(KilledError):
        in_parts(CASES, make, LabelledSolution, tmp_path)
    with (tmp_path / EXAMPLES).open("a") as file:
        file.write('[["torn')
    assert in_parts(CASES, make_all, LabelledSolution, tmp_path) == solutions(CASES)
    assert made == [PART_SIZE, PART_SIZE, 5]
    assert in_parts(CASES, make_all, LabelledSolution, tmp_path) == solutions(CASES) and len(made) == 3


def test_an_interrupted_training_of_other_settings_is_not_resumed(tmp_path):
    work = begin(tmp_path / "new" / "prm", {"kind": "prm", "seed": 0, "rows": None})
    assert begin(tmp_path / "new" / "prm", {"kind": "prm", "seed": 0, "rows": None}) == work
    with pytest.raises(UsageError, match="unfinished training with seed=0, not 1"):
        begin(tmp_path / "new" / "prm", {"kind": "prm", "seed": 1, "rows": None})


def test_a_model_is_moved_to_its_folder_when_it_is_complete(tmp_path):
    out = tmp_path / "prm"
    out.mkdir()
    work = begin(out, {})
    (work / "model").mkdir()
    (work / "model" / "config.json").write_text("{}")
    move_to_output(work, out)
    assert [path.name for path in tmp_path.iterdir()] == ["prm"] and (out / "config.json").is_file()


def trained(base, work, monkeypatch, kill_at=None):
    """Return the loss and the weights of a training, killed in the loss call number ``kill_at`` if given."""
    recipe, calls = Recipe(epochs=3, batch=2, rate=1e-3, seed=4), 0
    prm = new_model(str(base), FAMILIES["trl"], 2, recipe)
    assert prm.model.model.dropout.p > 0  # so the random state matters, too
    monkeypatch.setattr(train, "SAVE_AFTER", 0.0)

    def loss(i, model):
        nonlocal calls
        calls += 1
        if calls == kill_at:
            raise KilledError
        question, answer = f"What is {i} + 1?", f"{i} + {1 + i % 2} = {i + 1}"
        wanted = torch.tensor([1 - i % 2])
        return torch.nn.functional.cross_entropy(label_logits(model, encode(prm, question, [answer])), wanted)

    work.mkdir(exist_ok=True)
    return minimise(prm.model, 7, loss, recipe, "prm", work), prm.model.model.state_dict()


def test_a_training_that_was_killed_ends_in_the_same_weights(tmp_path, monkeypatch):
    torch.manual_seed(0)
    base = CHECKPOINTS["rlhflow"](tmp_path / "base")
    loss, weights = trained(base, tmp_path / "whole", monkeypatch)
    with pytest.raises(KilledError):
        trained(base, tmp_path / "killed", monkeypatch, kill_at=12)
    assert (tmp_path / "killed" / "resume.pt").is_file()
    again, resumed = trained(base, tmp_path / "killed", monkeypatch)
    assert again == loss and all(torch.equal(weights[name], resumed[name]) for name in weights)
    logs = [(tmp_path / name / "losses.jsonl").read_text() for name in ("whole", "killed")]
    assert logs[0] == logs[1] and [json.loads(line)["step"] for line in logs[0].splitlines()] == list(range(1, 12))


SCRIPT = """
import sys, torch
from hintree.cli import main
from hintree.training.prm import resumable, train
torch.set_num_threads(1)
train.SAVE_AFTER, resumable.PART_SIZE = 0.0, 1
sys.exit(main(sys.argv[1:]))
"""


def kill_when(there, command):
    """Start the training and kill it once ``there()`` is true; it must not have ended before."""
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, *command], stdout=subprocess.DEVNULL)
    while not there() and process.poll() is None:
        time.sleep(0.005)
    process.kill()
    assert process.wait() == -signal.SIGKILL


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["prm", "ppm"])
def test_a_run_killed_twice_writes_the_same_files_as_an_uninterrupted_one(kind, tmp_path, monkeypatch, capsys):
    more = {"prm": ["--labels", "soft"], "ppm": ["--distance", "1", "--branch", "3"]}[kind]
    command = ["train", kind, "--problems", "lab:train?steps=2-3&n=12&seed=1", "--rollouts", "2", "--validate", "0"]
    command += ["--batch", "1", "--epochs", "3", *more, "--out"]
    assert main([*command, str(tmp_path / "whole")]) == 0
    out, work = tmp_path / "killed", tmp_path / "killed.unfinished"
    examples, point = work / EXAMPLES, work / "resume.pt"
    kill_when(lambda: examples.is_file() and examples.read_text().count("\n") > 1, [*command, str(out)])
    kept = examples.read_text().splitlines()[:2]
    kill_when(point.is_file, [*command, str(out)])
    assert examples.read_text().splitlines()[:2] == kept and not out.exists()
    assert main([*command, str(out), "--seed", "1"]) == 2 and "seed=0, not 1" in capsys.readouterr().err
    monkeypatch.setattr(resumable, "PART_SIZE", 1)
    assert main([*command, str(out)]) == 0
    sums = [(folder / "SHA256SUMS").read_text() for folder in (tmp_path / "whole", out)]
    assert sums[0] == sums[1] and "training.json" in sums[0] and not work.exists()
