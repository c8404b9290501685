"""The command ``hintree solve``: questions, parts of the method, output."""

import io
import json
import logging
import sys
import time
import warnings

import pytest

from hintree.cli import main, status
from hintree.cli.show import visible
from hintree.search import from_dict
from hintree.solver.progress import SolveEvent

QUESTION = "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"


def feed(monkeypatch, data):
    """Standard input as a pipe gives it: bytes of any kind."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))


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
    command = ["solve", QUESTION, "--preset", "hinted", "--reasoner", "embedded:teacher", "--reference", "7.0"]
    assert main(command) == 0
    out = " ".join(capsys.readouterr().out.split())
    parts = (QUESTION, "hint: ", "Answer: 7", "confidence", "right (reference 7.0)", "reasoner", "hinter", "generated")
    assert all(part in out for part in parts)


def test_a_path_without_an_answer_is_shown_with_the_step_that_failed_and_the_reason(capsys):
    command = ["solve", QUESTION, "--preset", "greedy", "--set", "path_tokens=5"]
    assert main(command) == 1, "every path failed"
    out = " ".join(capsys.readouterr().out.split())
    assert "[failed, out_of_tokens: 24 tokens without an end]" in out and "Answer: none found" in out
    assert main([*command, "--json", "--reference", "7"]) == 1
    found = json.loads(capsys.readouterr().out)
    [failed] = found["failed"]
    assert (failed["rejected_because"], failed["reason"]) == ("out_of_tokens", "24 tokens without an end")
    assert (found["reference"], found["right"], found["status"]) == ("7", False, "failed")


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


def test_hostile_text_never_reaches_the_terminal_raw(capsys):
    assert visible("a\x1b[31mb\u202ec\u200bd\nE") == "a\\x1b[31mb\\u202ec\\u200bd\nE"
    warnings.simplefilter("always")
    main(["solve", "[bold]Ana[/bold] [link=file:///etc/passwd]has[/link] 4 pens?", "--preset", "greedy"])
    assert "[link=file:///etc/passwd]" in capsys.readouterr().out.replace("\n", "")


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


def test_old_spellings_of_settings_still_work():
    from hintree.cli import build_parser
    from hintree.cli.solve import chosen_preset
    from hintree.search import Beam, Selection

    def chosen(*options):
        return chosen_preset(build_parser().parse_args(["solve", "q", *options]))

    old = ["--search", "best-of-n", "--set", "n=3,choice=majority", "--rewrite", "rungs=teacher,threshold=0.4"]
    new = ["--search", "best-of-n", "--set", "n=3", "--rewrite", "stages=teacher,threshold=0.4"]
    with pytest.warns(UserWarning, match=r"--set choice=majority: read as --selection choice=majority"):
        first = chosen(*old)
    assert first == chosen(*new, "--selection", "choice=majority")
    assert first.selection == Selection("majority") and first.rewrite.stages == ("teacher",)
    with pytest.warns(UserWarning, match=r"--set aggregate=mean,choice=weighted: read as --selection aggregate=mean,"):
        moved = chosen("--search", "best-of-n", "--set", "n=3, aggregate=mean,choice=weighted")
    assert moved == chosen("--search", "best-of-n", "--set", "n=3", "--selection", "aggregate=mean,choice=weighted")
    own = chosen("--search", "beam", "--set", "aggregate=mean")  # a beam has an aggregate of its own
    assert own.search == Beam(aggregate="mean") and own.selection is None
    assert build_parser().parse_args(["run", "s", "--out", "o", "--patience", "7"]).heartbeat_timeout == 7
    assert build_parser().parse_args(["lab", "gates"]).run.__name__ == "run_router_parameters"


def test_engine_arguments_without_an_engine_are_refused(capsys):
    assert main(["solve", QUESTION, "--engine-args", "max_model_len=512"]) == 2
    assert "no role names one" in capsys.readouterr().err


def test_a_slow_command_says_what_it_does(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(status, "FIRST", 0.01)
    with status.Status(stream) as shown:
        logging.getLogger(status.LOADING).info("loading %s", "embedded:\x1bstudent")
        wait_for(lambda: stream.getvalue().count("\n") >= 1)
        shown.on_event(SolveEvent("step", None))
        shown.on_event(SolveEvent("request", None, "teacher", 2))
        wait_for(lambda: "solving" in stream.getvalue())
    assert "hintree: loading embedded:\\x1bstudent, 0 s\n" in stream.getvalue()
    assert "hintree: solving: 1 steps written, teacher at work, 0 s\n" in stream.getvalue()


def wait_for(happened):
    end = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_steps_come_one_by_one_on_standard_error(capsys):
    assert main(["solve", QUESTION, "--preset", "greedy", "--reasoner", "embedded:teacher", "-v", "--json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["answer"] == "7"
    assert "step 1 after 0: reasoner - (" in captured.err
