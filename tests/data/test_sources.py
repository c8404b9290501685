import csv
import json

import pytest

from hintree.data import Case, RowError, SkippedRowsWarning, read_cases, read_row
from hintree.data.files import file_rows
from hintree.errors import UsageError
from hintree.search import Problem

GSM8K = {
    "question": "Weng earns $12 an hour. For 50 minutes?",
    "answer": "12/60 = <<12/60=0.2>>0.2\nSo 10.\n#### 1,010",
}
MATH = {
    "problem": "Simplify $\\frac{2}{4}$.",
    "solution": "It is $\\boxed{1}$, no: $\\boxed{\\frac{1}{2}}$.",
    "subject": "Prealgebra",
    "level": 2,
    "unique_id": "test/prealgebra/1.json",
}
AIME = {"ID": "2024-I-1", "Problem": "Find $m+n$.", "Solution": "...", "Answer": 204}
LAB = {
    "id": "lab-1",
    "question": "How many?",
    "answer": "7",
    "steps": ["4 + 3 = 7", "The answer is 7."],
    "family": "ages",
}


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


@pytest.mark.parametrize(
    ("row", "case"),
    [
        (GSM8K | {"id": 3}, Case(Problem(GSM8K["question"], "3"), "1,010")),
        (MATH, Case(Problem(MATH["problem"], MATH["unique_id"]), r"\frac{1}{2}", "Prealgebra")),
        (MATH | {"answer": "1/2"}, Case(Problem(MATH["problem"], MATH["unique_id"]), "1/2", "Prealgebra")),
        (AIME, Case(Problem("Find $m+n$.", "2024-I-1"), "204")),
        (LAB, Case(Problem("How many?", "lab-1"), "7", "ages", 1)),
        ({"question": "q", "answer": 72.0, "id": "a"}, Case(Problem("q", "a"), "72")),
        ({"question": "q", "answer": 0.5, "id": " \0/../x"}, Case(Problem("q", " \0/../x"), "0.5")),
    ],
)
def test_fields_of_the_usual_data_sets_are_found(row, case):
    assert read_row(row) == case


def test_what_a_solver_gets_has_no_answer_by_type():
    problem = read_row(GSM8K).problem
    assert type(problem) is Problem and set(Problem.__slots__) == {"question", "id", "choices", "system", "turns"}


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ([1], "not a list"),
        ({"text": "q", "answer": "1"}, "no question.*found: text, answer"),
        ({"question": "  ", "answer": "1"}, "question is not a text"),
        ({"question": ["q"], "answer": "1"}, "question is not a text"),
        ({"question": "q"}, "no answer"),
        ({"question": "q", "answer": ""}, "no answer"),
        ({"question": "q", "answer": None}, "no answer"),
        ({"question": "q", "answer": [[1, 2], [3]]}, "neither a text nor a number"),
        ({"question": "q", "answer": {"a": True}}, "neither a text nor a number"),
        ({"question": "q", "answer": float("nan")}, "answer is empty"),
        ({"question": "q", "answer": "so it is\n####  "}, "answer is empty"),
        ({"question": "q", "solution": "I do not know."}, "no final answer"),
        ({"question": "q", "answer": "1", "id": 1.5}, "id is neither"),
        ({"question": "q\ud800", "answer": "1"}, "surrogate"),
    ],
)
def test_a_bad_row_says_why(row, why):
    with pytest.raises(RowError, match=why):
        read_row(row)


@pytest.mark.parametrize("ending", ["jsonl", "json", "csv", "tsv", "parquet"])
def test_every_format_gives_the_same_cases(tmp_path, ending):
    rows = [{"id": f"p{i}", "question": f'What is {i} + 1,\n"in words"?', "answer": str(i + 1)} for i in range(5)]
    path = tmp_path / f"my.{ending}"
    if ending == "jsonl":
        write(path, rows)
    elif ending == "json":
        path.write_text(json.dumps({"version": 1, "data": rows}, indent=1))
    elif ending == "parquet":
        pyarrow = pytest.importorskip("pyarrow", reason="Parquet needs hintree[data]")
        pytest.importorskip("pyarrow.parquet").write_table(pyarrow.Table.from_pylist(rows), path)
    else:
        with path.open("w", newline="") as file:
            table = csv.DictWriter(file, list(rows[0]), delimiter="," if ending == "csv" else "\t")
            table.writeheader()
            table.writerows(rows)
    cases = read_cases(str(path))
    assert cases == [Case(Problem(row["question"], row["id"]), row["answer"]) for row in rows]
    assert read_cases(str(path), limit=2) == cases[:2]


