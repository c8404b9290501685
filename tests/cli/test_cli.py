import io
import json
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from hintree.cli import main
from hintree.cli.show import visible
from hintree.search import from_dict
from hintree.search.registry import SEARCHES

ROOT = Path(__file__).parents[2]
QUESTION = "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"


def run(*args):
    """The command in a process of its own, where that matters: loading the models' libraries again takes seconds."""
    return subprocess.run([sys.executable, "-m", "hintree", *args], capture_output=True, cwd=ROOT, check=False)


def test_json_is_one_object_with_everything_in_it(capsys, tmp_path):
    assert main(["solve", QUESTION, "--json", "--tree", str(tmp_path / "t.json"), "--seed", "3"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["answer"], data["preset"], data["seed"], data["stop_reason"]) == ("7", "hintree", 3, "complete")
    assert set(data["steps"][0]) >= {"text", "author", "hint", "score"}
    assert set(data["ledger"]) == {"reasoner", "hinter", "teacher", "scorer"}
    assert {"hintree", "torch", "transformers"} <= set(data["versions"])
    tree = from_dict(json.loads((tmp_path / "t.json").read_text()))
    assert len(tree) > len(data["steps"])


def test_the_terminal_shows_path_answer_and_ledger(capsys):
    assert main(["solve", QUESTION, "--preset", "hinted", "--reasoner", "embedded:teacher"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    parts = (QUESTION, "hint: ", "Answer: ", "confidence", "reasoner", "hinter", "generated")
    assert all(part in out for part in parts)


def feed(monkeypatch, data):
    """Standard input as a pipe gives it: bytes of any kind."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))


def test_the_question_comes_from_an_argument_a_file_or_standard_input(tmp_path, monkeypatch, capsys):
    (tmp_path / "q.txt").write_text(QUESTION + "\n")
    for args, stdin in (
        ([QUESTION], b""),
        (["--file", str(tmp_path / "q.txt")], b""),
        (["-"], QUESTION.encode()),
        ([], QUESTION.encode()),
    ):
        feed(monkeypatch, stdin)
        assert main(["solve", *args, "--preset", "greedy", "--reasoner", "embedded:teacher", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["answer"] == "7"


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
    "stages": ["solve", QUESTION, "--rewrite", "stages=oracle"],
    "recording": ["solve", QUESTION, "--record", "/nonexistent/folder/r.jsonl"],
    "context": ["solve", "(1) Ana has 4 pens. " * 500],
}


@pytest.mark.parametrize("args", BAD.values(), ids=BAD.keys())
def test_bad_input_gets_one_clear_line_and_exit_code_2(args, capsys):
    assert main(args) == 2
    error = [line for line in capsys.readouterr().err.splitlines() if line.startswith("hintree: error: ")]
    assert len(error) == 1 and len(error[0]) > 30


@pytest.mark.parametrize("stdin", [b"x" * 1_000_000, b"", b"\xff\xfe\x00", b"a\x1b[2Jb"], ids=lambda b: f"{b[:4]}")
def test_huge_and_broken_standard_input_is_refused(stdin, monkeypatch, capsys):
    feed(monkeypatch, stdin)
    assert main(["solve", "-"]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.splitlines()[-1].startswith("hintree: error: ")


def test_a_process_refuses_what_it_does_not_know_without_a_traceback():
    done = run("frobnicate")
    assert done.returncode == 2 and done.stdout == b""
    [line] = done.stderr.splitlines()
    assert line.startswith(b"hintree: error: ")


def test_lab_problems_are_json_lines_with_all_fields(capsys):
    assert main(["lab", "problems", "--split", "test", "--steps", "6", "--n", "20", "--seed", "7"]) == 0
    first = capsys.readouterr().out
    rows = [json.loads(line) for line in first.splitlines()]
    assert len(rows) == 20
    for row in rows:
        assert set(row) >= {"id", "question", "answer", "steps", "hints", "family"}
        assert len(row["steps"]) == len(row["hints"]) == 7
        assert row["steps"][-1] == f"The answer is {row['answer']}."
    main(["lab", "problems", "--split", "test", "--steps", "6", "--n", "20", "--seed", "7"])
    assert capsys.readouterr().out == first


def test_a_closed_pipe_is_no_error():
    command = f"{sys.executable} -m hintree lab problems --n 5000 | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, cwd=ROOT, check=False)
    assert done.stderr == b"" and json.loads(done.stdout)


def test_help_and_version_work_and_name_the_commands(capsys):
    done = run("--help")
    assert done.returncode == 0 and b"solve" in done.stdout and b"lab" in done.stdout
    assert run("--version").stdout.startswith(b"hintree ")
    with pytest.raises(SystemExit, match="0"):
        main(["solve", "--help"])
    assert "examples:" in capsys.readouterr().out


def test_hostile_text_never_reaches_the_terminal_raw(capsys):
    assert visible("a\x1b[31mb\u202ec\u200bd\nE") == "a\\x1b[31mb\\u202ec\\u200bd\nE"
    warnings.simplefilter("always")
    main(["solve", "[bold]Ana[/bold] [link=file:///etc/passwd]has[/link] 4 pens?", "--preset", "greedy"])
    assert "[link=file:///etc/passwd]" in capsys.readouterr().out.replace("\n", "")


def test_every_search_is_listed_with_its_settings(capsys):
    assert main(["searches"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines[::2]] == list(SEARCHES)
    assert "simulations=32" in lines[2 * list(SEARCHES).index("mcts") + 1]


def test_a_search_and_a_rule_are_set_from_the_command_line(capsys):
    command = ["solve", QUESTION, "--search", "best-of-n", "--set", "n=3,hinted=false", "--rewrite", "none", "--json"]
    assert main(command) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["ledger"]["hinter"]["calls"] == found["ledger"]["teacher"]["calls"] == 0
    assert found["ledger"]["reasoner"]["calls"] >= 3


def test_a_recorded_question_is_solved_again_without_asking_a_model(capsys, tmp_path):
    outputs = []
    for _ in range(2):
        assert main(["solve", QUESTION, "--json", "--record", str(tmp_path / "r.jsonl")]) == 0
        found = json.loads(capsys.readouterr().out)
        for account in found["ledger"].values():
            account.pop("seconds")
        outputs.append((found, (tmp_path / "r.jsonl").read_bytes()))
    assert outputs[0] == outputs[1]
