"""Banks that were written by hand before the code under test was read, or after it was mended; see docs/grading.md.

``python -m tests.grade.test_unseen`` prints the share of each bank that is right today.
"""

import pytest

from hintree.grade import Verdict, equal, find_answer, grade
from hintree.statistics.intervals import share
from tests.grade import unseen_english, unseen_last, unseen_later, unseen_others, unseen_pairs

OUTPUTS = {
    "first": unseen_english.FIRST + unseen_others.FIRST,
    "second": unseen_later.SECOND,
    "third": unseen_later.THIRD,
    "fourth": unseen_last.FOURTH,
    "fifth": unseen_last.FIFTH,
}
PAIRS = {
    name: [
        (reference, given, right)
        for reference, *both in classes
        for right in (True, False)
        for given in both[not right]
    ]
    for name, classes in (
        ("first", unseen_pairs.FIRST),
        ("second", unseen_pairs.SECOND),
        ("third", unseen_pairs.THIRD),
    )
}


def misread(bank):
    """Return (text, expected, found) of every output that is read wrong."""
    wrong = []
    for text, answer, *choices in bank:
        found = find_answer(text, *choices)
        read = found is None if answer is None else found is not None and equal(answer, found, *choices)
        if not read:
            wrong.append((text, answer, found))
    return wrong


def misjudged(bank):
    """Return (reference, given, expected) of every pair with the wrong verdict."""
    return [pair for pair in bank if (grade(*pair[:2]) is Verdict.RIGHT) != pair[2]]


def test_the_banks_are_large_and_say_nothing_twice():
    assert [len(bank) for bank in OUTPUTS.values()] == [454, 101, 119, 96, 91]
    assert [len(bank) for bank in PAIRS.values()] == [1110, 250, 138]
    assert all(len({pair[:2] for pair in bank}) == len(bank) for bank in PAIRS.values())


@pytest.mark.parametrize("name", OUTPUTS)
def test_97_percent_of_the_outputs_are_read_right_and_none_that_states_nothing_has_an_answer(name):
    pytest.importorskip("math_verify", reason="comparing expressions needs hintree[study]")
    wrong = misread(OUTPUTS[name])
    assert [item for item in wrong if item[1] is None] == []
    assert len(wrong) <= 0.03 * len(OUTPUTS[name]), wrong


@pytest.mark.parametrize("name", PAIRS)
def test_95_percent_of_the_pairs_are_judged_right_with_at_most_1_percent_false_positives(name):
    pytest.importorskip("math_verify", reason="comparing expressions needs hintree[study]")
    wrong, misses = misjudged(PAIRS[name]), [pair for pair in PAIRS[name] if not pair[2]]
    assert len([pair for pair in wrong if not pair[2]]) <= 0.01 * len(misses), wrong
    assert len(wrong) <= 0.05 * len(PAIRS[name]), wrong


if __name__ == "__main__":
    for name, bank in OUTPUTS.items():
        wrong = misread(bank)
        false = sum(found is not None for _, _, found in wrong)
        print(f"outputs, {name}: {share(len(bank) - len(wrong), len(bank))} of {len(bank)}, false answers {false}")
    for name, bank in PAIRS.items():
        wrong, misses = misjudged(bank), sum(not right for _, _, right in bank)
        false = share(sum(not right for _, _, right in wrong), misses)
        right = share(len(bank) - len(wrong), len(bank))
        print(f"pairs, {name}: {right} of {len(bank)}, false positives {false} of {misses}")
