"""The family ``relations``: numbers of things that people have, related to one another."""

import random

from hintree.lab.difficulty import Difficulty
from hintree.lab.families.wording import (
    NAMES,
    SPARE_NAMES,
    Family,
    ProblemBuilder,
    Question,
    UnlabelledProblem,
    Wording,
    draw_names,
)
from hintree.lab.graph import random_graph

ITEMS = ["beads", "books", "cards", "coins", "marbles", "pens", "shells", "stamps"]


def says(op: str, text: str, *operands: str) -> Wording:
    """Return a wording about the things that {A} has."""
    return Wording(op, text, "{A} has", "{A}", operands)


WORDINGS = (
    says("", "{A} has {k} {item}", "{k}"),
    says("+", "{A} gets {k} more {item} than {B}", "{B} has", "{k}"),
    says("+", "{A} gets as many {item} as {B} and {k} more", "{B} has", "{k}"),
    says("-", "{A} gets {k} fewer {item} than {B}", "{B} has", "{k}"),
    says("-", "{A} gets as many {item} as {B} but {k} fewer", "{B} has", "{k}"),
    says("*", "{A} gets {times} as many {item} as {B}", "{B} has", "{k}"),
    says("*", "{A} gets {k} {item} for each of {B}", "{B} has", "{k}"),
    says("/", "{A} gets {part} as many {item} as {B}", "{B} has", "{k}"),
    says("/", "{A} gets one for every {k} {item} of {B}", "{B} has", "{k}"),
    says("+", "{A} gets as many {item} as {B} and {C} together", "{B} has", "{C} has"),
    says("+", "{A} gets all the {item} of {B} and {C}", "{B} has", "{C} has"),
)
HOW_MANY = Question("How many {item} does {A} have?", "{A} has")


def draw(rng: random.Random, steps: int, distractors: int, difficulty: Difficulty) -> UnlabelledProblem:
    """Draw a problem: Luis gets 15 more stamps than Noah. ... How many stamps does Luis have?"""
    graph = random_graph(rng, steps, difficulty)
    target = len(graph.values) - 1
    graph.distract(distractors)
    people, item = draw_names(rng, NAMES, SPARE_NAMES, len(graph.values)), rng.choice(ITEMS)
    builder = ProblemBuilder(rng, difficulty)
    builder.add_graph(graph, people, WORDINGS, item=item)
    return builder.finish(HOW_MANY, item=item, A=people[target])


relations = Family(draw, WORDINGS, (HOW_MANY,))
