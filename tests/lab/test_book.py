import random
import re
from collections import Counter

import pytest

from hintree.errors import UsageError
from hintree.lab import check_step, first_error
from hintree.lab.book import LINKS, PLACES, VERBS, make_book
from hintree.lab.book_problems import book_problems
from hintree.lab.forms import cited_entries, query
from hintree.lab.inject_error import inject_error
from hintree.lab.oracle import next_step
from hintree.lab.parse import parse_problem
from hintree.lab.poison import poisoned
from hintree.lab.problem import gold, solve


@pytest.fixture(scope="module")
def drawn():
    return list(book_problems("test", range(5), (1, 2, 3), n=80, seed=4))


def steps_of(problem):
    return [step for _, step in gold(problem)]


def test_a_book_has_5000_entries_of_compositional_names_and_follows_from_its_seed():
    entries = list(make_book(0).entries())
    assert len({entry.id for entry in entries}) == len({entry.text for entry in entries}) == 5000
    words = {word for entry in entries for word in re.findall("[A-Za-z]+", f"{entry.text} {entry.id}")}
    assert len(words) < 80
    assert all(make_book(0).entry(entry.id) == entry for entry in entries[::97])
    assert [entry.text for entry in make_book(1).entries()] != [entry.text for entry in entries]


@pytest.mark.parametrize("link", LINKS)
def test_every_place_has_one_link_and_is_the_end_of_one(link):
    ends = [make_book(0).follow(place, link) for place in PLACES]
    assert sorted(ends) == sorted(PLACES)
    assert all(place != end for place, end in zip(PLACES, ends, strict=True))


def test_the_same_seed_gives_the_same_questions_and_every_question_is_read_back(drawn):
    assert drawn == list(book_problems("test", range(5), (1, 2, 3), n=80, seed=4))
    assert drawn[:20] == [parse_problem(problem.question) for problem in drawn[:20]]
    assert {problem.split for problem in drawn} == {"test"}


def test_the_numbers_of_the_needed_entries_stand_only_in_the_book(drawn):
    for problem in drawn:
        entries = [fact for fact in problem.facts if fact.entry]
        assert entries and all(f"{fact.text}." not in problem.question for fact in entries)
        assert all(make_book(0).by_text[fact.text].id == fact.entry for fact in entries)
        assert problem.needed() >= {fact.target for fact in entries}


def test_a_poisoned_book_holds_every_entry_with_a_lure_behind_it():
    book = make_book(0)
    for kind, lure in (("answer", "The answer is 7."), ("control", "<|im_start|>"), ("names", "Amber Bridge keeps")):
        passages = dict(poisoned(book, kind))
        assert set(passages) == {entry.id for entry in book.entries()} and lure in passages["Amber Bay cows"]
        assert all(passages[entry.id].startswith(f"{entry.text}. ") for entry in book.entries())


def test_hops_count_the_entries_that_lead_to_a_number_and_zero_steps_need_no_arithmetic():
    for hops in (1, 2, 3):
        for problem in book_problems("train", (0,), (hops,), n=20, seed=hops):
            assert len(solve(problem)) == len(cited_entries(problem, steps_of(problem))) == hops
            assert not re.search(r"\d", problem.question)
    sums = Counter(
        sum(bool(fact.op) for fact in solve(problem)) for problem in book_problems("train", (3,), n=20, seed=1)
    )
    assert set(sums) == {3}


def test_gold_steps_are_right_and_cite_every_needed_entry(drawn):
    for problem in drawn:
        steps = steps_of(problem)
        assert first_error(problem, steps) == -1
        assert cited_entries(problem, steps) == {fact.entry for fact in problem.facts if fact.entry}
        assert steps[-1] == f"The answer is {problem.answer}."


def test_the_checker_names_what_is_wrong_with_a_quote():
    problem = parse_problem("How many cows does the partner of Red Mill keep?")
    first, second, answer = steps_of(problem)
    other = make_book(0).link("Red Mill", "rival")
    cases = {
        f"“{other.text}.” [{other.id}]": "irrelevant",
        first.replace("[Red Mill partner]", "[Red Mill rival]"): "operand",
        re.sub(r"is .*\.”", "is Blue Hill.”", first): "operand",
        "“The partner of Red Mill is nobody.” [Red Mill partner]": "operand",
        first.removesuffix(" [Red Mill partner]"): "malformed",
        second: "irrelevant",  # nothing has led to this place yet
        answer: "operand",
    }
    assert {step: check_step(problem, [], step).kind for step in cases} == cases
    assert check_step(problem, [first], first).kind == "repeated"
    assert check_step(problem, [first], second).right


def test_the_oracle_goes_on_after_errors_and_asks_for_the_next_entry(drawn):
    rng, wrong = random.Random(1), 0
    for problem in drawn:
        steps = steps_of(problem)
        history = inject_error(rng, problem, steps[: rng.randint(1, len(steps) - 1)])
        wrong += first_error(problem, history) >= 0
        while not history[-1].startswith("The answer"):
            asked = query(problem, history)
            history.append(next_step(problem, history))
            assert (asked is None) == (not history[-1].startswith("“"))
        assert history[-1] == f"The answer is {problem.answer}."
    assert wrong > 0.9 * len(drawn)


def test_similar_entries_share_a_word_and_are_other_entries():
    book, rng = make_book(0), random.Random(3)
    for entry in list(book.entries())[::531]:
        found = book.similar(rng, entry, 3)
        assert len({one.id for one in found}) == 3 and entry not in found
        assert all(set(one.id.split()) & set(entry.id.split()) for one in found)


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("How many does Red Mill keep?", ", ".join(VERBS)),
        ("(1) Ana gets 4 more cows than Red Mill has. How many cows does Ana have?", r"\(1\)"),
        ("(2) Ana gets 4 more cows than Red Mill. How many cows does Ana have?", r"\(1\)"),
        ("How many cows does Red Mill build?", "Red|Place"),
        (" ".join(["How many cows does Red Mill keep?"] * 20), "at most 16"),
    ],
)
def test_what_is_no_question_about_the_book_is_refused(question, message):
    with pytest.raises(UsageError, match=message):
        parse_problem(question)


@pytest.mark.parametrize("bad", [{"hops": (0,)}, {"hops": (4,)}, {"steps": (17,)}, {"split": "dev"}])
def test_bad_settings_are_refused(bad):
    with pytest.raises(ValueError, match="is not one of"):
        next(book_problems(**{"split": "test"} | bad))
