"""The family ``shopping``: prices, purchases, a bill and the change."""

import random

from hintree.lab.difficulty import Difficulty
from hintree.lab.families.amounts import Amounts, draw_amounts
from hintree.lab.families.wording import Family, Question, UnlabelledProblem, Wording

GOODS = ("ball book cake card cup drum fan hat kite lamp mug pen pear plate ring rope rug toy").split()
SPARE_GOODS = ("bell clock desk fork vase wheel").split()
"""Goods for problems that need more than ``GOODS``."""


def costs(op: str, text: str, *operands: str) -> Wording:
    """Return a wording about the price of one {A}."""
    return Wording(op, text, "A {A} costs", "a {A}", operands)


PRICES = (
    costs("", "A {A} costs {k} coins", "{k}"),
    costs("+", "A {A} is {k} coins dearer than a {B}", "A {B} costs", "{k}"),
    costs("+", "A {A} is priced {k} coins above a {B}", "A {B} costs", "{k}"),
    costs("-", "A {A} is {k} coins cheaper than a {B}", "A {B} costs", "{k}"),
    costs("-", "A {A} is priced {k} coins below a {B}", "A {B} costs", "{k}"),
    costs("*", "A {A} is {times} as dear as a {B}", "A {B} costs", "{k}"),
    costs("*", "A {A} is priced like {k} {B}s", "A {B} costs", "{k}"),
    costs("/", "A {A} is {part} as dear as a {B}", "A {B} costs", "{k}"),
    costs("/", "A {A} is priced at {part} of a {B}", "A {B} costs", "{k}"),
    costs("+", "A {A} is as dear as a {B} and a {C} together", "A {B} costs", "A {C} costs"),
    costs("+", "A {A} is priced like a {B} and a {C}", "A {B} costs", "A {C} costs"),
)
UNIT = costs("/", "{P} pays {m} coins for {k} {A}s", "{m}", "{k}")
BUYS = (
    Wording("*", "{P} buys {k} {A}s", "The {A}s cost", "the {A}s", ("A {A} costs", "{k}")),
    Wording("*", "{P} takes {k} {A}s", "The {A}s cost", "the {A}s", ("A {A} costs", "{k}")),
)
BILL = Wording(
    "+", "The bill is for the {A}s and the {B}s", "The bill is", "the bill", ("The {A}s cost", "The {B}s cost")
)
PAID_ALL = Wording("-", "{P} pays {k} coins for the bill", "The change is", "the change", ("{k}", "The bill is"))
PAID_ONE = Wording("-", "{P} pays {k} coins for the {A}s", "The change is", "the change", ("{k}", "The {A}s cost"))
UNIT_COST = Question("How many coins does a {A} cost?", "A {A} costs")
COST = Question("How many coins do the {A}s cost?", "The {A}s cost")
BILL_IS = Question("How many coins is the bill?", "The bill is")
CHANGE = Question("How many coins is the change?", "The change is")


WORDS = Amounts(PRICES, UNIT, BUYS, BILL, PAID_ONE, PAID_ALL, UNIT_COST, COST, BILL_IS, CHANGE)


def draw(rng: random.Random, steps: int, distractors: int, difficulty: Difficulty) -> UnlabelledProblem:
    """Draw a problem: A pen costs 4 coins. ... Eva buys 3 pens. ... How many coins is the change?"""
    return draw_amounts(rng, steps, distractors, difficulty, WORDS, (GOODS, SPARE_GOODS))


shopping = Family(draw, WORDS.wordings(), WORDS.questions())
