"""Every regular expression outside the grader takes linear time on texts that make patterns backtrack.

The grader's own are in tests/grade/test_linear.py, with the readers that use them.
"""

import re
import time
from pathlib import Path

import pytest

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


def seconds(pattern, text, *, anchored):
    start = time.process_time()
    if anchored:
        pattern.match(text), pattern.fullmatch(text)
    else:
        for _ in pattern.finditer(text):
            pass
    return time.process_time() - start


@pytest.mark.parametrize("unit", QUICK, ids=repr)
def test_every_pattern_is_linear(unit, patterns):
    assert slow_on(unit, 3000, patterns) == []


@pytest.mark.slow
@pytest.mark.parametrize("unit", UNITS, ids=repr)
def test_every_pattern_is_linear_on_long_texts(unit, patterns):
    assert slow_on(unit, 100_000, patterns) == []


def slow_on(unit, length, patterns):
    """Names and seconds of the patterns that take too long on one shape."""
    text, slow = shape(unit, length), []
    for pattern, name in patterns.items():
        anchored = name.rpartition(".")[0] in ANCHORED
        # the better of two: a busy machine doubles a short measurement, a slow pattern is slow twice
        if seconds(pattern, text, anchored=anchored) > SECONDS_PER_CHARACTER * length:
            taken = seconds(pattern, text, anchored=anchored)
            if taken > SECONDS_PER_CHARACTER * length:
                slow.append((name, taken))
    return slow


@pytest.mark.parametrize("name", ANCHORED)
def test_anchored_patterns_are_used_from_one_place_only(name):
    own, files = name.rpartition(".")[2], [file for file in FILES if file.name == ANCHORED[name]]
    uses = [use for file in files for use in re.findall(rf"\b{own}\.(\w+)\(", file.read_text())]
    assert uses and set(uses) <= {"match", "fullmatch"}
