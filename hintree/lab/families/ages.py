"""The family ``ages``: comparisons of people's ages."""

import random
from dataclasses import replace

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


def says(op: str, text: str, *operands: str) -> Wording:
    """Return a wording about the age of {A}."""
    return Wording(op, text, "{A} is", "{A}", operands)


WORDINGS = (
    says("", "{A} is {k} years old", "{k}"),
    says("+", "{A} was born {k} years before {B}", "{B} is", "{k}"),
    says("+", "{A} has lived {k} years longer than {B}", "{B} is", "{k}"),
    says("-", "{A} was born {k} years after {B}", "{B} is", "{k}"),
    says("-", "{A} has lived {k} years less than {B}", "{B} is", "{k}"),
    says("*", "{A} has {times} the age of {B}", "{B} is", "{k}"),
    says("*", "{A} has lived {times} as long as {B}", "{B} is", "{k}"),
    says("/", "{A} has {part} the age of {B}", "{B} is", "{k}"),
    says("/", "{A} has lived {part} as long as {B}", "{B} is", "{k}"),
    says("+", "{A} has the ages of {B} and {C} together", "{B} is", "{C} is"),
    says("+", "{A} has lived as long as {B} and {C} together", "{B} is", "{C} is"),
)
OLDEST = 99
HOW_OLD = Question("How old is {A}?", "{A} is")


def draw(rng: random.Random, steps: int, distractors: int, difficulty: Difficulty) -> UnlabelledProblem:
    """Draw a problem: Tom was born 5 years before Ana. ... How old is Tom?"""
    difficulty = replace(difficulty, largest=min(OLDEST, difficulty.largest))
    graph = random_graph(rng, steps, difficulty, high=40)
    target = len(graph.values) - 1
    graph.distract(distractors, high=40)
    people = draw_names(rng, NAMES, SPARE_NAMES, len(graph.values))
    builder = ProblemBuilder(rng, difficulty)
    builder.add_graph(graph, people, WORDINGS)
    return builder.finish(HOW_OLD, A=people[target])


ages = Family(draw, WORDINGS, (HOW_OLD,))
