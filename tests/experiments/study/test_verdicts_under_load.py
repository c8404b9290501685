"""Verdicts are the same on a busy machine: limits count work, never seconds of the clock."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
BUSY_LOOPS, RUNS = 8, 3
GRADE = """
import json
from hintree.experiments.study.store import StoredCase
from hintree.experiments.study.verdicts import grade_answers
from tests.experiments.study.heavy_pairs import PAIRS
cases = [StoredCase(str(i), "q", reference, None, None) for i, (reference, _) in enumerate(PAIRS)]
pairs = zip(cases, PAIRS, strict=True)
print(json.dumps([grade_answers(case.id, case, [answer])[0].verdict.value for case, (_, answer) in pairs]))
"""


def verdicts():
    """The verdicts on all pairs, in a process of its own, whose caches are empty."""
    done = subprocess.run([sys.executable, "-c", GRADE], cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.slow
def test_verdicts_are_the_same_with_eight_busy_loops_beside():
    calm = verdicts()
    assert set(calm) == {"right", "wrong", "ungraded"}
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(BUSY_LOOPS)]
    try:
        assert [verdicts() for _ in range(RUNS)] == [calm] * RUNS
        assert [loop.poll() for loop in loops] == [None] * BUSY_LOOPS
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()
