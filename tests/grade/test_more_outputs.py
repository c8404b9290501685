# ruff: noqa: E501  # tables of texts
"""Outputs in which a check, a mark, a tag, a unit or an equation stands beside the answer."""

import pytest

from hintree.grade import find_answer

STANDING = (
    "The answer is 12. Let's check: 3*4=12.|The answer is 12. Let's verify: 3*4 is 12.|The answer is 12. Let us check: 12/4=3.|"
    "The answer is 12. Let\u2019s double-check: 3*4=12.|Answer: 12\n\nLet's verify: 3*4=12|The answer is 12. Now we are done.|"
    "The answer is 12. Let's check.\n\n3*4=12. Correct.|**Answer: 12.** Let's break it down.|The answer is 12. Let me check: 3*4=12.|"
    "The answer is 12. To verify, divide by 3.|The answer is 12. Then we are finished.|The answer is 12.\n2. Next item|"
    "The answer is 12. Now let's see why."
).split("|")
GOING_ON = (
    "The answer is 12. Now we add 3.|The answer is 12. Let's find y.|The answer is 12. Let us now add 3.|The answer is 12. Let me check.|"
    "The answer is 12. Now we are done with part (a).|The answer is 12. Next, we add 3.|The answer is 12.\n2. Now we add 3."
).split("|")


@pytest.mark.parametrize("text", STANDING)
def test_a_check_or_a_closing_sentence_leaves_the_answer_standing(text):
    assert find_answer(text) == "12"


@pytest.mark.parametrize("text", GOING_ON)
def test_a_solution_that_goes_on_has_no_answer_yet(text):
    assert find_answer(text) is None


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Jibu ni dola 18.", "18"),
        ("Jibu ni vitabu 18.", "18"),
        ("Jibu ni maili 18.", "18"),
        ("Jibu ni saa 18.", "18"),
        ("Jibu ni Sh. 18.", "18"),
        ("Jibu ni dola za Marekani 18", "18"),
        ("Jibu ni 18.", "18"),
        ("Jibu ni milioni 2.", "2 milioni"),
        ("Jibu ni zaidi ya 5.", "zaidi ya 5"),
        ("Jibu ni asilimia 20.", "20%"),
        ("ตอบ 18 บาท", "18 บาท"),
        ("คำตอบคือ 18", "18"),
        ("所以答案是18美元。", "18美元"),
        ("答案是18欧元。", "18欧元"),
        ("答案是18元", "18元"),
        ("答案是18个。", "18个"),
        ("#### 18 + 2 = 20", "20"),
        (r"\boxed{5+7=12}", "12"),
        ("The answer is 5 + 7 = 12", "12"),
        ("<answer>5 + 7 = 12</answer>", "12"),
        ('{"answer": "5 + 7 = 12"}', "12"),
        (r"\boxed{x = 5}", "x = 5"),
        ("(Answer: 12)", "12"),
        ("[Answer: 12]", "12"),
        ("{answer: 12}", "12"),
        ("(Answer: [1, 2))", "[1, 2)"),
        (r"\boxed{]1, 2]}", "]1, 2]"),
        ("[ANSWER]31[/ANSWER]", "31"),
        ("Answer: 12 ###", "12"),
        ("The answer is C#.", "C#"),
        ('The answer to the problem "what is 3+4" is 7.', "7"),
        ("The answer to the problem \u201cwhat = 4\u201d is 7.", "7"),
        ("<answer>12", "12"),
        ("So it is\n<answer>Paris", "Paris"),
        ("Final answer: <answer>x+1", "x+1"),
        ("[Solution]\nAdd them up.", None),
        ("<answer>\nWe add them because", None),
        ("<answer>\n12 eggs\n", "12 eggs"),
        ("I put it in <answer> tags.", None),
        ("<answer>\nFirst, we add.\nThen", None),
        ("<b>Answer:</b> 12", "12"),
        ("<p><strong>The answer is</strong> 12</p>", "12"),
        ("ans=18", "18"),
        ("Ans = 18", "18"),
        ("A = 18", None),
    ],
)
def test_the_answer_without_what_stands_around_it(text, answer):
    assert find_answer(text) == answer
