import hashlib
import random
from collections import Counter
from dataclasses import replace

import pytest

from hintree.lab import FAMILIES, check_step, problems, solve
from hintree.lab.difficulty import VARIED, WIDE
from hintree.lab.forms import (
    CRITIQUES,
    FAULTS,
    GRADES,
    NONE,
    critique,
    earlier_question,
    informed_hint,
    restated,
    sub_question,
)
from hintree.lab.inject_error import wrong_step
from hintree.lab.oracle import next_fact
from hintree.lab.parse import parse_problem
from hintree.lab.problem import gold, write_step
from hintree.policies.leaks import leaks

everywhere = pytest.mark.parametrize("family", FAMILIES)


def drawn(family, n=25):
    return problems("train", range(1, 9), n=n, seed=5, families=(family,), difficulty=VARIED)


@everywhere
def test_every_quantity_of_a_solution_has_a_question_that_is_read_back(family):
    for problem in drawn(family):
        steps = [step for _, step in gold(problem)]
        for i, fact in enumerate(solve(problem)):
            earlier = earlier_question(problem, fact.target)
            assert earlier.question.endswith(sub_question(problem, steps[:i]))
            assert parse_problem(earlier.question).answer == problem.values[fact.target] == earlier.answer
        assert sub_question(problem, steps[:-1]) == NONE


@everywhere
def test_a_restated_question_has_the_same_meaning_in_the_plainest_wording(family):
    changed = 0
    for problem in drawn(family):
        again = parse_problem(restated(problem))
        assert [(f.target, f.op, f.operands) for f in again.facts] == [
            (f.target, f.op, f.operands) for f in problem.facts
        ]
        assert (again.target, again.answer) == (problem.target, problem.answer)
        assert restated(again) == again.question
        changed += again.question != problem.question
        for fact, plain in zip(problem.facts, again.facts, strict=True):
            if fact.op and set(fact.needs()) <= set(problem.givens()) and fact.target in problem.needed():
                assert check_step(problem, [], write_step(plain, problem.values)).right
    assert changed > 10


def test_a_step_in_a_third_wording_is_still_misread():
    problem = parse_problem(
        "(1) Ana has 4 pens. (2) Ben gets as many pens as Ana and 3 more. How many pens does Ben have?"
    )
    plain = "(2) Ben gets 3 more pens than Ana. Ana has 4. 4 + 3 = 7. Ben has 7."
    assert check_step(problem, [], plain).right
    assert check_step(problem, [], plain.replace("pens", "cards")).kind == "operand"
    assert check_step(parse_problem(restated(problem)), [], plain.replace("gets 3 more pens than Ana", "takes 7")).kind


@everywhere
def test_an_informed_hint_names_the_values_to_look_up_and_no_result(family):
    for problem in drawn(family):
        steps = [step for _, step in gold(problem)]
        for i in range(len(steps)):
            fact, _ = next_fact(problem, steps[:i])
            plain, full = (informed_hint(problem, steps[:i], kind) for kind in ("irrelevant", "operand"))
            assert (
                full == plain if fact is None or not fact.needs() else full.startswith(plain.removesuffix(".") + ": ")
            )
            assert not leaks(full, problem.question, steps[:i])


def test_critiques_name_the_step_and_the_kind_of_its_error():
    rng, kinds = random.Random(2), Counter()
    for problem in problems("train", range(2, 7), n=120, seed=3):
        steps = [step for _, step in gold(problem)]
        history = steps[: rng.randrange(len(steps))]
        step = wrong_step(rng, problem, history)
        kind = check_step(problem, history, step).kind
        label = step.split(" ")[0]
        assert critique(problem, history, step) == CRITIQUES[kind].format(label=label)
        assert critique(problem, history, steps[len(history)]) == "the step is right."
        kinds[kind] += 1
    assert {"arithmetic", "operand"} <= set(kinds)
    assert set(CRITIQUES) == set(FAULTS) == set(GRADES)


@everywhere
def test_problems_of_16_steps_are_drawn_and_read_back(family):
    for problem in problems("test", (16,), n=2, seed=1, families=(family,), difficulty=replace(VARIED, branching=0.5)):
        assert len(solve(problem)) == 16 and parse_problem(problem.question) == problem


def test_spare_names_and_long_problems_left_all_earlier_problems_as_they_were():
    found = problems("train", range(1, 11), n=400, seed=5, families=tuple(FAMILIES), difficulty=WIDE)
    digest = hashlib.sha256("".join(problem.question for problem in found).encode()).hexdigest()
    assert digest[:16] == "347a3bdc5d1b5bd9"
