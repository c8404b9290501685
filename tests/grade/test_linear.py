"""Every pattern of the package, and the two public readers, take linear time on texts that make patterns backtrack."""

from collections import deque

import pytest

import hintree.grade
from hintree.grade import find_answer, group
from tests.support.growth import is_linear
from tests.support.patterns import of_modules
from tests.support.shapes import UNITS, shape

LENGTHS = [6_000, pytest.param(100_000, marks=pytest.mark.slow)]
SHAPES = {repr(unit): unit for unit in UNITS}
BOUND = 3.5e-6
"""CPU seconds a character for one pattern on one shape, 30 times what most take."""


ALL = {pattern: name for name, pattern in of_modules(hintree.grade)}


def test_the_patterns_are_found():
    assert len(ALL) > 100 and len(SHAPES) >= 40


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("unit", UNITS, ids=SHAPES)
def test_every_pattern_is_linear(unit, length):
    def matches(pattern):
        return lambda text: deque(pattern.finditer(text), maxlen=0)

    def text(size):
        return shape(unit, size)

    assert [name for pattern, name in ALL.items() if not is_linear(matches(pattern), text, length, bound=BOUND)] == []


WHOLES = {
    "alone": "{}",
    "with an end": "{}b",
    "after an answer phrase": "The answer is {}",
    "before an answer": "{}\nThe answer is 5.",
    "before a colon": "answer{}:",
}


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("unit", UNITS, ids=SHAPES)
def test_reading_a_long_text_is_linear(unit, length):
    def place(whole):
        return lambda size: whole.replace("{}", shape(unit, size))

    slow = [name for name, whole in WHOLES.items() if not is_linear(find_answer, place(whole), length, bound=20e-6)]
    assert slow == []


@pytest.mark.parametrize("unit", UNITS, ids=SHAPES)
def test_grouping_long_answers_is_linear(unit):
    def grouped(text):
        return group([text, "5", text[:-100]])

    assert is_linear(grouped, lambda size: shape(unit, size), 900, bound=1e-3)


def test_the_answer_of_the_issue_that_took_20_seconds():
    assert is_linear(find_answer, lambda size: "The answer is a" + " " * size + "b", 1600, bound=60e-6)
