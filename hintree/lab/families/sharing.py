"""The family ``sharing``: vessels filled from one another, guests and leftovers."""

import random

from hintree.lab.difficulty import Difficulty
from hintree.lab.families.wording import Family, ProblemBuilder, Question, UnlabelledProblem, Wording, draw_names
from hintree.lab.graph import random_graph

VESSELS = ("bag barrel basin bin bowl bucket can cart case chest crate jar pan pot sack tin tray tub").split()
SPARE_VESSELS = ("drawer flask keg pail trunk vat").split()
"""Vessels for problems that need more than ``VESSELS``."""
SWEETS = ["apples", "beans", "berries", "dates", "figs", "grapes", "nuts", "plums"]


def holds(op: str, text: str, *operands: str) -> Wording:
    """Return a wording about the contents of one {A}."""
    return Wording(op, text, "A {A} holds", "a {A}", operands)


PORTIONS = (
    holds("", "A {A} holds {k} {item}", "{k}"),
    holds("+", "A {A} takes a {B} and {k} more {item}", "A {B} holds", "{k}"),
    holds("+", "A {A} is filled from a {B} and {k} loose {item}", "A {B} holds", "{k}"),
    holds("-", "A {A} gets the rest of a {B} after {k} {item} are eaten", "A {B} holds", "{k}"),
    holds("-", "A {A} takes {k} {item} less than a {B}", "A {B} holds", "{k}"),
    holds("*", "A {A} takes {k} {B}s", "A {B} holds", "{k}"),
    holds("*", "A {A} is filled from {k} {B}s", "A {B} holds", "{k}"),
    holds("/", "A {B} fills {k} {A}s", "A {B} holds", "{k}"),
    holds("/", "A {A} takes {part} of a {B}", "A {B} holds", "{k}"),
    holds("+", "A {A} takes a {B} and a {C}", "A {B} holds", "A {C} holds"),
    holds("+", "A {A} is filled from a {B} and a {C}", "A {B} holds", "A {C} holds"),
)
EATEN = Wording("*", "The guests are {k} and eat {m} {item} each", "The guests eat", "the guests", ("{k}", "{m}"))
LEFTOVER = Wording("-", "The leftover is a {A} without what the guests eat", "The leftover is", "the leftover",
                   ("A {A} holds", "The guests eat"))  # fmt: skip
HOW_MANY = Question("How many {item} does a {A} hold?", "A {A} holds")
HOW_MANY_EATEN = Question("How many {item} do the guests eat?", "The guests eat")
HOW_MANY_LEFT = Question("How many {item} are left over?", "The leftover is")


def draw(rng: random.Random, steps: int, distractors: int, difficulty: Difficulty) -> UnlabelledProblem:
    """Draw a problem: A jar holds 48 nuts. A jar fills 4 bags. ... How many nuts does a bag hold?

    Half of the longer problems end with guests and a leftover, which are two steps.
    """
    guests = steps > 1 and rng.random() < 0.5
    graph = random_graph(rng, steps - 2 * guests, difficulty)
    last = len(graph.values) - 1
    graph.distract(distractors)
    vessels, item = draw_names(rng, VESSELS, SPARE_VESSELS, len(graph.values)), rng.choice(SWEETS)
    builder = ProblemBuilder(rng, difficulty)
    key = builder.add_graph(graph, vessels, PORTIONS, item=item)[last]
    if not guests:
        return builder.finish(HOW_MANY, item=item, A=vessels[last])
    many = rng.randint(2, 9)
    builder.add_fact([EATEN], k=many, m=rng.randint(2, max(2, min(20, (builder.values[key] - 1) // many))), item=item)
    builder.add_fact([LEFTOVER], A=vessels[last])
    return builder.finish(HOW_MANY_LEFT, item=item)


WORDINGS = (*PORTIONS, EATEN, LEFTOVER)
sharing = Family(draw, WORDINGS, (HOW_MANY, HOW_MANY_EATEN, HOW_MANY_LEFT))
