"""Every pattern of the package, and the two public readers, take linear time on texts that make patterns backtrack."""

import time
from collections import deque

import pytest

import hintree.grade
from hintree.grade import find_answer, group
from tests.support.patterns import of_modules
from tests.support.shapes import UNITS, shape

LENGTHS = [20_000, pytest.param(100_000, marks=pytest.mark.slow)]
SHAPES = {repr(unit): unit for unit in UNITS}
BOUND = 3.5e-6
"""CPU seconds a character for one pattern on one shape, 30 times what most take."""


ALL = {pattern: name for name, pattern in of_modules(hintree.grade)}


def seconds(call):
    start = time.process_time()
    call()
    return time.process_time() - start


def test_the_patterns_are_found():
    assert len(ALL) > 100 and len(SHAPES) >= 40


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("unit", UNITS, ids=SHAPES)
def test_every_pattern_is_linear(unit, length):
    text = shape(unit, length)
    slow = []
    for pattern, name in ALL.items():
        taken = seconds(lambda pattern=pattern: deque(pattern.finditer(text), maxlen=0))
        if taken > BOUND * length:
            slow.append((name, taken))
    assert slow == []


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("unit", UNITS, ids=SHAPES)
def test_reading_a_long_text_takes_a_bounded_time(unit, length):
    text = shape(unit, length)
    for whole in (text, text + "b", "The answer is " + text, text + "\nThe answer is 5.", "answer" + text + ":"):
        assert seconds(lambda whole=whole: find_answer(whole)) < 20e-6 * length
    assert seconds(lambda: group([text[:900], "5", text[:800]])) < 1


def test_the_answer_of_the_issue_that_took_20_seconds():
    assert seconds(lambda: find_answer("The answer is a" + " " * 1600 + "b")) < 0.1
