import random

import pytest

from hintree.errors import UsageError
from hintree.lab import problems
from hintree.lab.oracle import next_hint
from hintree.policies.leaks import leaks
from hintree.training.hinter.hint_data import (
    CHECK_HINT,
    hinted_lab_solution,
    insert_wrong_step,
    read_solutions,
)
from tests.support.hint_cases import HINTS, SHOP, SOLUTION, STEPS, write_jsonl


@pytest.mark.parametrize("with_errors", [False, True])
def test_lab_solutions_hold_the_exact_hints_and_no_leak(with_errors):
    rng, seen = random.Random(3), set()
    for problem in problems("train", range(1, 9), n=60, seed=3):
        solution = hinted_lab_solution(rng, problem, with_errors=with_errors)
        assert len(solution.hints) == len(solution.steps) and solution.steps[-1].startswith("The answer")
        for i, hint in enumerate(solution.hints):
            assert hint == next_hint(problem, solution.steps[:i])
            assert not leaks(hint, solution.question, solution.steps[:i])
            seen.add(hint.split()[0])
    assert ("check" in seen) == with_errors


BAD = [
    ("add 3 and 3, which is 6.", 0),
    ("the answer is 18.", 1),
    (r"it is \boxed{18}.", 2),
    ("use 18.", 2),
    ("it comes to eighteen.", 0),
    ("so " * 26, 0),
    ("", 0),
]


@pytest.mark.parametrize(("hint", "at"), BAD)
def test_a_hint_that_leaks_or_is_too_long_is_dropped(tmp_path, hint, at):
    hints = [*HINTS[:at], hint, *HINTS[at + 1 :]]
    (solution,) = read_solutions(
        write_jsonl(tmp_path / "a.jsonl", [{"question": SHOP, "steps": STEPS, "hints": hints}])
    )
    assert solution.answer == "18"
    assert solution.hints == tuple(None if i == at else hint for i, hint in enumerate(HINTS))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"question": SHOP}, "line 2: no steps"),
        ({"question": SHOP, "steps": ["", "x"]}, "line 2: no steps"),
        ({"question": SHOP, "steps": STEPS, "hints": ["one"]}, "line 2: 3 steps need a list of 3 hints"),
        ({"steps": STEPS}, "line 2: no question"),
        ([1], "line 2: no steps"),
    ],
)
def test_a_bad_row_is_named_by_its_line(tmp_path, row, words):
    file = write_jsonl(tmp_path / "a.jsonl", [{"question": SHOP, "steps": STEPS}, row])
    with pytest.raises(UsageError, match=words):
        read_solutions(file)


def test_an_inserted_wrong_step_is_followed_by_the_hint_to_check_it():
    rng = random.Random(1)
    for _ in range(20):
        solution = insert_wrong_step(rng, SOLUTION)
        k = solution.hints.index(CHECK_HINT)
        assert solution.steps == (*STEPS[:k][:-1], solution.steps[k - 1], *STEPS[k - 1 :])
        assert solution.steps[k - 1] != STEPS[k - 1] and solution.steps[k] == STEPS[k - 1]
        assert [hint for hint in solution.hints if hint != CHECK_HINT][-2:] == HINTS[1:]
