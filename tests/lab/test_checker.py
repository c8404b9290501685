import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hintree.lab import FAMILIES, StepVerdict, check_step, first_error, problems
from hintree.lab.difficulty import WIDE
from hintree.lab.problem import gold
from tests.support.lab_cases import ANSWER, BEN, CARL, DORA, EVA, GINA, PROBLEM, STEPS, WRONG_BEN, WRONG_CARL

QUIET = settings(derandomize=True, database=None, deadline=None, max_examples=150)
HUGE = "9" * 5000

CASES = {
    # name: (history, step, kind of mistake or "" if right)
    "first step": ([], BEN, ""),
    "second step": ([BEN], CARL, ""),
    "sum of two quantities": ([BEN, CARL], DORA, ""),
    "quotient": ([BEN, CARL, DORA], GINA, ""),
    "answer": (STEPS[:4], ANSWER, ""),
    "commuted sum": ([BEN, CARL], DORA.replace("14 + 12", "12 + 14"), ""),
    "commuted product": ([BEN], CARL.replace("7 * 2", "2 * 7"), ""),
    "spaces and line breaks": ([], f"  {BEN.replace('. ', '.  ', 1)}\n", ""),
    "mended mistake": ([WRONG_BEN], BEN, ""),
    "true step after a mistake": ([WRONG_BEN], CARL, ""),
    "wrong result": ([], WRONG_BEN, "arithmetic"),
    "wrong quotient": ([BEN, CARL, DORA], GINA.replace("13", "12"), "arithmetic"),
    "commuted difference": ([], BEN.replace("12 - 5", "5 - 12"), "operand"),
    "commuted quotient": ([BEN, CARL, DORA], GINA.replace("26 / 2", "2 / 26"), "operand"),
    "wrong lookup": ([BEN], CARL.replace("Ben has 7. 7 *", "Ben has 6. 6 *"), "operand"),
    "wrong lookup and result": ([BEN], CARL.replace("7", "6").replace("14", "12"), "operand"),
    "right lookup, other number used": ([BEN], CARL.replace("7 *", "6 *").replace("14", "12"), "operand"),
    "wrong constant": ([], BEN.replace("12 - 5 = 7. Ben has 7", "12 - 6 = 6. Ben has 6"), "operand"),
    "wrong operation": ([BEN], CARL.replace("7 * 2 = 14", "7 + 2 = 9").replace("has 14", "has 9"), "operand"),
    "missing lookup": ([BEN], CARL.replace("Ben has 7. ", ""), "operand"),
    "lookups in the other order": (
        [BEN, CARL],
        DORA.replace("Carl has 14. Ana has 12.", "Ana has 12. Carl has 14."),
        "operand",
    ),
    "operand not known yet": ([], CARL, "operand"),
    "one of two operands not known yet": ([BEN], DORA, "operand"),
    "built on a mistake": ([WRONG_BEN], WRONG_CARL, "operand"),
    "fact restated with another number": ([], BEN.replace("5 fewer", "6 fewer"), "operand"),
    "fact restated with another name": ([BEN], CARL.replace("Carl gets", "Eva gets"), "operand"),
    "label of another needed fact": ([], BEN.replace("(2)", "(3)"), "operand"),
    "result given to another name": ([], BEN.replace("Ben has", "Carl has"), "operand"),
    "result stated otherwise than computed": ([], BEN.replace("Ben has 7", "Ben has 8"), "operand"),
    "unneeded quantity": ([], EVA, "irrelevant"),
    "unneeded quantity, wrongly computed": ([], EVA.replace("15", "16"), "irrelevant"),
    "label of an unneeded given": ([], BEN.replace("(2)", "(6)"), "irrelevant"),
    "same step again": ([BEN], BEN, "repeated"),
    "same step again later": ([BEN, CARL], BEN, "repeated"),
    "known quantity, now wrong": ([BEN], WRONG_BEN, "repeated"),
    "wrong answer": (STEPS[:4], "The answer is 12.", "operand"),
    "right answer too early": (STEPS[:3], ANSWER, "operand"),
    "right answer out of nothing": ([], ANSWER, "operand"),
    "answer that follows from a wrong last step": (
        [BEN, CARL, DORA, GINA.replace("13", "12")],
        "The answer is 12.",
        "operand",
    ),
    "empty": ([], "", "malformed"),
    "spaces": ([], " \n\t ", "malformed"),
    "garbage": ([], "I think that it is about twelve, maybe.", "malformed"),
    "control characters": ([], "\x00\x1b[31m\x07\u202e\ud800", "malformed"),
    "no label": ([], BEN.removeprefix("(2) "), "malformed"),
    "label zero": ([], BEN.replace("(2)", "(0)"), "malformed"),
    "label past the last fact": ([], BEN.replace("(2)", "(8)"), "malformed"),
    "huge label": ([], BEN.replace("(2)", f"({'9' * 300})"), "malformed"),
    "label of 5000 digits": ([], BEN.replace("(2)", f"({HUGE})"), "malformed"),
    "number of 5000 digits": ([], BEN.replace("= 7", f"= {HUGE}"), "malformed"),
    "answer of 5000 digits": (STEPS[:4], f"The answer is {HUGE}.", "malformed"),
    "a megabyte": ([], "Ana has 12. " * 87_382, "malformed"),
    "a megabyte inside a step": ([], BEN.replace(". Ana", "." + " Ana has 12." * 87_382 + " Ana"), "malformed"),
    "unfinished step": ([], BEN.rstrip("."), "malformed"),
    "no result sentence": ([], BEN.removesuffix(" Ben has 7."), "malformed"),
    "negative number": ([], BEN.replace("= 7", "= -7"), "malformed"),
    "answer without full stop": (STEPS[:4], "The answer is 13", "malformed"),
    "answer with more text": (STEPS[:4], ANSWER + " I am sure.", "malformed"),
}


