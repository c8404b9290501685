"""Who is how old: comparisons of ages."""

import random

from hintree.experiments.lab.families.draft import NAMES, Draft, add_distractors, dress
from hintree.experiments.lab.graph import random_graph

WORDS = {
    "": "{key} {k} years old",
    "+": "{name} was born {k} years before {left}",
    "-": "{name} was born {k} years after {left}",
    "*": "{name} has {times} the age of {left}",
    "/": "{name} has {part} the age of {left}",
    "join": "{name} has the ages of {left} and {right} together",
}


def ages(rng: random.Random, steps: int, distractors: int) -> Draft:
    """Tom was born 5 years before Ana. ... How old is Tom?"""
    graph = random_graph(rng, steps, high=40)
    target = len(graph.values) - 1
    add_distractors(graph, rng, distractors)
    people = rng.sample(NAMES, len(graph.values))
    keys = [f"{person} is" for person in people]
    values = dict(zip(keys, graph.values, strict=True))
    return Draft(dress(graph, people, keys, WORDS), f"How old is {people[target]}?", keys[target], values)
