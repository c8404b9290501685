import io
import json

import pytest

from hintree.cli import main
from hintree.lab import problems
from hintree.lab.parse import parse_problem
from hintree.lab.problem import gold


def printed(capsys, *words):
    assert main(["lab", *words]) == 0
    return capsys.readouterr().out


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def typed(monkeypatch):
    return lambda text: monkeypatch.setattr("sys.stdin", io.StringIO(text))


def test_knobs_of_the_command_line_reach_the_problems(capsys):
    easy = lines(printed(capsys, "problems", "--easy", "--n", "30"))
    assert max(len(row["steps"]) for row in easy) <= 4
    hard = lines(
        printed(capsys, "problems", "--distractors", "2", "--dead-ends", "1", "--n", "5", "--family", "rates", "--wide")
    )
    for problem in (parse_problem(row["question"]) for row in hard):
        assert len(problem.facts) - len(problem.needed()) == 2


def test_the_solution_of_a_question_is_exact(capsys):
    problem = next(problems("test", (5,), n=1, seed=3))
    told = printed(capsys, "solve", problem.question, "--hints", "--plan").splitlines()
    assert told[0].startswith("Plan: ")
    assert told[1:] == [line for hint, step in gold(problem) for line in (f"Hint: {hint}", step)]


def test_problems_can_be_piped_into_check_and_perturb(capsys, typed):
    rows = printed(capsys, "problems", "--n", "6")
    typed(rows)
    assert all(row["first_error"] == -1 for row in lines(printed(capsys, "check", "-", "--json")))
    typed(rows)
    twins = lines(printed(capsys, "perturb", "-"))
    assert [t["twin_of"] for t in twins] == [r["id"] for r in lines(rows)]
    assert all(t["answer"] != r["answer"] for t, r in zip(twins, lines(rows), strict=True))


def test_a_wrong_step_is_named_with_its_kind(capsys, typed):
    question = "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"
    steps = ["(2) Ben gets 3 more pens than Ana. Ana has 4. 4 + 3 = 8. Ben has 8.", "\x1b[31mThe answer is 8."]
    typed(json.dumps({"question": question, "steps": steps}) + "\n")
    told = printed(capsys, "check", "-")
    assert "first error in step 1" in told and "arithmetic" in told and "\x1b" not in told


def test_the_card_counts_the_problems(capsys):
    card = json.loads(printed(capsys, "card", "--n", "60", "--json"))
    assert sum(card["families"].values()) == sum(card["steps"].values()) == 60
    assert "families" in printed(capsys, "card", "--n", "20")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["solve", "What is love?"], "labelled"),
        (["check", "/nonexistent"], "cannot be read"),
        (["problems", "--largest", "1000"], "60 to 199"),
        (["problems", "--distractors", "x"], "distractors 'x'"),
        (["card", "--wordings", "9"], "1 to 3"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(capsys, words, message):
    assert main(["lab", *words]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


@pytest.mark.parametrize("line", ["{", "[1]", '{"question": 3}', '{"steps": []}'])
def test_a_bad_line_is_named_by_its_number(capsys, typed, line):
    typed(line + "\n")
    assert main(["lab", "check", "-"]) == 2
    assert "line 1 " in capsys.readouterr().err