@pytest.mark.parametrize("name", CASES)
def test_verdict(name):
    history, step, kind = CASES[name]
    assert check_step(PROBLEM, history, step) == StepVerdict(kind == "", kind)


def test_two_steps_in_one_are_not_a_right_step():
    assert not check_step(PROBLEM, [], f"{BEN} {CARL}").right
    assert not check_step(PROBLEM, STEPS[:3], f"{GINA} {ANSWER}").right


def test_junk_in_the_history_changes_nothing():
    for junk in ("", "\x00", "no step at all", HUGE, f"({HUGE}) x. 1 + 1 = 2. Ben has 2.", "x " * 500_000):
        assert check_step(PROBLEM, [junk, BEN, junk], CARL).right


def test_a_mistake_is_forgotten_once_it_is_mended():
    assert check_step(PROBLEM, [WRONG_BEN, BEN], CARL).right
    assert check_step(PROBLEM, [WRONG_BEN, BEN], BEN).kind == "repeated"
    assert check_step(PROBLEM, [BEN, WRONG_BEN], BEN).right


@pytest.mark.parametrize(
    ("steps", "index"),
    [
        ([], -1),
        (STEPS, -1),
        ([WRONG_BEN, *STEPS[1:]], 0),
        ([BEN, EVA, *STEPS[1:]], 1),
        ([BEN, CARL, ANSWER], 2),
        ([WRONG_BEN, WRONG_CARL], 0),
        ([*STEPS[:4], "The answer is 14."], 4),
    ],
)
def test_first_error(steps, index):
    assert first_error(PROBLEM, steps) == index


POOL = [
    p for family in FAMILIES for p in problems("train", (1, 3, 6), n=25, seed=4, families=(family,), difficulty=WIDE)
]
PIECES = ["(1)", "(2)", "(77)", "Ana has", "Ben gets 5 fewer pens than Ana", "The answer is", " ", ". ", ".", "\n"]
PIECES += ["12", "7", "0", "13", "=", "+", "-", "*", "/", "\x00", "é", "٣", "²", HUGE, "(", ")", "12 - 5 = 7. "]


@QUIET
@given(
    st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=40).map("".join)), st.lists(st.text(), max_size=3)
)
def test_no_text_makes_the_checker_raise_and_no_random_text_is_right(text, history):
    assert check_step(PROBLEM, history, text).kind != ""


@QUIET
@given(st.integers(0, 10**9), st.integers(0, 120))
def test_a_gold_step_with_one_number_changed_is_never_right(seed, number):
    rng = random.Random(seed)
    problem = rng.choice(POOL)
    steps = [step for _, step in gold(problem)]
    at = rng.randrange(len(steps))
    places = [m for m in re.finditer(r"\d+", steps[at]) if int(m[0]) != number]
    if not places:
        return
    place = rng.choice(places)
    changed = steps[at][: place.start()] + str(number) + steps[at][place.end() :]
    assert not check_step(problem, steps[:at], changed).right, changed


@QUIET
@given(st.integers(0, 10**9))
def test_a_gold_step_with_one_word_left_out_is_never_right(seed):
    rng = random.Random(seed)
    problem = rng.choice(POOL)
    steps = [step for _, step in gold(problem)]
    at = rng.randrange(len(steps))
    words = steps[at].split()
    words.pop(rng.randrange(len(words)))
    assert not check_step(problem, steps[:at], " ".join(words)).right
