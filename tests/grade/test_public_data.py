"""Agreement with the flags of public sample solutions; the data is no part of this repository."""

import json
import os
from pathlib import Path

import pytest

from hintree.grade import equal, find_answer

FILE = Path(os.environ.get("HINTREE_DATA", "")) / "gsm8k_solutions.jsonl"


@pytest.mark.slow
@pytest.mark.skipif(not FILE.is_file(), reason="set HINTREE_DATA to a folder with gsm8k_solutions.jsonl")
def test_verdicts_agree_with_the_flags_of_public_solutions():
    rows = [json.loads(line) for line in FILE.read_text().splitlines()]
    cases = [
        (find_answer(row["ground_truth"]), find_answer(case["solution"]), case["is_correct"])
        for row in rows
        for case in row.values()
        if isinstance(case, dict)
    ]
    agree = sum(reference is not None and equal(reference, given) == flag for reference, given, flag in cases)
    assert cases and agree >= 0.999 * len(cases)
