"""Questions become problems; the options that a question lists are the problem's choices."""

import pytest

from hintree.errors import UsageError
from hintree.search import Problem
from hintree.solver import problem_of
from hintree.solver.questions import checked_problem

LISTED = "Which of these is prime?\n\n(A) 4\n(B) 5\n(C) 6"


@pytest.mark.parametrize("mark", ["({}) ", "{}) ", "{}. ", "{}: "])
def test_options_at_the_end_of_a_question_are_its_choices(mark):
    lines = [mark.format(letter) + text for letter, text in zip("ABC", ("4", "5", "6"), strict=True)]
    question = "Which of these is prime?\n" + "\n".join(lines)
    assert problem_of(question) == Problem(question, choices=("4", "5", "6"))


@pytest.mark.parametrize(
    "question",
    [
        "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?",
        "A. is a letter",
        "A) one\nC) three",
        "Which is prime, (A) 4 or (B) 5?",
        "How many?",
    ],
)
def test_any_other_question_is_open(question):
    assert problem_of(question).choices == ()


def test_a_problem_keeps_its_own_choices():
    assert checked_problem(LISTED).choices == ("4", "5", "6")
    assert checked_problem(Problem("Which?", "id", ("a", "b"))) == Problem("Which?", "id", ("a", "b"))


def test_more_options_than_letters_are_refused():
    with pytest.raises(UsageError, match="27 options: there are letters for 26"):
        checked_problem(Problem("Which?", choices=tuple(map(str, range(27)))))
