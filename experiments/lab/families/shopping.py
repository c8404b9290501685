"""Prices, purchases, a bill and the change."""

import random

from hintree.experiments.lab.families.draft import NAMES, Draft, Sentence, add_distractors, dress
from hintree.experiments.lab.graph import DeadEndError, Graph, random_graph
from hintree.experiments.lab.problem import MAX_VALUE, OPERATIONS

GOODS = ("ball book cake card cup drum fan hat kite lamp mug pen pear plate ring rope rug toy").split()
WORDS = {
    "": "{key} {k} coins",
    "+": "{Name} is {k} coins dearer than {left}",
    "-": "{Name} is {k} coins cheaper than {left}",
    "*": "{Name} is {times} as dear as {left}",
    "/": "{Name} is {part} as dear as {left}",
    "join": "{Name} is as dear as {left} and {right} together",
}


def shopping(rng: random.Random, steps: int, distractors: int) -> Draft:
    """Eva buys 4 pens. ... Eva pays the bill with 50 coins. How many coins is the change?

    The last one to four steps are the purchase; those before find the prices.
    """
    purchase = rng.randint(1, min(4, steps))
    graph = random_graph(rng, steps - purchase, high=30) if steps > purchase else single(rng)
    prices = len(graph.values)
    if purchase >= 3 and prices == 1:
        graph.given(high=20)
        prices = 2
    add_distractors(graph, rng, distractors if prices > 1 else 0)
    goods, buyer = rng.sample(GOODS, len(graph.values)), rng.choice(NAMES)
    keys = [f"A {thing} costs" for thing in goods]
    sentences = dress(graph, [f"a {thing}" for thing in goods], keys, WORDS)
    values = dict(zip(keys, graph.values, strict=True))
    bought = [prices - 1, rng.randrange(prices - 1)] if purchase >= 3 else [prices - 1]
    parts = [buy(rng, buyer, goods[i], sentences, values) for i in bought]
    last = parts[0]
    if purchase >= 3:
        last = record(
            sentences,
            values,
            f"The bill is for the {goods[bought[0]]}s and the {goods[bought[1]]}s",
            "The bill is",
            "the bill",
            "+",
            (parts[0], parts[1]),
        )
    if purchase in (2, 4):
        if values[last] + 2 > MAX_VALUE:
            raise DeadEndError
        paid = rng.randint(values[last] + 1, MAX_VALUE)
        what = "the bill" if purchase == 4 else f"the {goods[bought[0]]}s"
        last = record(
            sentences, values, f"{buyer} pays {paid} coins for {what}", "The change is", "the change", "-", (paid, last)
        )
    question = {
        1: f"How many coins do the {goods[bought[0]]}s cost?",
        3: "How many coins is the bill?",
    }.get(purchase, "How many coins is the change?")
    return Draft(sentences, question, last, values)


def single(rng: random.Random) -> Graph:
    """A graph of one given price."""
    graph = Graph(rng)
    graph.given(high=20)
    return graph


def buy(rng: random.Random, buyer: str, thing: str, sentences: list[Sentence], values: dict[str, int]) -> str:
    """Add a purchase of several pieces of one thing; the key of what they cost together."""
    price = values[f"A {thing} costs"]
    most = min(9, (MAX_VALUE - 2) // price)
    if most < 2:
        raise DeadEndError
    count = rng.randint(2, most)
    key = f"The {thing}s cost"
    return record(
        sentences, values, f"{buyer} buys {count} {thing}s", key, f"the {thing}s", "*", (f"A {thing} costs", count)
    )


def record(
    sentences: list[Sentence],
    values: dict[str, int],
    text: str,
    key: str,
    name: str,
    op: str,
    operands: tuple[str | int, str | int],
) -> str:
    """Add a sentence and the value it defines; its key. Raises DeadEndError beyond MAX_VALUE."""
    left, right = (values[x] if isinstance(x, str) else x for x in operands)
    values[key] = OPERATIONS[op](left, right)
    if values[key] > MAX_VALUE:
        raise DeadEndError
    sentences.append(Sentence(text, key, name, op, operands))
    return key
