import argparse
import json

import pytest

from hintree.cli.options import add_problem_options
from hintree.data import Fields, ProblemSource, SkippedRowsWarning
from hintree.data.settings import override, parse_source, source_from_args, to_plain
from hintree.errors import UsageError

FULL = {
    "source": "my.csv",
    "question_field": "q",
    "answer_field": "a.b",
    "choices_field": "x+y",
    "skip_bad": True,
}
OPTIONS = ["--question-field", "q", "--answer-field", "a.b", "--choices-field", "x+y", "--skip-bad"]


def parsed(options):
    parser = argparse.ArgumentParser()
    add_problem_options(parser)
    return parser.parse_args(options)


def test_the_command_line_and_a_study_state_the_same_source():
    whole = ProblemSource("my.csv", Fields("q", "a.b", "x+y"), skip_bad=True)
    assert source_from_args("my.csv", parsed(OPTIONS)) == parse_source(FULL) == whole
    assert to_plain(whole) == FULL
    plain = ProblemSource("my.csv")
    assert (
        source_from_args("my.csv", parsed([])) == parse_source("my.csv") == parse_source({"source": "my.csv"}) == plain
    )
    assert to_plain(plain) == "my.csv"


def test_the_command_line_overrides_a_study():
    assert override("my.csv", parsed([])) == "my.csv"
    assert override("my.csv", parsed(["--skip-bad"])) == {"source": "my.csv", "skip_bad": True}
    assert override(FULL, parsed(["--answer-field", "z"])) == FULL | {"answer_field": "z"}


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (3, "a source, or a mapping"),
        (None, "a source, or a mapping"),
        ({}, "'source' is missing"),
        ({"source": None}, "problems.source"),
        ({"source": 5}, "problems.source: a text, not 5"),
        ({"source": "a", "answer": "b"}, "'answer' is none of source, question_field"),
        ({"source": "a", "skip_bad": "yes"}, "skip_bad: true or false"),
        ({"source": "a", "answer_field": ["b"]}, "answer_field: a text"),
    ],
)
def test_a_wrong_source_says_why(value, why):
    with pytest.raises(UsageError, match=why):
        parse_source(value)


STUDY = """problems:
  source: {source}
  question_field: text
  answer_field: key.value
arms: [greedy]
"""


def test_a_study_names_fields_and_its_command_line_skips_bad_rows(tmp_path):
    pytest.importorskip("pydantic", reason="studies need hintree[study]")
    from hintree.experiments.study.run import load

    rows = [{"text": "How many?", "key": {"value": 3}}, {"text": "No key."}]
    (tmp_path / "my.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    file = tmp_path / "study.yaml"
    file.write_text(STUDY.format(source=tmp_path / "my.jsonl"))
    with pytest.raises(UsageError, match=r"study.yaml, line 1: .*line 2: no field 'key.value'"):
        load(file, [])
    with pytest.warns(SkippedRowsWarning, match="1 of 2"):
        study = load(file, [], parsed(["--skip-bad"]))
    assert [(case.question, case.reference) for case in study.cases] == [("How many?", "3")]
    assert study.data["problems"] == str(tmp_path / "my.jsonl")
    assert study.data["problem_fields"]["skip_bad"] is True
    (tmp_path / "bad.yaml").write_text("problems: {source: a, colour: red}\narms: [greedy]\n")
    with pytest.raises(UsageError, match=r"bad.yaml, line 1: problems: 'colour' is none of"):
        load(tmp_path / "bad.yaml", [])


@pytest.mark.parametrize("command", [["run"], ["train", "prm"], ["train", "ppm"], ["train", "hinter"]])
def test_every_command_that_reads_problems_has_the_options(command, capsys):
    from hintree.cli import build_parser

    with pytest.raises(SystemExit):
        build_parser().parse_args([*command, "--help"])
    shown = capsys.readouterr().out
    missing = [option for option in [*OPTIONS[::2][:3], "--skip-bad"] if option not in shown]
    assert missing == []
