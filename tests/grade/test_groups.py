import pytest

from hintree.grade import Verdict, equal, grade, group
from hintree.grade.grading import CACHE
from hintree.grade.workers import WORKERS

pytest.importorskip("math_verify", reason="comparing expressions needs hintree[study]")


def test_group_gives_each_answer_its_first_equal():
    assert group([]) == []
    assert group(["1/2", "3", r"\frac{1}{2}", "0.5", "Blue", "blue", "3.0", "x+1", "1+x"]) == [
        0,
        1,
        0,
        0,
        2,
        2,
        1,
        3,
        3,
    ]
    assert group(["1/3", "0.3333333", "0.33333334"]) == [0, 0, 0] and group(["0.3333333", "0.33333334"]) == [0, 1]


def test_a_number_and_its_percentage_are_one_answer_of_a_vote_but_no_percentage_answers_for_a_number():
    assert group(["75", "75%", "0.75"]) == [0, 0, 1] and group(["75%", "75", "0.75"]) == [0, 0, 0]
    assert equal("75%", "75") and equal("75%", "0.75") and not equal("75", "75%") and not equal("3", "3 percent")


def test_group_of_plain_numbers_and_words_starts_no_worker(monkeypatch):
    monkeypatch.setattr(WORKERS, "ask", None)
    CACHE.clear()
    assert group(["18", "18.0", "19", "eighteen", "Paris", "paris", "$18", "1,8"]) == [0, 0, 1, 0, 2, 2, 0, 3]


def test_group_without_math_verify_takes_formulas_for_different(monkeypatch):
    monkeypatch.setattr("hintree.grade.grouping.find_spec", lambda name: None)
    CACHE.clear()
    assert group(["x+1", "1+x", "1/2", "0.5"]) == [0, 1, 2, 2]


def test_the_cache_is_bounded_in_bytes():
    cache = type(CACHE)(10_000)
    for i in range(1000):
        cache.put((str(i), "x" * 50), Verdict.RIGHT)
    assert (
        cache.bytes <= 10_000 and cache.get(("999", "x" * 50)) is Verdict.RIGHT and cache.get(("0", "x" * 50)) is None
    )


def test_options_are_letters():
    options = ["10", "11", "12", "14"]
    for given in ("C", "(C)", "C. 12", "C) 12", "12", "12.0", "option C"):
        assert equal("C", given, options) and equal("12", given, options) and not equal("D", given, options)
    assert grade("C", None, options) is Verdict.WRONG
