import json
from dataclasses import replace

import pytest

from hintree.cli import main
from hintree.cli.lab_problems import as_row
from hintree.errors import UsageError
from hintree.lab import problems
from hintree.training.hinter import run as run_module
from hintree.training.hinter.run import HinterOptions, hint_data_file, read_settings, train_hinter
from hintree.training.loop import TrainingSchedule
from tests.support.hint_cases import SHOP, STEPS, write_jsonl

FEW = TrainingSchedule(steps=6, batch=2, muon=0.0, adam=1e-3, warmup=2, hold=0.3, seed=3)


def test_a_hinter_is_trained_and_evaluated_and_not_trained_twice(tmp_path, tiny, monkeypatch):
    solved = [as_row(problem) for problem in problems("train", range(2, 4), n=30, seed=2)]
    file = write_jsonl(tmp_path / "solved.jsonl", solved)
    options = HinterOptions(file, str(tiny), tmp_path / "out", FEW, test="lab:test?n=2&steps=1")
    figures = train_hinter(options)
    arms = figures["arms"]
    assert list(arms) == ["reasoner alone", "tuned hinter", "un-tuned hinter", "shuffled hints", "hinter alone"]
    assert figures["hint data"]["steps"] >= figures["hint data"]["hints"] > 30 == figures["hint data"]["solutions"]
    for arm in arms.values():
        assert 0 <= arm["right"]["low"] <= arm["right"]["value"] <= arm["right"]["high"] <= 1
        gain = arm["right"]["value"] - arms["reasoner alone"]["right"]["value"]
        assert arm["gain"]["value"] == pytest.approx(gain, abs=1e-3)
    assert arms["tuned hinter"]["hints"] > 0 and 0 <= arms["tuned hinter"]["leaked"]["value"] <= 1
    assert json.loads((tmp_path / "out" / "report.json").read_text()) == json.loads(json.dumps(figures))
    made = (tmp_path / "out" / "hinter" / "model.safetensors").stat().st_mtime_ns
    monkeypatch.setattr(run_module, "evaluate_hinter", lambda *_: arms)  # it takes the longest, and has been looked at
    assert train_hinter(options) == figures
    assert (tmp_path / "out" / "hinter" / "model.safetensors").stat().st_mtime_ns == made
    with pytest.raises(UsageError, match=r"holds a run with with_errors=0\.3"):
        train_hinter(replace(options, with_errors=0.5))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["lab:train?n=3&seed=5", "--test", "lab:train?n=3&seed=5"], "3 of 3 test problems are among"),
        (["lab:train?n=3", "--with-errors", "1.5"], "with_errors=1.5 is not a share from 0 to 1"),
        (["lab:train?n=3", "--rate", "nan"], "rate=nan is not a learning rate"),
        (["nosuch.jsonl"], "nosuch.jsonl: no such file"),
        (["lab:train?n=3", "--model", "embedded:nosuch"], "no shipped model 'embedded:nosuch'"),
        (["lab:train?n=3", "--steps", "0"], "'0' is not a whole number of at least 1"),
    ],
)
def test_bad_input_is_one_line(tmp_path, capsys, arguments, words):
    assert main(["train", "hinter", *arguments, "--out", str(tmp_path / "out")]) == 2
    out, error = capsys.readouterr()
    assert words in error and error.count("\n") == 1 and out == ""


def test_solutions_without_hints_need_a_teacher(tmp_path, capsys):
    file = write_jsonl(tmp_path / "a.jsonl", [{"question": SHOP, "steps": STEPS}])
    assert main(["train", "hinter", file, "--out", str(tmp_path / "out")]) == 2
    assert "no row has hints; name a --teacher" in capsys.readouterr().err


def test_settings_of_an_older_run_are_read_by_their_new_names(tmp_path):
    file = tmp_path / "settings.json"
    file.write_text('{"problems": "lab:train?n=3", "astray": 0.3, "lora": 0}')
    assert read_settings(file) == {"problems": "lab:train?n=3", "with_errors": 0.3, "lora": 0}


def test_hints_of_an_older_run_are_read_under_the_new_name_of_their_file(tmp_path):
    (tmp_path / "lessons.jsonl").write_text("older\n")
    assert hint_data_file(tmp_path).read_text() == "older\n"
    assert [file.name for file in tmp_path.iterdir()] == ["hint_data.jsonl"]