def test_json_may_be_a_list_or_lines_and_have_a_byte_order_mark(tmp_path):
    path = tmp_path / "my.json"
    path.write_text(json.dumps([LAB]), encoding="utf-8-sig")
    found = read_cases(str(path))
    path.write_text(json.dumps(LAB) + "\n\n" + json.dumps(LAB | {"id": "2"}), encoding="utf-8-sig")
    assert read_cases(str(path))[0] == found[0] and len(read_cases(str(path))) == 2


BAD_LINES = '{"question": "a", "answer": "1"}\n\n{"question": "b"}\nnot json\n' + "[" * 100_000 + '\n{"question": "c", '
BAD_LINES += (
    '"answer": "3", "id": "x"}\n{"question": "d", "answer": "4", "id": "x"}\n{"question": "a", "answer": "1"}\n'
)


def test_bad_rows_are_reported_with_their_lines_and_left_out_on_request(tmp_path):
    path = tmp_path / "my.jsonl"
    path.write_bytes(BAD_LINES.encode() + b'{"question": "\xff", "answer": "1"}\n')
    with pytest.raises(UsageError) as error:
        read_cases(str(path))
    text = str(error.value)
    assert "6 of 8 rows are bad" in text and "skip_bad" in text and "and 1 more" in text
    for part in ("line 3: no answer", "line 4: not JSON", "line 5: not JSON", "line 7: repeats the id 'x' of line 6"):
        assert part in text
    with pytest.warns(SkippedRowsWarning, match="line 3"):
        cases = read_cases(str(path), skip_bad=True)
    assert [case.reference for case in cases] == ["1", "3"]
    assert cases[0].problem.id.startswith("q-") and cases[1].problem.id == "x"


def test_bad_lines_of_a_table_have_the_line_where_they_start(tmp_path):
    path = tmp_path / "my.csv"
    path.write_text('question,answer\n"a\nb",1\nc\nd,2\n')
    with pytest.raises(UsageError, match="line 4: 1 fields, but the first line names 2"):
        read_cases(str(path))
    path.write_text('question,answer\n"a,1\n')
    with pytest.raises(UsageError, match="cannot be read"):
        read_cases(str(path))


def test_lab_problems_are_those_of_the_lab():
    cases = read_cases("lab:test?steps=6&n=20&seed=1")
    assert len(cases) == len({case.problem.id for case in cases}) == 20
    assert {case.steps for case in cases} == {6} and all(case.reference.isdigit() and case.family for case in cases)
    from hintree.lab.generate import problems

    (first,) = problems("test", [6], n=1, seed=1)
    assert (first.question, str(first.answer)) == (cases[0].problem.question, cases[0].reference)
    assert read_cases("lab:test?steps=6&n=20&seed=1", limit=3) == cases[:3]
    assert read_cases("lab:validation?family=ages&n=1")[0].family == "ages"


WRONG = {
    "no file": "nosuch.jsonl",
    "no file in a folder": "data/nosuch.jsonl",
    "neither": "what is this",
    "empty": "",
    "split": "lab:exam",
    "knob": "lab:test?colour=red",
    "number": "lab:test?n=many",
    "none": "lab:test?n=0",
    "steps": "lab:test?steps=99",
    "query": "lab:test?n",
}


