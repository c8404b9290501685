"""Running totals: one person's things, day after day, told in any order."""

import random

from hintree.experiments.lab.families.draft import NAMES, PART, Draft, Sentence
from hintree.experiments.lab.families.relations import ITEMS
from hintree.experiments.lab.graph import Graph

VERBS = {"+": ("buys", "finds", "wins"), "-": ("loses", "sells", "gives away")}
TIMES_VERBS = {2: "doubles", 3: "triples", 4: "quadruples", 5: "quintuples"}


def diary(rng: random.Random, who: str, item: str, days: int) -> tuple[list[Sentence], dict[str, int]]:
    """What happens to one person's things on days 1 to ``days``, and the total on each day by key."""
    graph = Graph(rng)
    graph.given()
    keys = [f"On day {day} {who} has" for day in range(1, days + 1)]
    sentences = [Sentence(f"{keys[0]} {graph.values[0]} {item}", keys[0], "day 1", "", (graph.values[0],))]
    for day in range(2, days + 1):
        graph.derive(day - 2)
        link = graph.links[-1]
        deed = {
            "*": f"{TIMES_VERBS.get(link.right)} the {item}",
            "/": f"keeps {PART.get(link.right)} of the {item}",
        }.get(link.op) or f"{rng.choice(VERBS[link.op])} {link.right} {item}"
        text = f"On day {day} {who} {deed}"
        sentences.append(Sentence(text, keys[day - 1], f"day {day}", link.op, (keys[day - 2], link.right)))
    return sentences, dict(zip(keys, graph.values, strict=True))


def totals(rng: random.Random, steps: int, distractors: int) -> Draft:
    """On day 3 Eva buys 16 shells. ... How many shells does Eva have on day 6?

    The distractors are days after the one that is asked for.
    """
    who, item = rng.choice(NAMES), rng.choice(ITEMS)
    sentences, values = diary(rng, who, item, steps + 1 + distractors)
    question = f"How many {item} does {who} have on day {steps + 1}?"
    return Draft(sentences, question, f"On day {steps + 1} {who} has", values)
