import json
import random
import tracemalloc
import warnings

import pytest

from hintree.data import Fields, LeftOutWarning, SkippedRowsWarning, read_cases
from hintree.data import encoding as encodings
from hintree.errors import UsageError

ROWS = [{"question": f"Café, „{i} x 2“?", "answer": str(2 * i)} for i in range(3)]
WANTED = [(row["question"], row["answer"]) for row in ROWS]


def pairs(cases):
    return [(case.problem.question, case.reference) for case in cases]


def as_text(ending, delimiter=","):
    if ending == "jsonl":
        return "".join(json.dumps(row, ensure_ascii=False) + "\r\n" for row in ROWS)
    if ending == "json":
        return json.dumps(ROWS, ensure_ascii=False, indent=1)
    quoted = [f'"{row["question"]}"{delimiter}{row["answer"]}' for row in ROWS]
    return "\r\n".join([f"question{delimiter}answer", *quoted]) + "\r\n"


@pytest.mark.parametrize("ending", ["jsonl", "json", "csv", "tsv"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_every_encoding_of_unicode_is_read(tmp_path, ending, encoding):
    path = tmp_path / f"my.{ending}"
    path.write_bytes(as_text(ending, "\t" if ending == "tsv" else ",").encode(encoding))
    assert pairs(read_cases(str(path))) == WANTED


@pytest.mark.parametrize("ending", ["jsonl", "json", "csv", "tsv"])
def test_windows_1252_is_read_with_a_warning(tmp_path, ending):
    path = tmp_path / f"my.{ending}"
    path.write_bytes(as_text(ending, "\t" if ending == "tsv" else ",").encode("cp1252"))
    with pytest.warns(LeftOutWarning, match="read as Windows-1252"):
        assert pairs(read_cases(str(path))) == WANTED


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_delimiter_is_found(tmp_path, delimiter):
    path = tmp_path / "my.csv"
    path.write_text(as_text("csv", delimiter), newline="")
    assert pairs(read_cases(str(path))) == WANTED
    (tmp_path / "my.tsv").write_text(as_text("csv", delimiter), newline="")
    assert pairs(read_cases(str(tmp_path / "my.tsv"))) == WANTED


def test_the_delimiter_may_be_told_as_for_excel(tmp_path):
    path = tmp_path / "my.csv"
    path.write_text("sep=;\nquestion;answer\nHow many, then?;3\n")
    assert pairs(read_cases(str(path))) == [("How many, then?", "3")]


def test_a_comma_in_a_name_does_not_hide_the_delimiter(tmp_path):
    path = tmp_path / "my.csv"
    path.write_text("question;answer;a note, a very, very long one\nHow many?;3;x\n")
    assert pairs(read_cases(str(path))) == [("How many?", "3")]


def test_tables_without_names(tmp_path):
    tabs = tmp_path / "mgsm_en.tsv"
    tabs.write_text('Mia said "two" and then three. How many?\t5\n"Oh", said Jon, how many are six and 4?\t1,000\n')
    assert pairs(read_cases(str(tabs))) == [
        ('Mia said "two" and then three. How many?', "5"),
        ('"Oh", said Jon, how many are six and 4?', "1,000"),
    ]
    mmlu = tmp_path / "mmlu.csv"
    mmlu.write_text('"Two and two, are",3,4,5,6,B\n"Two and three, are",3,4,5,6,C\n')
    found = read_cases(str(mmlu))
    assert [case.reference for case in found] == ["B", "C"]
    assert found[0].problem.question == "Two and two, are\n\n(A) 3\n(B) 4\n(C) 5\n(D) 6"


def test_options_in_a_table(tmp_path):
    path = tmp_path / "cmmlu.csv"
    path.write_text(",Question,A,B,C,D,Answer\n0,How many?,1,2,3,4,C\n")
    (case,) = read_cases(str(path))
    assert (case.reference, case.choices) == ("C", ("1", "2", "3", "4"))


@pytest.mark.parametrize(
    "content",
    [
        {"canary": "x", "examples": ROWS},
        {"name": "x", "keywords": ["a"], "metrics": [{"a": 1}], "examples": ROWS},
        {"features": [{"name": "question"}], "rows": [{"row_idx": i, "row": row} for i, row in enumerate(ROWS)]},
        {"question": [row["question"] for row in ROWS], "answer": [row["answer"] for row in ROWS]},
        {name: {str(i): row[name] for i, row in enumerate(ROWS)} for name in ROWS[0]},
        {f"key {i}": row for i, row in enumerate(ROWS)},
    ],
)
def test_json_in_every_usual_layout(tmp_path, content):
    path = tmp_path / "my.json"
    path.write_text(json.dumps(content))
    assert pairs(read_cases(str(path))) == WANTED


def test_one_chat_is_one_problem(tmp_path):
    path = tmp_path / "my.json"
    path.write_text(json.dumps({"messages": [{"role": "user", "content": "How many?"}], "answer": "3"}))
    assert pairs(read_cases(str(path))) == [("How many?", "3")]


HOSTILE = {
    "no JSON": b"{\n",
    "binary": bytes(range(256)) * 50,
    "NUL": b"\0" * 5000,
    "deep list": b"[" * 200_000 + b"\n",
    "deep object": b'{"question":' * 50_000 + b"\n",
    "deep value": b'{"question": "q", "answer": ' + b"[" * 900 + b"]" * 900 + b"}\n",
    "digits": b'{"question": "q", "answer": ' + b"9" * 100_000 + b"}\n",
    "infinite": b'{"question": "q", "answer": 1e999}\n',
    "surrogate": b'{"question": "\\ud800", "answer": "1"}\n',
    "types": b'{"question": {"stem": [1]}, "answer": {"value": {"value": {}}}, "choices": [[1], {}]}\n',
    "names": b'{"\\u0000\\n\\u001b[31m' + b"x" * 9000 + b'": 1}\n',
    "half UTF-16": "{}".encode("utf-16") + b"\x00\xd8",
    "long field": b'{"question": "' + b"q" * 3_000_000 + b'", "answer": ["' + b"a" * 3_000_000 + b'"]}\n',
}


@pytest.mark.parametrize("ending", ["jsonl", "json", "csv", "tsv"])
@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_files_get_one_short_line(tmp_path, ending, content):
    path = tmp_path / f"my.{ending}"
    path.write_bytes(content)
    with pytest.raises(UsageError) as error:
        read_cases(str(path), skip_bad=False)
    message = str(error.value)
    assert message.startswith(str(path)) and len(message) < 1500 and message.isprintable()


@pytest.mark.parametrize("seed", range(40))
def test_damaged_files_give_cases_or_one_line(tmp_path, seed):
    rng = random.Random(seed)
    ending = rng.choice(["jsonl", "json", "csv", "tsv"])
    content = bytearray(as_text(ending, "\t" if ending == "tsv" else ",").encode(rng.choice(["utf-8", "utf-16"])) * 3)
    for _ in range(rng.randint(1, 30)):
        content[rng.randrange(len(content))] = rng.randrange(256)
    path = tmp_path / f"my.{ending}"
    path.write_bytes(content)
    outcome = "cases"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            read_cases(str(path), skip_bad=True)
    except UsageError as error:
        outcome = str(error)
    assert outcome.removeprefix(str(path)).isprintable() and len(outcome) < 2000


def test_rows_go_on_after_a_bad_one(tmp_path):
    path = tmp_path / "my.csv"
    path.write_bytes(b'question,answer\n"a"b,1\nHow many?,3\n' + b"x" * 100 + b",\xff\xfe\nOr so?,4\n")
    with pytest.warns(SkippedRowsWarning, match="line 2: cannot be read.*line 4: a field is not text"):
        assert pairs(read_cases(str(path), skip_bad=True)) == [("How many?", "3"), ("Or so?", "4")]


def test_a_long_line_is_a_bad_row_and_is_not_held(tmp_path, monkeypatch):
    from hintree.data import json_files

    monkeypatch.setattr(encodings, "LONGEST_LINE", 100_000)
    monkeypatch.setattr(json_files, "LONGEST_LINE", 100_000)
    path = tmp_path / "my.jsonl"
    path.write_bytes(b'{"question": "' + b"q" * 20_000_000 + b'"}\n{"question": "How many?", "answer": 3}\n')
    tracemalloc.start()
    with pytest.warns(SkippedRowsWarning, match="line 1: longer than"):
        assert pairs(read_cases(str(path), skip_bad=True)) == [("How many?", "3")]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8_000_000


def test_rows_without_ids_that_repeat_a_question_can_be_skipped(tmp_path):
    path = tmp_path / "my.jsonl"
    path.write_text('{"question": "How many?", "answer": 3}\n' * 4)
    with pytest.raises(UsageError, match=r"3 of 4 rows are bad: line 2: repeats the question of line 1.*--skip-bad"):
        read_cases(str(path))
    with pytest.warns(SkippedRowsWarning, match="3 of 4"):
        assert len(read_cases(str(path), skip_bad=True)) == 1


@pytest.mark.parametrize("source", ["\0.jsonl", "x" * 5000, "a/" * 3000 + "b.jsonl", "lab:test?n=1\0"])
def test_strange_names_get_one_line(source):
    with pytest.raises(UsageError) as error:
        read_cases(source)
    assert "\n" not in str(error.value)


def test_fields_are_not_for_the_lab():
    with pytest.raises(UsageError, match="leave out --answer-field"):
        read_cases("lab:test?n=1", fields=Fields(answer="x"))
