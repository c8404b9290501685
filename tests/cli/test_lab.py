import io
import json

import pytest

from hintree.cli import main
from hintree.lab import problems
from hintree.lab.parse import parse_problem
from hintree.lab.problem import gold


def printed(capsys, *args):
    assert main(["lab", *args]) == 0
    return capsys.readouterr().out


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def stdin(monkeypatch):
    return lambda text: monkeypatch.setattr("sys.stdin", io.StringIO(text))


def test_difficulty_options_reach_the_problems(capsys):
    easy = lines(printed(capsys, "problems", "--easy", "--n", "30"))
    assert len(easy) == 30 and max(len(row["steps"]) for row in easy) <= 4
    hard = lines(
        printed(capsys, "problems", "--distractors", "2", "--dead-ends", "1", "--n", "5", "--family", "rates", "--wide")
    )
    assert len(hard) == 5
    for problem in (parse_problem(row["question"]) for row in hard):
        assert len(problem.facts) - len(problem.needed()) == 2


def test_the_solution_of_a_question_is_exact(capsys):
    problem = next(problems("test", (5,), n=1, seed=3))
    output = printed(capsys, "solve", problem.question, "--hints", "--plan").splitlines()
    assert output[0].startswith("Plan: ")
    assert output[1:] == [line for hint, step in gold(problem) for line in (f"Hint: {hint}", step)]


def test_problems_can_be_piped_into_check_and_perturb(capsys, stdin):
    rows = printed(capsys, "problems", "--n", "6", "--seed", "1")
    stdin(rows)
    verdicts = lines(printed(capsys, "check", "-", "--json"))
    assert [row["first_error"] for row in verdicts] == [-1] * 6
    alone = "(1) Finn is 24 years old. (2) Hugo has a third the age of Finn. How old is Hugo?"
    stdin(f"{json.dumps({'question': alone})}\n{rows}")
    assert main(["lab", "perturb", "-"]) == 0
    output = capsys.readouterr()
    twins = lines(output.out)
    assert [t["twin_of"] for t in twins] == [r["id"] for r in lines(rows)]
    assert all(t["answer"] != r["answer"] for t, r in zip(twins, lines(rows), strict=True))
    left_out, count = output.err.splitlines()
    assert left_out.startswith("line 1 is left out: ") and count == "1 of 7 problems have no counterfactual"


def test_questions_about_the_book_name_the_passages_that_they_need(capsys, stdin, tmp_path):
    assert "5000 passages" in printed(capsys, "book", "--out", str(tmp_path / "book.jsonl"))
    passages = {row["id"]: row["text"] for row in lines((tmp_path / "book.jsonl").read_text())}
    rows = printed(capsys, "problems", "--hops", "2-3", "--steps", "0-2", "--n", "8")
    for row in lines(rows):
        assert len(row["entries"]) >= 2
        assert {f"“{passages[id]}” [{id}]" for id in row["entries"]} <= set(row["steps"])
    stdin(rows)
    assert [row["first_error"] for row in lines(printed(capsys, "check", "-", "--json"))] == [-1] * 8


def test_a_wrong_step_is_named_with_its_kind(capsys, stdin):
    question = "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"
    steps = ["(2) Ben gets 3 more pens than Ana. Ana has 4. 4 + 3 = 8. Ben has 8.", "\x1b[31mThe answer is 8."]
    stdin(json.dumps({"question": question, "steps": steps}) + "\n")
    output = printed(capsys, "check", "-")
    assert "first error in step 1" in output and "arithmetic" in output and "\x1b" not in output


def test_the_card_counts_the_problems(capsys):
    card = json.loads(printed(capsys, "card", "--n", "60", "--json"))
    assert sum(card["families"].values()) == sum(card["steps"].values()) == 60
    assert "families" in printed(capsys, "card", "--n", "20")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["solve", "What is love?"], "labelled"),
        (["check", "/nonexistent"], "cannot be read"),
        (["problems", "--largest", "1000"], "60 to 199"),
        (["problems", "--distractors", "x"], "distractors 'x'"),
        (["card", "--wordings", "9"], "1 to 3"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(capsys, args, message):
    assert main(["lab", *args]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


@pytest.mark.parametrize("line", ["{", "[1]", '{"question": 3}', '{"steps": []}'])
def test_a_bad_line_is_named_by_its_number(capsys, stdin, line):
    stdin(line + "\n")
    assert main(["lab", "check", "-"]) == 2
    assert "line 1 " in capsys.readouterr().err


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
