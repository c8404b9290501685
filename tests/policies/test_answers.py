import pytest

from hintree.policies import canonical, find_answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("The answer is 5", "5"),
        ("The answer is 5.", "5"),
        ("The answer is 5\nGood bye", "5"),
        ("The answer is 5.\n\nGood bye", "5"),
        ("Answer: 7\nNo, the final answer is $1,250.0$.", "1250"),
        ("the answer is 3.5. That is all.", "7/2"),
        ("So it is\n#### 72\n", "72"),
        (r"The answer is 5, or \boxed{\frac{1}{2}}", r"\frac{1}{2}"),
        (r"so \boxed{\{1, 2\}}.", r"\{1, 2\}"),
        (r"so \boxed{7}, no: \boxed{3", None),
        ("Then 5 + 2 = 7.", None),
        ("", None),
    ],
)
def test_the_answer_that_a_text_states(text, answer):
    assert find_answer(text) == answer


@pytest.mark.parametrize("same", [("5", "5.0", "$5", " 5 "), ("1/2", "0.5", "2/4"), ("Blue Whale", "blue  whale.")])
def test_equal_answers_are_written_alike(same):
    assert len({canonical(answer) for answer in same}) == 1


@pytest.mark.parametrize("apart", [(r"\mathbb{R}", r"\mathbb{r}"), ("5", "6"), ("1/0", "1")])
def test_different_answers_stay_apart(apart):
    assert len({canonical(answer) for answer in apart}) == 2
