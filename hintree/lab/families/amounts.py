"""The common part of ``shopping`` and ``rates``: related unit values, then amounts of them, their sum and the rest."""

import random
from collections.abc import Sequence
from typing import NamedTuple

from hintree.lab.difficulty import Difficulty
from hintree.lab.families.wording import (
    NAMES,
    Field,
    ProblemBuilder,
    Question,
    UnlabelledProblem,
    Wording,
    draw_names,
)
from hintree.lab.graph import random_graph


class Amounts(NamedTuple):
    """The wordings of a family of amounts; {P} is a person who is the same throughout.

    units: The value of one {A}: as a given, and by each operation.
    unit: The value of one {A}, from the value of {k} of them.
    some: The value of {k} of {A}.
    both: The sum of the amounts of {A} and {B}.
    rest, rest_of_both: The rest of a larger number {k} after the amount of {A}, or after the sum.
    ask_unit, ask_some, ask_both, ask_rest: The questions; problems ask the last three, sub-questions also the first.
    """

    units: tuple[Wording, ...]
    unit: Wording
    some: tuple[Wording, ...]
    both: Wording
    rest: Wording
    rest_of_both: Wording
    ask_unit: Question
    ask_some: Question
    ask_both: Question
    ask_rest: Question

    def wordings(self) -> tuple[Wording, ...]:
        """Return all wordings of the family."""
        return (*self.units, self.unit, *self.some, self.both, self.rest, self.rest_of_both)

    def questions(self) -> tuple[Question, ...]:
        """Return all questions of the family."""
        return (self.ask_unit, self.ask_some, self.ask_both, self.ask_rest)


def draw_amounts(
    rng: random.Random,
    steps: int,
    distractors: int,
    difficulty: Difficulty,
    words: Amounts,
    names: tuple[Sequence[str], Sequence[str]],
) -> UnlabelledProblem:
    """Draw a problem whose last one to four steps are about amounts; the steps before find the units.

    With more than one wording the first unit sometimes follows from the value of several together. ``names`` are those
    of the units, and the spare ones.
    """
    tail = rng.randint(1, min(4, steps))
    by_unit = difficulty.wordings > 1 and steps > tail and rng.random() < 0.3
    graph = random_graph(rng, steps - tail - by_unit, difficulty, high=30)
    units = len(graph.values)
    if tail >= 3 and units == 1:
        graph.given(high=20)
        units = 2
    graph.distract(distractors, high=30)
    things, person = draw_names(rng, *names, len(graph.values)), rng.choice(NAMES)
    builder = ProblemBuilder(rng, difficulty)
    builder.add_graph(graph, things, words.units)
    if by_unit:
        count = rng.randint(2, min(9, difficulty.largest // graph.values[0]))
        fields: dict[str, Field] = {"P": person, "A": things[0], "k": count, "m": graph.values[0] * count}
        builder.sentences[0] = words.unit.write(fields)
    return add_amounts(builder, words, person, things[:units], tail)


def add_amounts(
    builder: ProblemBuilder, words: Amounts, person: str, things: list[str], tail: int
) -> UnlabelledProblem:
    """Add the amounts in 1 to 4 steps: of one thing, or of two with their sum; without or with the rest."""
    last = things[-1]
    amount = add_amount(builder, words, person, last)
    if tail >= 3:
        other = builder.rng.choice(things[:-1])
        add_amount(builder, words, person, other)
        amount = builder.add_fact([words.both], P=person, A=last, B=other)
    if tail in (2, 4):
        most = builder.difficulty.largest
        whole = builder.rng.randint(min(builder.values[amount] + 1, most), most)
        builder.add_fact([words.rest_of_both if tail == 4 else words.rest], P=person, k=whole, A=last)
    return builder.finish({1: words.ask_some, 3: words.ask_both}.get(tail, words.ask_rest), A=last)


def add_amount(builder: ProblemBuilder, words: Amounts, person: str, thing: str) -> str:
    """Add an amount of one thing; return its key."""
    most = min(9, (builder.difficulty.largest - 2) // builder.values[words.unit.target.format(A=thing)])
    return builder.add_fact(words.some, P=person, A=thing, k=builder.rng.randint(2, max(2, most)))
