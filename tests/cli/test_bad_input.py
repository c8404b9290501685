"""Bad input to any command: one clear line on standard error, and exit code 2; outputs piped to the grader."""

import io
import subprocess
import sys
from pathlib import Path

import pytest

from hintree.cli import main

ROOT = Path(__file__).parents[2]
QUESTION = "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"


BAD = {
    "no command": [],
    "unknown command": ["frobnicate"],
    "unknown option": ["solve", "q", "--frobnicate"],
    "empty": ["solve", ""],
    "control": ["solve", "a\x07b"],
    "preset": ["solve", "q", "--preset", "nosuch"],
    "model": ["solve", QUESTION, "--reasoner", "embedded:nosuch"],
    "model name": ["solve", QUESTION, "--reasoner", "../no/such/folder"],
    "budget name": ["solve", "q", "--budget", "money=3"],
    "budget zero": ["solve", "q", "--budget", "seconds=0"],
    "budget negative": ["solve", "q", "--budget", "calls=-1"],
    "budget nonsense": ["solve", "q", "--budget", "calls=many"],
    "budget infinite": ["solve", "q", "--budget", "seconds=1e400"],
    "abstain": ["solve", "q", "--abstain", "2"],
    "margin": ["compare", "runs", "a", "b", "--margin", "0"],
    "seed": ["solve", "q", "--seed", "x"],
    "two questions": ["solve", "q", "--file", "f"],
    "no file": ["solve", "--file", "/nonexistent/file"],
    "tree folder": ["solve", "q", "--tree", "/nonexistent/folder/t.json"],
    "device": ["solve", QUESTION, "--device", "quantum"],
    "dtype": ["solve", QUESTION, "--dtype", "int3"],
    "lab steps": ["lab", "problems", "--steps", "99"],
    "lab range": ["lab", "problems", "--steps", "a-b"],
    "lab split": ["lab", "problems", "--split", "exam"],
    "lab n": ["lab", "problems", "--n", "0"],
    "lab stage": ["lab", "train", "--stage", "nosuch"],
    "lab folder": ["lab", "evaluate", "--models", "/nonexistent"],
    "search": ["solve", QUESTION, "--search", "nosuch"],
    "search setting": ["solve", QUESTION, "--search", "mcts", "--set", "simulatons=8"],
    "search value": ["solve", QUESTION, "--search", "mcts", "--set", "simulations=many"],
    "setting twice": ["solve", QUESTION, "--search", "mcts", "--set", "c=1,c=2"],
    "settings alone": ["solve", QUESTION, "--set", "c=1"],
    "rewrite": ["solve", QUESTION, "--rewrite", "threshold=low"],
    "selection": ["solve", QUESTION, "--selection", "choice=luck"],
    "stages": ["solve", QUESTION, "--rewrite", "stages=oracle"],
    "recording": ["solve", QUESTION, "--record", "/nonexistent/folder/r.jsonl"],
    "context": ["solve", "(1) Ana has 4 pens. " * 500],
}


def test_a_yaml_file_that_is_not_there_is_named(capsys):
    assert main(["show-prompt", QUESTION, "--protocol", "none.yaml"]) == 2
    assert "none.yaml: there is no such file" in capsys.readouterr().err


SETTINGS = {
    "--set": ("Gated", "branch"),
    "--rewrite": ("Rewrite", "threshold"),
    "--sampling": ("Sampling", "temperature"),
    "--selection": ("Selection", "choice"),
    "--hinting": ("Hinting", "when"),
}


@pytest.mark.parametrize("option", SETTINGS)
def test_an_unknown_setting_is_named_with_its_option_and_those_there_are(option, capsys):
    owner, setting = SETTINGS[option]
    assert main(["solve", QUESTION, option, "nosuch=1"]) == 2
    error = capsys.readouterr().err
    assert f"error: {option} nosuch=1: expected NAME=VALUE with a setting of {owner}: " in error and setting in error


def test_a_word_in_place_of_a_number_is_named(capsys):
    assert main(["solve", QUESTION, "--sampling", "temperature=warm"]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == "hintree: error: temperature='warm' is not a finite number"


@pytest.mark.parametrize("args", BAD.values(), ids=BAD.keys())
def test_bad_input_gets_one_clear_line_and_exit_code_2(args, capsys):
    assert main(args) == 2
    error = [line for line in capsys.readouterr().err.splitlines() if line.startswith("hintree: error: ")]
    assert len(error) == 1 and len(error[0]) > 30


@pytest.mark.parametrize("stdin", [b"x" * 1_000_000, b"", b"\xff\xfe\x00", b"a\x1b[2Jb"], ids=lambda b: f"{b[:4]}")
def test_huge_and_broken_standard_input_is_refused(stdin, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
    assert main(["solve", "-"]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.splitlines()[-1].startswith("hintree: error: ")


def test_a_process_prints_no_traceback_for_an_unknown_command():
    command = [sys.executable, "-m", "hintree", "frobnicate"]
    done = subprocess.run(command, capture_output=True, cwd=ROOT, check=False)
    assert done.returncode == 2 and done.stdout == b""
    [line] = done.stderr.splitlines()
    assert line.startswith(b"hintree: error: ")


def test_outputs_are_graded_from_standard_input():
    command = [sys.executable, "-m", "hintree", "grade", "-"]
    row = b'{"answer": "7", "output": "The answer is 7."}\n'
    done = subprocess.run(command, input=row, capture_output=True, cwd=ROOT, check=False)
    assert done.stdout.startswith(b"1 of 1 right") and done.returncode == 0
    done = subprocess.run(command, input=b"7\n", capture_output=True, cwd=ROOT, check=False)
    assert b"error: /dev/stdin:1: a row is an object" in done.stderr and done.returncode == 2
