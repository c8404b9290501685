import operator
import re
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from functools import cache

import pytest

from hintree.errors import UsageError
from hintree.lab import FAMILIES, check_step, first_error, problems, solve
from hintree.lab.book_problems import book_problems
from hintree.lab.difficulty import EASY, EASY_STEPS, WIDE
from hintree.lab.parse import parse_problem
from hintree.lab.perturb import distract, perturb
from hintree.lab.problem import gold

CALCULATE = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
LENGTHS = range(1, 11)
everywhere = pytest.mark.parametrize("family", FAMILIES)


@cache
def drawn(family, n=25, **difficulty):
    """Return (length, problem) pairs of every length, drawn once for all tests; no test can change them."""
    difficulty = replace(WIDE, **difficulty)
    draws = (
        (steps, problems("train", (steps,), n=n, seed=3, families=(family,), difficulty=difficulty))
        for steps in LENGTHS
    )
    return [(steps, problem) for steps, found in draws for problem in found]


def unneeded(problem):
    return [fact for fact in problem.facts if fact.target not in problem.needed()]


@everywhere
def test_the_gold_solution_has_exactly_the_requested_steps(family):
    for steps, problem in drawn(family):
        assert len(solve(problem)) == steps
        assert len(list(gold(problem))) == steps + 1
        assert problem.family == family


@everywhere
def test_every_number_lies_within_1_and_199(family):
    for _, problem in drawn(family):
        constants = [x for fact in problem.facts for x in fact.operands if isinstance(x, int)]
        text = [int(x) for x in re.findall(r"\d+", re.sub(r"\(\d+\)", "", problem.question))]
        numbers = [*problem.values.values(), *constants, *text]
        assert 1 <= min(numbers) <= max(numbers) <= 199


@everywhere
def test_every_value_follows_from_the_facts(family):
    for _, problem in drawn(family):
        assert sorted(problem.values) == sorted(fact.target for fact in problem.facts)
        for fact in problem.facts:
            numbers = [problem.values[x] if isinstance(x, str) else x for x in fact.operands]
            value = CALCULATE[fact.op](*numbers) if fact.op else numbers[0]
            assert value == problem.values[fact.target], fact


@everywhere
def test_every_gold_step_is_right(family):
    for _, problem in drawn(family):
        steps = [step for _, step in gold(problem)]
        assert first_error(problem, steps) == -1
        assert not check_step(problem, [], steps[-1]).right


@everywhere
def test_the_gold_path_holds_every_needed_derived_quantity_once_and_nothing_else(family):
    for _, problem in drawn(family):
        path = [fact.target for fact in solve(problem)]
        assert sorted(path) == sorted(problem.needed() - set(problem.givens()))


@everywhere
def test_the_answer_is_the_last_value(family):
    for _, problem in drawn(family):
        *_, last, answer = (step for _, step in gold(problem))
        value = int(last.rstrip(".").split()[-1])
        assert problem.answer == value == problem.values[solve(problem)[-1].target]
        assert answer == f"The answer is {value}."


@everywhere
def test_without_distractors_every_fact_is_needed(family):
    for _, problem in drawn(family, distractors=(0,)):
        assert unneeded(problem) == []


@everywhere
def test_the_number_of_distractors_is_the_requested_one(family):
    for _, problem in drawn(family, distractors=(2,)):
        assert len(unneeded(problem)) == 2


@everywhere
def test_distractors_state_a_number_unless_they_are_dead_ends(family):
    plain = [fact for _, problem in drawn(family, distractors=(2,)) for fact in unneeded(problem)]
    ends = [fact for many, p in drawn(family, distractors=(2,), dead_ends=1.0) if many > 5 for fact in unneeded(p)]
    assert not any(fact.op for fact in plain) and len(ends) > 100
    assert all(fact.op for fact in ends)


def test_the_easy_split_is_short_plain_and_small():
    for problem in problems("test", EASY_STEPS, n=300, difficulty=EASY):
        assert len(solve(problem)) <= 3 and not unneeded(problem)
        assert max(problem.values.values()) <= 99


@everywhere
def test_a_second_chain_is_opened_and_joined_where_problems_branch(family):
    def joins(p):
        return sum(len(f.needs()) == 2 for f in p.facts)

    straight, branching = (sum(joins(p) for _, p in drawn(family, branching=b)) for b in (0.0, 1.0))
    if family == "totals":  # one chain by construction
        assert branching == straight == 0
    else:
        assert branching > straight


