import argparse
import json

import pytest

from hintree.cli.grade import add_grade as add
from hintree.grade import GraderError
from hintree.grade.files import count, grade_rows, read_rows

ROWS = [
    {"answer": "5 + 13 = 18\n#### 18", "output": "The answer is: **18**."},
    {"answer": 18, "output": "The answer is 19."},
    {"answer": ["1/2"], "output": r"\boxed{0.5}"},
    {"answer": "C", "choices": ["1", "2", "3"], "output": "The answer is 3."},
    {"answer": "7", "output": "I do not know."},
    {"answer": "7", "output": "9^{9^{9^{9}}}", "note": "no form"},
    {"answer": "7", "output": r"\boxed{9^{9^{9^{9}}}}"},
]


def write(tmp_path, rows=ROWS, encoding="utf-8"):
    file = tmp_path / "outputs.jsonl"
    file.write_bytes("\n".join(map(json.dumps, rows)).encode(encoding))
    return file


def run(file, *options):
    parser = argparse.ArgumentParser()
    add(parser.add_subparsers())
    args = parser.parse_args(["grade", str(file), *options])
    args.run(args)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_rows_are_graded_and_counted(tmp_path, encoding):
    graded = list(grade_rows(read_rows(write(tmp_path, encoding=encoding))))
    assert [row.verdict.value for row in graded] == ["right", "wrong", "right", "right", "wrong", "wrong", "ungraded"]
    assert [row.found for row in graded][:4] == ["18", "19", "0.5", "C"]
    assert count(graded) == {"rows": 7, "right": 3, "wrong": 3, "ungraded": 1, "without answer": 2}


def test_the_command_prints_verdicts_and_counts(tmp_path, capsys):
    run(write(tmp_path))
    out = capsys.readouterr().out
    assert "line 2: wrong: '19' for '18'" in out and "line 5: wrong: no answer for '7'" in out
    assert out.endswith("3 of 7 right (42.9 %), 3 wrong, 1 ungraded, 2 without answer\n")
    run(write(tmp_path), "--json")
    printed = json.loads(capsys.readouterr().out)
    assert printed["counts"]["right"] == 3
    assert printed["rows"][1] == {"line": 2, "reference": "18", "found": "19", "verdict": "wrong"}


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (b"{", "outputs.jsonl:3: not valid JSON"),
        (b"[1]", "outputs.jsonl:3: a row is an object with answer and output, not a list"),
        (b'{"answer": "5"}', "outputs.jsonl:3: no column 'output'; the columns are answer"),
        (b'{"answer": "5", "output": 5}', "outputs.jsonl:3: output is not a text but a number"),
        (b'{"answer": {}, "output": ""}', "outputs.jsonl:3: answer is neither a text nor a number but an object"),
        (b'{"answer": "", "output": ""}', "outputs.jsonl:3: no final answer"),
        (b'{"answer": "5", "output": "", "choices": 3}', "outputs.jsonl:3: choices is neither"),
        (b"\xff\xfe", "outputs.jsonl:3: not valid UTF-8"),
        (b"[" * 100_000, "outputs.jsonl:3: not valid JSON"),
    ],
)
def test_a_bad_line_is_named_in_one_line(tmp_path, second, message):
    file = tmp_path / "outputs.jsonl"
    file.write_bytes(b'{"answer": "5", "output": ""}\n\n' + second)
    with pytest.raises(GraderError) as error:
        list(read_rows(file))
    assert message in str(error.value) and "\n" not in str(error.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(GraderError, match="No such file"):
        list(read_rows(tmp_path / "none.jsonl"))
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(GraderError, match="no rows"):
        list(read_rows(tmp_path / "empty.jsonl"))
