import pytest

from hintree.scorers.symbolic import check, equations


@pytest.mark.parametrize(
    ("step", "score"),
    [
        ("(2) Ben gets 3 more. Ana has 4. 4 + 3 = 7. Ben has 7.", 1.0),
        ("4 + 3 = 8.", 0.0),
        ("2 * (3 + 4) = 14 and 14 / 4 = 3.5", 1.0),
        ("1/3 + 1/6 = 1/2", 1.0),
        (r"so $\frac{1}{2} \times 3 = 1.5$", 1.0),
        ("12 x", 0.5),
        ("2x + 3 = 7", 0.5),
        ("half of 20 = 10", 0.5),
        ("$1,200 + $300 = $1,500", 1.0),
        ("3 + 4 = 7 = 8 - 1", 1.0),
        ("3 + 4 = 7 = 8 - 2", 0.0),
        ("9**9**9**9 = 1", 0.5),
        ("__import__('os').system('x') = 1", 0.5),
        ("9^9^9^9^9 = 3", 0.5),
        ("", 0.5),
    ],
)
def test_the_symbolic_check_tests_equations_between_numbers(step, score):
    assert check(step) == score, list(equations(step))
