"""Who has how many: quantities of people related to one another."""

import random

from hintree.experiments.lab.families.draft import NAMES, Draft, add_distractors, dress
from hintree.experiments.lab.graph import random_graph

ITEMS = ["beads", "books", "cards", "coins", "marbles", "pens", "shells", "stamps"]


def relations(rng: random.Random, steps: int, distractors: int) -> Draft:
    """Luis gets 15 more stamps than Noah. ... How many stamps does Luis have?"""
    graph = random_graph(rng, steps)
    target = len(graph.values) - 1
    add_distractors(graph, rng, distractors)
    people, item = rng.sample(NAMES, len(graph.values)), rng.choice(ITEMS)
    keys = [f"{person} has" for person in people]
    words = {
        "": f"{{key}} {{k}} {item}",
        "+": f"{{name}} gets {{k}} more {item} than {{left}}",
        "-": f"{{name}} gets {{k}} fewer {item} than {{left}}",
        "*": f"{{name}} gets {{times}} as many {item} as {{left}}",
        "/": f"{{name}} gets {{part}} as many {item} as {{left}}",
        "join": f"{{name}} gets as many {item} as {{left}} and {{right}} together",
    }
    question = f"How many {item} does {people[target]} have?"
    values = dict(zip(keys, graph.values, strict=True))
    return Draft(dress(graph, people, keys, words), question, keys[target], values)
