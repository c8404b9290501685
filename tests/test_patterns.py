"""Every regular expression outside the grader takes linear time on texts that make patterns backtrack.

The grader's own are in tests/grade/test_linear.py, with the readers that use them.
"""

import re
from collections import deque
from pathlib import Path

import pytest

from tests.support.growth import is_linear
from tests.support.patterns import in_calls, of_modules
from tests.support.shapes import UNITS, shape

ROOT = Path(__file__).parents[1]
FOLDERS = ("hintree", "search", "scorers", "policies", "experiments")
FILES = [
    file
    for folder in FOLDERS
    for file in sorted((ROOT / folder).rglob("*.py"))
    if not any(parent.is_symlink() for parent in file.parents)
]
ANCHORED = {
    "hintree.data.left_out.MEDIA": "left_out.py",
    "hintree.data.sources.HUB_NAME": "sources.py",
    "hintree.policies.strategies.LETTERS": "strategies.py",
}
"""Patterns that are linear from one place, and the file that uses them with ``match`` or ``fullmatch`` only."""
QUICK = (" ", "\n", "a", "1", "1,", "(", "\\", "{", "a = ", "**", "_1", "...")
"""Shapes of the quick test; they have found every slow pattern so far."""
SECONDS_PER_CHARACTER = 8e-6
"""CPU seconds for one pattern on one shape; most take a hundredth."""


@pytest.fixture(scope="module")
def patterns():
    named = {pattern: name for name, pattern in in_calls(FILES)}
    named |= {pattern: name for name, pattern in of_modules() if not name.startswith("hintree.grade.")}
    return {pattern: name for pattern, name in named.items() if isinstance(pattern.pattern, str)}


def test_the_patterns_are_found(patterns):
    assert len(patterns) > 150 and set(ANCHORED) <= {name.rpartition(".")[0] for name in patterns.values()}


@pytest.mark.parametrize("unit", QUICK, ids=repr)
def test_every_pattern_is_linear(unit, patterns):
    assert slow_on(unit, 3000, patterns) == []


@pytest.mark.slow
@pytest.mark.parametrize("unit", UNITS, ids=repr)
def test_every_pattern_is_linear_on_long_texts(unit, patterns):
    assert slow_on(unit, 100_000, patterns) == []


def slow_on(unit, length, patterns):
    """Names of the patterns that take too long on one shape."""

    def matches(pattern, name):
        if name.rpartition(".")[0] in ANCHORED:
            return lambda text: (pattern.match(text), pattern.fullmatch(text))
        return lambda text: deque(pattern.finditer(text), maxlen=0)

    def text(size):
        return shape(unit, size)

    return [
        name
        for pattern, name in patterns.items()
        if not is_linear(matches(pattern, name), text, length, bound=SECONDS_PER_CHARACTER)
    ]


@pytest.mark.parametrize("name", ANCHORED)
def test_anchored_patterns_are_used_from_one_place_only(name):
    own, files = name.rpartition(".")[2], [file for file in FILES if file.name == ANCHORED[name]]
    uses = [use for file in files for use in re.findall(rf"\b{own}\.(\w+)\(", file.read_text())]
    assert uses and set(uses) <= {"match", "fullmatch"}
