import random
import re
from functools import cache

import pytest

from hintree.lab import FAMILIES, check_step, first_error, problems, solve
from hintree.lab.inject_error import inject_error
from hintree.lab.oracle import next_hint, next_step
from hintree.lab.problem import gold
from hintree.policies.leaks import is_training_hint, leaks
from tests.support.lab_cases import ANSWER, BEN, CARL, EVA, HINTS, PROBLEM, STEPS, WRONG_BEN, WRONG_CARL

everywhere = pytest.mark.parametrize("family", FAMILIES)


@cache
def drawn(family, n=60, split="validation"):
    """Return problems of a family, drawn once for all tests; no test can change them."""
    return list(problems(split, range(1, 9), n=n, seed=6, families=(family,)))


def numbers(text):
    return set(re.findall(r"\d+", re.sub(r"\(\d+\)", "", text)))


def finish(problem, history):
    """Return the oracle's hints and steps from a history down to the answer."""
    steps, hints = list(history), []
    while not steps or not steps[-1].startswith("The answer"):
        assert len(hints) <= 2 * len(problem.facts), "the oracle does not end"
        hints.append(next_hint(problem, steps))
        steps.append(next_step(problem, steps))
    return hints, steps[len(history) :]


@cache
def histories_with_errors(family, n=150):
    rng, found = random.Random(5), []
    for problem in drawn(family, n, "train"):
        steps = [step for _, step in gold(problem)]
        found.append((problem, inject_error(rng, problem, steps[: rng.randrange(len(steps))])))
    return found


def test_the_handmade_problem_is_solved_in_order():
    assert list(gold(PROBLEM)) == list(zip(HINTS, STEPS, strict=True))


@everywhere
def test_the_gold_solution_follows_the_thread_and_else_the_text(family):
    for problem in drawn(family):
        known, last = set(problem.givens()), None
        for fact in solve(problem):
            usable = [f for f in problem.facts if f.target in problem.needed() - known and known >= set(f.needs())]
            continuing = [f for f in usable if last in f.needs()]
            assert fact == [*continuing, *usable][0]
            known.add(last := fact.target)


@everywhere
def test_from_every_gold_prefix_the_oracle_goes_on_with_the_gold_solution(family):
    for problem in drawn(family):
        hints, steps = zip(*gold(problem), strict=True)
        for i in range(len(steps)):
            assert next_hint(problem, steps[:i]) == hints[i]
            assert next_step(problem, steps[:i]) == steps[i]


@everywhere
def test_exact_hints_hold_no_number_that_is_not_stated_yet(family):
    for problem in drawn(family):
        steps = [step for _, step in gold(problem)]
        for i in range(len(steps)):
            hint = next_hint(problem, steps[:i])
            assert numbers(hint) <= numbers(" ".join([problem.question, *steps[:i]])), hint
            assert not leaks(hint, problem.question, steps[:i])
            assert is_training_hint(hint, problem.question, steps[:i])


@everywhere
def test_every_history_with_an_injected_error_has_a_wrong_step(family):
    for problem, history in histories_with_errors(family):
        assert history
        assert first_error(problem, history) >= 0, (problem.question, history)


@everywhere
def test_injected_errors_are_of_several_kinds(family):
    kinds = {check_step(p, h[:i], step).kind for p, h in histories_with_errors(family) for i, step in enumerate(h)}
    assert {"", "arithmetic", "operand"} <= kinds
    assert kinds & {"irrelevant", "repeated"}
    assert "malformed" not in kinds


@everywhere
def test_after_an_injected_error_the_oracle_takes_only_right_steps_to_the_right_answer(family):
    for problem, history in histories_with_errors(family):
        _, steps = finish(problem, history)
        assert steps[-1] == f"The answer is {problem.answer}."
        for i, step in enumerate(steps):
            assert check_step(problem, history + steps[:i], step).right


@everywhere
def test_the_hint_is_check_again_exactly_where_a_quantity_was_stated_wrongly(family):
    again = 0
    for problem, history in histories_with_errors(family):
        stated = {key: int(value) for step in history for key, value in re.findall(r"\. ([^.=]+?) (\d+)\.$", step)}
        hints, steps = finish(problem, history)
        for hint, step in zip(hints[:-1], steps, strict=False):
            fact = problem.facts[int(re.search(r"\((\d+)\)", hint)[1]) - 1]
            assert step.startswith(f"({fact.label}) ")
            assert (hint == f"check ({fact.label}) again.") == (fact.target in stated)
            assert stated.get(fact.target) != problem.values[fact.target]
            again += hint.startswith("check")
        assert hints[-1] == "give the answer."
    assert again > 20


@pytest.mark.parametrize(
    ("history", "hints"),
    [
        ([WRONG_BEN], ["check (2) again.", *HINTS[1:]]),
        ([WRONG_BEN, WRONG_CARL], ["check (2) again.", "check (3) again.", *HINTS[2:]]),
        ([BEN, WRONG_CARL], ["check (3) again.", *HINTS[2:]]),
        ([BEN, WRONG_BEN], ["check (2) again.", *HINTS[1:]]),
        ([BEN, EVA, CARL], HINTS[2:]),
        (["gibberish", "", BEN], HINTS[1:]),
        (STEPS[:4], HINTS[4:]),
    ],
)
def test_hints_after_mistakes(history, hints):
    found, steps = finish(PROBLEM, history)
    assert found == hints
    assert steps[-1] == ANSWER


@pytest.mark.parametrize("given", ["Ana has 7", "Finn has 7"])
def test_a_step_that_misstates_a_given_number_does_not_stop_the_oracle(given):
    wrong = BEN.replace("Ben has 7", given)
    hints, steps = finish(PROBLEM, [wrong])
    assert hints == HINTS
    assert steps == STEPS
    assert first_error(PROBLEM, [wrong, *steps]) == 0
    assert all(check_step(PROBLEM, [wrong, *steps[:i]], step).right for i, step in enumerate(steps))
