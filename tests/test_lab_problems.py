import itertools
import operator
import re
from collections import Counter

import pytest

from hintree.experiments.lab import FAMILIES, SPLITS, check_step, first_error, problems, solve
from hintree.experiments.lab.families.draft import NAMES
from hintree.experiments.lab.families.relations import ITEMS
from hintree.experiments.lab.families.shopping import GOODS
from hintree.experiments.lab.generate import signature
from hintree.experiments.lab.problem import gold

CALCULATE = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
LENGTHS = range(1, 11)
everywhere = pytest.mark.parametrize("family", FAMILIES)


def drawn(family, n=25, split="train", **options):
    for steps in LENGTHS:
        for problem in problems(split, (steps,), n=n, seed=3, families=(family,), **options):
            yield steps, problem


def unneeded(problem):
    return [fact for fact in problem.facts if fact.target not in problem.needed()]


@everywhere
def test_the_gold_solution_has_exactly_the_steps_asked_for(family):
    for steps, problem in drawn(family):
        assert len(solve(problem)) == steps
        assert len(list(gold(problem))) == steps + 1
        assert problem.family == family


@everywhere
def test_every_number_lies_within_1_and_99(family):
    for _, problem in drawn(family):
        constants = [x for fact in problem.facts for x in fact.operands if isinstance(x, int)]
        told = [int(x) for x in re.findall(r"\d+", re.sub(r"\(\d+\)", "", problem.question))]
        numbers = [*problem.values.values(), *constants, *told]
        assert 1 <= min(numbers) <= max(numbers) <= 99


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
def test_distractors_are_as_many_as_asked_for(family):
    for steps, problem in drawn(family, distractors=(2,)):
        if family != "shopping" or steps > 4:  # a purchase alone has no other prices to distract with
            assert len(unneeded(problem)) == 2


@everywhere
def test_questions_read_well(family):
    for _, problem in drawn(family):
        told = " ".join(f"({i}) {fact.text}." for i, fact in enumerate(problem.facts, 1))
        assert problem.question.startswith(f"{told} How ")
        assert re.fullmatch(r"How [A-Za-z0-9 ]+\?", problem.question.removeprefix(f"{told} "))
        assert [fact.label for fact in problem.facts] == list(range(1, len(problem.facts) + 1))
        assert all(fact.text[0].isupper() for fact in problem.facts)
        assert not re.search(r"  |\s[.,?]|[{}_]|None|\.\.", problem.question)


@everywhere
def test_unshuffled_facts_stand_in_order_of_use(family):
    for _, problem in drawn(family, shuffle=0.0):
        told = {fact.target: fact.label for fact in problem.facts}
        assert all(told[key] < fact.label for fact in problem.facts for key in fact.needs())


@everywhere
def test_facts_stand_in_order_of_use_unless_they_are_shuffled(family):
    def in_order(problem):
        places = {fact.target: fact.label for fact in problem.facts}
        return all(places[key] < fact.label for fact in problem.facts for key in fact.needs())

    told = list(problems("train", range(4, 9), n=30, seed=3, families=(family,)))
    mixed = list(problems("train", range(4, 9), n=30, seed=3, families=(family,), shuffle=1.0))
    assert all(map(in_order, told)) and not any(map(in_order, mixed[:5]))


def test_the_same_seed_gives_the_same_problems_and_another_seed_others():
    first, again, other = (list(problems("train", n=60, seed=seed)) for seed in (1, 1, 2))
    assert first == again
    assert not {p.id for p in first} & {p.id for p in other}


def test_a_shorter_draw_is_the_beginning_of_a_longer_one():
    assert list(problems("train", n=5, seed=9)) == list(problems("train", n=8, seed=9))[:5]
    assert list(itertools.islice(problems("train", seed=9), 5)) == list(problems("train", n=5, seed=9))


def test_every_family_and_length_asked_for_occurs():
    found = Counter((p.family, len(solve(p))) for p in problems("train", (2, 5), n=200))
    assert set(found) == set(itertools.product(FAMILIES, (2, 5)))


def nameless(problem):
    """The text with people and things replaced by numbers in order of appearance."""
    seen = {}
    things = {*NAMES, *(item.rstrip("s") for item in ITEMS), *GOODS}

    def anonymous(match):
        stem = match[0].rstrip("s") if match[0].rstrip("s") in things else match[0]
        return f"<{seen.setdefault(stem, len(seen))}>" if stem in things else match[0]

    return re.sub(r"[A-Za-z]+", anonymous, problem.question)


@pytest.fixture(scope="module")
def splits():
    many = {"train": 1500, "validation": 300, "test": 300}
    return {
        split: [
            problem
            for seed in range(4)
            for steps, distractors in (((1, 2), (0,)), (LENGTHS, (0, 1, 2)))
            for problem in problems(split, steps, n=many[split], seed=seed, distractors=distractors)
        ]
        for split in SPLITS
    }


@pytest.mark.parametrize("of", [signature, lambda p: p.id, nameless], ids=["signature", "id", "nameless text"])
def test_no_two_splits_share_a_problem(splits, of):
    train, validation, test = ({of(p) for p in splits[split]} for split in SPLITS)
    assert len(train) > 8000 and len(validation) > 1500 and len(test) > 1500
    assert not train & validation
    assert not train & test
    assert not validation & test


def test_problems_know_their_split(splits):
    assert all(problem.split == split for split, found in splits.items() for problem in found)


def test_names_alone_do_not_make_another_signature(splits):
    texts = {}
    for problem in splits["train"]:
        texts.setdefault(nameless(problem), set()).add(signature(problem))
    assert all(len(signatures) == 1 for signatures in texts.values())


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"split": "dev"}, "split.*'dev'.*train, validation, test"),
        ({"steps": (0,)}, "steps.*0.*1, 2, .*10"),
        ({"steps": (3, 11)}, "steps.*11.*1, 2, .*10"),
        ({"steps": ()}, "steps.*1, 2, .*10"),
        ({"families": ("relations", "physics")}, "families.*'physics'.*relations, ages, totals, shopping"),
        ({"families": ()}, "families.*relations, ages, totals, shopping"),
        ({"distractors": ()}, "distractors"),
        ({"distractors": (-1,)}, "distractors"),
        ({"distractors": (30,)}, "distractors"),
        ({"shuffle": 1.5}, "shuffle"),
        ({"shuffle": -0.5}, "shuffle"),
    ],
    ids=str,
)
def test_bad_arguments_are_refused_with_the_accepted_values(bad, message):
    with pytest.raises(ValueError, match=message):
        list(problems(**{"split": "train", "n": 8} | bad))