@pytest.mark.parametrize("source", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_source_gets_one_clear_sentence(source):
    with pytest.raises(UsageError) as error:
        read_cases(source)
    assert 30 < len(str(error.value)) < 300 and "\n" not in str(error.value)


def test_wrong_files_and_limits_get_one_clear_sentence(tmp_path):
    for name, content, why in (
        ("my.txt", "x", "files that end in"),
        ("my.jsonl", "", "holds no problem"),
        ("my.csv", "", "holds no problem"),
        ("my.json", "{", "not JSON"),
        ("my.json", "5", "an object with fields, not a number"),
    ):
        (tmp_path / name).write_text(content)
        with pytest.raises(UsageError, match=why):
            read_cases(str(tmp_path / name))
    with pytest.raises(UsageError, match="limit"):
        read_cases("lab:test", limit=0)
    pytest.importorskip("pyarrow", reason="Parquet needs hintree[data]")
    (tmp_path / "my.parquet").write_text("x")
    with pytest.raises(UsageError, match="Parquet"):
        read_cases(str(tmp_path / "my.parquet"))


@pytest.mark.parametrize(
    ("limit", "most", "why"),
    [
        ("MOST_COLUMNS", 2, "3 columns, and at most 2"),
        ("MOST_GROUPS", 1, "2 row groups, and at most 1"),
        ("MOST_DEPTH", 2, r"\d levels inside one another, and at most 2"),
        ("LARGEST_GROUP", 500, "bytes in a row group, and at most 500"),
        ("LARGEST_BATCH", 1 << 20, "100 rows of it take 5,.* bytes, more than 1,048,576"),
        ("LONGEST_TEXT", 4, "cannot be read as Parquet"),
    ],
)
def test_parquet_beyond_a_limit_is_refused_before_its_rows_are_made(limit, most, why, tmp_path, monkeypatch):
    pyarrow = pytest.importorskip("pyarrow", reason="Parquet needs hintree[data]")
    from pyarrow.parquet import write_table

    from hintree.data import parquet

    path = tmp_path / "my.parquet"
    row = {"question": "long? " * 9_000, "answer": "7", "tags": [["a"]]}
    write_table(pyarrow.Table.from_pylist([row] * 200), path, row_group_size=100)
    assert path.stat().st_size < 60_000, "one text is stored once for all rows"
    assert len(list(file_rows(path))) == 200
    monkeypatch.setattr(parquet, limit, most)
    with pytest.raises(UsageError, match=why):
        list(file_rows(path))


@pytest.fixture
def datasets(monkeypatch, tmp_path):
    module = pytest.importorskip("datasets", reason="needs hintree[data]")
    module.disable_progress_bars()
    monkeypatch.setattr(module.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    return module


def test_folders_are_loaded_by_datasets(tmp_path, datasets):
    folder = tmp_path / "gsm8k"
    folder.mkdir()
    write(folder / "train.jsonl", [{"question": "t", "answer": "#### 1"}])
    write(folder / "test.jsonl", [GSM8K])
    assert [case.reference for case in read_cases(str(folder))] == ["1,010"]
    assert [case.reference for case in read_cases(f"{folder}?split=train")] == ["1"]
    with pytest.raises(UsageError, match="train, test"):
        read_cases(f"{folder}?split=exam")
    with pytest.raises(UsageError, match="config or split"):
        read_cases(f"{folder}?colour=red")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="cannot be loaded"):
        read_cases(str(tmp_path / "empty"))


def test_saved_data_sets_are_loaded(tmp_path, datasets):
    saved = datasets.Dataset.from_list([MATH])
    saved.save_to_disk(tmp_path / "one")
    datasets.DatasetDict({"test": saved}).save_to_disk(tmp_path / "several")
    for name in ("one", "several"):
        (case,) = read_cases(str(tmp_path / name))
        assert (case.reference, case.family) == (r"\frac{1}{2}", "Prealgebra")


def test_hub_names_ask_for_the_right_part(monkeypatch, datasets):
    loaded = []

    def load(name, config=None):  # the hub cannot be reached from the tests
        loaded.append((name, config))
        return datasets.DatasetDict({part: datasets.Dataset.from_list([GSM8K]) for part in ("train", "test")})

    monkeypatch.setattr(datasets, "load_dataset", load)
    for name in ("openai/gsm8k", "HuggingFaceH4/MATH-500", "HuggingFaceH4/aime_2024?config=a&split=train"):
        assert len(read_cases(name)) == 1
    assert loaded == [("openai/gsm8k", "main"), ("HuggingFaceH4/MATH-500", None), ("HuggingFaceH4/aime_2024", "a")]
