import timeit

import pytest

from hintree.grade import FORMS, Form, GraderError, find_answer
from tests.grade.bank_outputs import BANK, ENGLISH, LANGUAGES, NONE


def test_97_percent_of_the_bank_are_read_right_and_no_text_without_an_answer_has_one():
    wrong = [(text, want, found) for text, want in BANK if (found := find_answer(text)) != want]
    assert len(BANK) >= 300 and len(ENGLISH) >= 50 and len(LANGUAGES) >= 12 and len(NONE) >= 50
    assert [item for item in wrong if item[1] is None] == []
    assert len(wrong) <= 0.03 * len(BANK), wrong


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("The answer is 5", "5"),
        ("The answer is 5.", "5"),
        ("The answer is 5\nGood bye", "5"),
        ("The answer is 5.\n\nGood bye", "5"),
        ("Answer: 7\nNo, the final answer is $1,250.0$.", "1,250.0"),
        ("the answer is 3.5. That is all.", "3.5"),
        ("So it is\n#### 72\n", "72"),
        (r"The answer is 5, or \boxed{\frac{1}{2}}", r"\frac{1}{2}"),
        (r"so \boxed{\{1, 2\}}.", r"\{1, 2\}"),
        (r"so \boxed{7}, no: \boxed{3", None),
        ("Then 5 + 2 = 7.", None),
        ("", None),
        (r"so \boxed{7}, no: \boxed{\frac{1}{\sqrt{2}}}.", r"\frac{1}{\sqrt{2}}"),
        ("48/2 = <<48/2=24>>24\n#### 72", "72"),
        ("#### 1\n#### 1,234\n", "1,234"),
        ("The answer is 3.5.", "3.5"),
        ("The answer is: $5$. Done.", "5"),
        ("**Answer:** 5", "5"),
        ("Answer: (C)", "(C)"),
        ("The answer is 5\nGoodbye", "5"),
        ("Final Answer: The final answer is $3$. I hope it is correct.", "3"),
        ("The answer is $5, not $6.", "$5, not $6"),
        (r"\boxed{1", None),
        (r"so \boxed{\{1, 2\}}, or \boxed{3", None),
        (r"\boxed{\boxed{5}}", "5"),
        ("The answer is", None),
        ("I do not know.", None),
        (r"\boxed{}", None),
        ("#### Luis", "Luis"),
        ("#### yes.", "yes"),
        ("#### Area", None),
        ("#### Introduction", None),
        ("#### Costs of Luis", None),
        ("**Final Answer**\n\n31 eggs", "31 eggs"),
        ("Your answer: 18", "18"),
        ("So we get 18 as the answer.", "18"),
    ],
)
def test_the_answer_that_a_text_states(text, answer):
    assert find_answer(text) == answer


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("C", "C"),
        ("(C)", "C"),
        ("C. 12", "C"),
        ("Answer: C) 12", "C"),
        ("The answer is 12.", "C"),
        ("The answer is (c).", "C"),
        ("12", "C"),
        ("The correct answer is option C.", "C"),
        (r"\boxed{\text{C}}", "C"),
        ("Vitamin C is good for you.", None),
        ("C is what we are looking for", None),
        ("The answer is 13.", "13"),
    ],
)
def test_an_answer_among_choices_is_its_letter(text, letter):
    assert find_answer(text, ["10", "11", "12", "14"]) == letter
    assert find_answer(text, {"A": "10", "B": "11", "C": "12", "D": "14"}) == letter


def test_a_protocol_selects_forms_and_adds_its_own():
    mine = Form.phrase("mine", "we conclude that x equals")
    assert find_answer("We conclude that x equals 5.") is None
    assert find_answer("We conclude that x equals 5.", forms=[mine]) == "5"
    assert find_answer("The answer is 5.", forms=["boxed"]) is None
    assert find_answer(r"\boxed{5}", forms=["boxed", mine]) == "5"
    with pytest.raises(GraderError, match="no form is named 'box'; the forms are boxed"):
        find_answer("5", forms=["box"])
    with pytest.raises(GraderError, match="at least one phrase"):
        Form.phrase("mine", " ")
    assert len(FORMS) >= 17


def test_the_whole_text_is_searched():
    assert find_answer(r"\boxed{5} " + "and so on " * 10_000) == "5"
    assert find_answer("The answer is 5.\n" + "It is clear that this holds.\n" * 2_000) == "5"


def test_a_step_without_an_answer_takes_microseconds():
    step = "Then Ben has 5 + 2 = 7 apples, and Ana gives him 3 more, so that he has 10 apples at the end of the day."
    assert min(timeit.repeat(lambda: find_answer(step), number=200, repeat=5)) / 200 < 100e-6


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("**Final Answer**\n\n---\n\n31", "31"),
        ("**Respuesta final**\n\n18", "18"),
        ("## Réponse finale\n18", "18"),
        ("**Antwort**\n\n18", "18"),
        ("**अंतिम उत्तर**\n\n18", "18"),
        ("**最终答案**\n\n18", "18"),
        ("**Meine falsche Antwort**\n\n18", None),
        ("**Final Answer**\n\n| a | b |\n|---|---|\n| 1 | 2 |", None),
        ("**Final Answer**\n\nStep 1: 12 + 19 = 31", None),
        ("The answer is 12 (no, 18).", None),
        ("The answer is 12 (a dozen).", "12 (a dozen)"),
        ("**Final Answer**\n\n1. Ana has 12 apples.\n2. Ben has 19.", None),
    ],
)
def test_headings_of_all_languages_and_what_stands_below_them(text, answer):
    assert find_answer(text) == answer
