"""Warnings of workers reach the terminal as lines of their own, each once."""

import json

import pytest

from hintree.cli import main
from hintree.experiments.study.progress import WARNINGS, Progress


@pytest.mark.slow
def test_a_question_that_the_models_do_not_know_gives_one_line_per_question(tmp_path, capfd):
    file = tmp_path / "problems.jsonl"
    file.write_text(json.dumps({"question": "What is the capital of France?", "answer": "1"}) + "\n")
    study = tmp_path / "study.yaml"
    study.write_text(f"problems: {file}\narms: {{a: greedy, b: {{preset: greedy, budget: {{calls: 3}}}}}}\n")
    assert main(["run", str(study), "--out", str(tmp_path / "run")]) == 0
    lines = capfd.readouterr().err.replace("\r", "\n").splitlines()
    assert [line for line in lines if "OutOfDomainWarning" in line] == []
    [warning] = [line for line in lines if "warning" in line]
    assert warning.startswith("hintree: warning: the shipped models know only the lab's word problems")


def test_each_warning_is_printed_once_and_only_the_first_ones(capsys):
    progress = Progress(1, show=False)
    for i in range(WARNINGS + 2):
        progress.warn(f"text {i}")
        progress.warn(f"text {i}")
    progress.close()
    lines = capsys.readouterr().err.splitlines()
    assert lines == [*(f"hintree: warning: text {i}" for i in range(WARNINGS)), "hintree: 2 more warnings"]
