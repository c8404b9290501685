# ruff: noqa: E501
"""Every pattern of the package, and the two public readers, take linear time on texts that make patterns backtrack."""

import importlib
import pkgutil
import re
import time
from collections import deque

import pytest

import hintree.grade
from hintree.grade import find_answer, group

LENGTHS = [20_000, pytest.param(100_000, marks=pytest.mark.slow)]
UNITS = (
    "a", " ", "\n", "1", "1,", "1.", "1 ", "1,111", "0.1", "(", ")", "{", "}", "[", "\\", "\\{", "\\frac{1}", "\\boxed{",
    "\\boxed", "\\text{a", "$", "$$", "**", "answer ", "answer is ", "answer is a ", "the answer to ", "answer: a\n", "#### a ",
    '"answer": ', '"answer": "a', "<think>", "</answer>", "A: ", "wait, ", "= ", "a = ", "答案", "الإجابة ", "x^", "1/", "5 m ", "...",
    "\\begin{matrix}", "a:", ". ", "1e", "_1", "|", "and ",
)  # fmt: skip
SHAPES = {repr(unit): unit for unit in UNITS}
BOUND = 3.5e-6
"""CPU seconds a character for one pattern on one shape, 30 times what most take."""


def shape(unit, length):
    return (unit * (length // len(unit) + 1))[:length]


def patterns():
    """Yield all compiled patterns of the package with their names, also those in tuples, dicts and forms."""
    for module in pkgutil.iter_modules(hintree.grade.__path__, "hintree.grade."):
        if module.name.endswith("symbolic"):
            continue  # only in workers
        loaded = importlib.import_module(module.name)
        for name, value in vars(loaded).items():
            for number, pattern in enumerate(inside(value)):
                yield f"{module.name}.{name}.{number}", pattern


def inside(value):
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from inside(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from inside(item)
    elif isinstance(value, hintree.grade.Form):
        yield from inside(value.pattern)


ALL = dict({pattern: name for name, pattern in patterns()})


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
