"""The family ``totals``: running totals of one person's things over days."""

import random

from hintree.lab.difficulty import Difficulty
from hintree.lab.families.relations import ITEMS
from hintree.lab.families.wording import NAMES, Family, ProblemBuilder, Question, UnlabelledProblem, Wording
from hintree.lab.graph import changes

ONLY_DAY = "On day {d} {A} "


def says(op: str, deed: str) -> Wording:
    """Return a wording about an action of {A} on day {d}."""
    return Wording(op, ONLY_DAY + deed, "On day {d} {A} has", "day {d}", ("On day {e} {A} has", "{k}"))


GIVEN = Wording("", ONLY_DAY + "has {k} {item}", "On day {d} {A} has", "day {d}", ("{k}",))
DEEDS = {
    "+": [says("+", f"{verb} {{k}} {{item}}") for verb in ("buys", "finds", "wins")],
    "-": [says("-", f"{verb} {{k}} {{item}}") for verb in ("loses", "sells", "lends")],
    "*": [says("*", "{multiplies} the {item}"), says("*", "ends with {times} as many {item}")],
    "/": [says("/", "keeps {part} of the {item}"), says("/", "loses all but {part} of the {item}")],
}
HOW_MANY = Question("How many {item} does {A} have on day {d}?", "On day {d} {A} has")


def draw(rng: random.Random, steps: int, distractors: int, difficulty: Difficulty) -> UnlabelledProblem:
    """Draw a problem: On day 3 Eva buys 16 shells. ... How many shells does Eva have on day 6?

    A dead end is a day after the one asked for; any other distractor is a number of things that another person has.
    """
    (who, *others), item = rng.sample(NAMES, 3), rng.choice(ITEMS)
    builder = ProblemBuilder(rng, difficulty)
    last = builder.add_fact([GIVEN], d=1, A=who, k=rng.randint(3, 60), item=item)
    dead_ends = sum(rng.random() < difficulty.dead_ends for _ in range(distractors))
    for day in range(2, steps + 2 + dead_ends):
        op, k = rng.choice(changes(builder.values[last], rng, difficulty.largest))
        last = builder.add_fact(DEEDS[op], d=day, e=day - 1, A=who, k=k, item=item)
    for other in others[: distractors - dead_ends]:
        builder.add_fact([GIVEN], d=1, A=other, k=rng.randint(3, 60), item=item)
    return builder.finish(HOW_MANY, item=item, A=who, d=steps + 1)


WORDINGS = (GIVEN, *(wording for op in DEEDS.values() for wording in op))
totals = Family(draw, WORDINGS, (HOW_MANY,))
