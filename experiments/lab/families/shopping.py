"""Prices, purchases, a bill and the change."""

import random

from hintree.experiments.lab.families.draft import NAMES, Draft, Family, Question, Story, Wording
from hintree.experiments.lab.graph import random_graph
from hintree.experiments.lab.knobs import Knobs

GOODS = ("ball book cake card cup drum fan hat kite lamp mug pen pear plate ring rope rug toy").split()


def costs(op: str, text: str, *operands: str) -> Wording:
    """A wording about what one {A} costs."""
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
BUYS = [
    Wording("*", "{P} buys {k} {A}s", "The {A}s cost", "the {A}s", ("A {A} costs", "{k}")),
    Wording("*", "{P} takes {k} {A}s", "The {A}s cost", "the {A}s", ("A {A} costs", "{k}")),
]
BILL = Wording(
    "+", "The bill is for the {A}s and the {B}s", "The bill is", "the bill", ("The {A}s cost", "The {B}s cost")
)
PAID_ALL = Wording("-", "{P} pays {k} coins for the bill", "The change is", "the change", ("{k}", "The bill is"))
PAID_ONE = Wording("-", "{P} pays {k} coins for the {A}s", "The change is", "the change", ("{k}", "The {A}s cost"))
COST = Question("How many coins do the {A}s cost?", "The {A}s cost")
BILL_IS = Question("How many coins is the bill?", "The bill is")
CHANGE = Question("How many coins is the change?", "The change is")


def draw(rng: random.Random, steps: int, distractors: int, knobs: Knobs) -> Draft:
    """Eva buys 4 pens. ... Eva pays the bill with 50 coins. How many coins is the change?

    The last one to four steps are the purchase; those before find the prices, sometimes the first one from what
    several cost.
    """
    purchase = rng.randint(1, min(4, steps))
    by_unit = knobs.wordings > 1 and steps > purchase and rng.random() < 0.3
    graph = random_graph(rng, steps - purchase - by_unit, knobs, high=30)
    prices = len(graph.values)
    if purchase >= 3 and prices == 1:
        graph.given(high=20)
        prices = 2
    graph.distract(distractors, high=30)
    goods, buyer = rng.sample(GOODS, len(graph.values)), rng.choice(NAMES)
    story = Story(rng, knobs)
    story.tell_graph(graph, goods, PRICES)
    if by_unit:
        count = rng.randint(2, min(9, knobs.largest // graph.values[0]))
        story.sentences[0] = UNIT.write({"P": buyer, "A": goods[0], "k": count, "m": graph.values[0] * count})
    return shop(story, buyer, goods, prices, purchase)


def shop(story: Story, buyer: str, goods: list[str], prices: int, purchase: int) -> Draft:
    """The purchase, in 1 to 4 steps: one thing, or two things with a bill; without or with the change."""
    last = goods[prices - 1]
    cost = buy(story, buyer, last)
    if purchase >= 3:
        other = story.rng.choice(goods[: prices - 1])
        buy(story, buyer, other)
        cost = story.tell([BILL], A=last, B=other)
    if purchase in (2, 4):
        most = story.knobs.largest
        paid = story.rng.randint(min(story.values[cost] + 1, most), most)
        story.tell([PAID_ALL if purchase == 4 else PAID_ONE], P=buyer, k=paid, A=last)
    return story.ask({1: COST, 3: BILL_IS}.get(purchase, CHANGE), A=last)


def buy(story: Story, buyer: str, thing: str) -> str:
    """Add a purchase of several pieces of one thing; the key of what they cost together."""
    most = min(9, (story.knobs.largest - 2) // story.values[f"A {thing} costs"])
    return story.tell(BUYS, P=buyer, A=thing, k=story.rng.randint(2, max(2, most)))


WORDINGS = (*PRICES, UNIT, *BUYS, BILL, PAID_ALL, PAID_ONE)
shopping = Family(draw, WORDINGS, (COST, BILL_IS, CHANGE))