@everywhere
def test_any_question_is_read_back_exactly(family):
    hard = {"distractors": (0, 1, 2), "dead_ends": 0.5, "shuffle": 0.5, "branching": 0.5}
    for _, problem in drawn(family, **hard):
        assert parse_problem(problem.question) == problem


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("How many divisors has 196?", "row of facts labelled"),
        ("(1) Ana has 4 pens. (3) Ben gets 3 more pens than Ana. How many pens does Ben have?", "labelled"),
        ("(1) Ana has 4 pens. (2) Ben eats the moon. How many pens does Ben have?", r"\(2\).*eats the moon"),
        ("(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How old is Ben?", "How old is Ben.*relations"),
        ("(1) Ana has 4 pens. (2) Ben gets 3 more pens than Eva. How many pens does Ben have?", r"\(2\).*Eva has"),
        ("(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Eva have?", "Eva has"),
        ("(1) Ana has 4 pens. (2) Ben gets a third as many pens as Ana. How many pens does Ben have?", "4 / 3"),
        ("(1) Ana has 4 pens. (2) Ben gets one for every 0 pens of Ana. How many pens does Ben have?", "4 / 0"),
        ("(1) Ana has 190 pens. (2) Ben gets 30 more pens than Ana. How many pens does Ben have?", "220"),
        ("(1) Ana has 4 pens. (2) Ana has 5 pens. How many pens does Ana have?", "twice"),
    ],
)
def test_what_is_no_lab_question_is_refused_with_the_reason(question, message):
    with pytest.raises(UsageError, match=message):
        parse_problem(question)


@everywhere
def test_a_counterfactual_differs_in_one_needed_fact_and_in_its_answer(family):
    for _, problem in drawn(family, n=6):
        counterfactual = perturb(problem)
        other = [(a, b) for a, b in zip(problem.facts, counterfactual.facts, strict=True) if a != b]
        assert len(other) == 1 and other[0][0].target in problem.needed()
        assert counterfactual.answer != problem.answer
        largest = 99 if max(problem.values.values()) <= 99 else 199
        assert all(1 <= value <= largest for value in counterfactual.values.values())
        assert counterfactual.split == problem.split and counterfactual == perturb(problem)
        assert first_error(counterfactual, [step for _, step in gold(counterfactual)]) == -1


@everywhere
def test_a_distractor_is_one_more_fact_that_the_answer_does_not_need(family):
    for _, problem in drawn(family, n=4):
        variant = distract(problem)
        assert variant.facts[:-1] == problem.facts and variant.facts[-1].target not in variant.needed()
        assert (variant.answer, variant.split) == (problem.answer, problem.split) and variant == distract(problem)


def test_counterfactuals_of_the_fact_book_keep_their_numbers_in_range():
    found = []
    for problem in book_problems("test", n=20, seed=0):
        with suppress(UsageError):
            found.append((problem, perturb(problem)))
        with pytest.raises(UsageError, match="no unneeded fact"):
            distract(problem)
    assert len(found) > 8
    assert all(one.answer != other.answer and one.split == other.split for one, other in found)


def test_counterfactuals_change_numbers_and_relations():
    pairs = [
        (p, perturb(p))
        for p in problems("train", range(3, 7), n=120, seed=5, families=tuple(FAMILIES), difficulty=WIDE)
    ]
    kinds = Counter([f.op for f in p.facts] == [f.op for f in t.facts] for p, t in pairs)
    assert kinds[True] > 30 and kinds[False] >= 5


@everywhere
def test_questions_read_well(family):
    for _, problem in drawn(family):
        text = " ".join(f"({i}) {fact.text}." for i, fact in enumerate(problem.facts, 1))
        assert problem.question.startswith(f"{text} How ")
        assert re.fullmatch(r"How [A-Za-z0-9 ]+\?", problem.question.removeprefix(f"{text} "))
        assert [fact.label for fact in problem.facts] == list(range(1, len(problem.facts) + 1))
        assert all(fact.text[0].isupper() for fact in problem.facts)
        assert not re.search(r"  |\s[.,?]|[{}_]|None|\.\.", problem.question)


@everywhere
def test_unshuffled_facts_stand_in_order_of_use(family):
    for _, problem in drawn(family, shuffle=0.0):
        text = {fact.target: fact.label for fact in problem.facts}
        assert all(text[key] < fact.label for fact in problem.facts for key in fact.needs())


@everywhere
def test_facts_stand_in_order_of_use_unless_they_are_shuffled(family):
    def in_order(problem):
        places = {fact.target: fact.label for fact in problem.facts}
        return all(places[key] < fact.label for fact in problem.facts for key in fact.needs())

    text, mixed = (
        list(
            problems("train", range(4, 9), n=30, seed=3, families=(family,), difficulty=replace(WIDE, shuffle=shuffle))
        )
        for shuffle in (0.0, 1.0)
    )
    assert all(map(in_order, text)) and not any(map(in_order, mixed[:5]))
