"""Random dependency graphs of quantities. The families turn such a graph into sentences."""

import random
from dataclasses import dataclass
from typing import Literal

from hintree.lab.difficulty import STANDARD, Difficulty
from hintree.lab.problem import MAX_VALUE, OPERATIONS

LARGEST_CONSTANT = 40
FACTORS = (2, 3, 4, 5)
Op = Literal["", "+", "-", "*", "/"]


@dataclass(frozen=True, slots=True)
class Link:
    """An edge of the graph: quantity ``target`` (an index) is ``left op right``.

    ``joins`` is True if ``right`` is the index of a quantity, too. A given quantity has ``op`` "" and its value in
    ``right``.
    """

    target: int
    op: Op
    left: int
    right: int
    joins: bool = False


class DeadEndError(Exception):
    """The random graph cannot be completed within the number range; draw another."""


class Graph:
    """A graph under construction: values by index, and the links that define them."""

    def __init__(self, rng: random.Random, difficulty: Difficulty = STANDARD) -> None:
        self.rng = rng
        self.difficulty = difficulty
        self.values: list[int] = []
        self.links: list[Link] = []

    def given(self, low: int = 3, high: int = 60) -> int:
        """Add a quantity that the text states, drawn from ``low`` to ``high``; return its index."""
        self.values.append(self.rng.randint(low, high))
        self.links.append(Link(len(self.values) - 1, "", -1, self.values[-1]))
        return len(self.values) - 1

    def derive(self, left: int) -> int:
        """Add a quantity made from ``left`` and a constant; return its index."""
        op, constant = self.rng.choice(changes(self.values[left], self.rng, self.difficulty.largest))
        self.values.append(OPERATIONS[op](self.values[left], constant))
        self.links.append(Link(len(self.values) - 1, op, left, constant))
        return len(self.values) - 1

    def join(self, left: int, right: int) -> int:
        """Add the sum of two quantities; return its index. Raises DeadEndError beyond the largest value."""
        total = self.values[left] + self.values[right]
        if total > self.difficulty.largest:
            raise DeadEndError
        self.values.append(total)
        self.links.append(Link(len(self.values) - 1, "+", left, right, joins=True))
        return len(self.values) - 1

    def distract(self, count: int, high: int = 60) -> None:
        """Add ``count`` unneeded quantities: dead ends derived from needed ones, or given numbers."""
        needed = len(self.values)
        for _ in range(count):
            if needed > 1 and self.rng.random() < self.difficulty.dead_ends:
                self.derive(self.rng.randrange(needed - 1))
            else:
                self.given(high=high)


def changes(value: int, rng: random.Random, largest: int = MAX_VALUE) -> list[tuple[Op, int]]:
    """Return one way per operation to change ``value`` by a constant and stay in 1..largest.

    Raises:
        DeadEndError: No operation is possible.
    """
    found: list[tuple[Op, int]] = []
    if value + 2 <= largest:
        found.append(("+", rng.randint(2, min(LARGEST_CONSTANT, largest - value))))
    if value >= 4:
        found.append(("-", rng.randint(2, min(LARGEST_CONSTANT, value - 1))))
    factors = [k for k in FACTORS if value * k <= largest]
    divisors = [k for k in FACTORS if value % k == 0]
    found += [("*", rng.choice(factors))] if factors else []
    found += [("/", rng.choice(divisors))] if divisors else []
    if not found:
        raise DeadEndError
    return found


def random_graph(rng: random.Random, steps: int, difficulty: Difficulty = STANDARD, high: int = 60) -> Graph:
    """Draw a graph whose last quantity needs exactly ``steps`` operations, all of them needed.

    ``high`` is the largest given number.
    """
    graph = Graph(rng, difficulty)
    ends = [graph.given(high=high)]
    for left in range(steps, 0, -1):
        if len(ends) - 1 >= left or (len(ends) > 1 and rng.random() < 0.4):
            first, second = rng.sample(ends, 2)
            ends = [e for e in ends if e not in (first, second)] + [graph.join(first, second)]
        elif len(ends) <= left - 2 and rng.random() < difficulty.branching:
            ends.append(graph.derive(graph.given(high=high) if rng.random() < 0.5 else rng.choice(ends)))
        else:
            end = rng.choice(ends)
            ends[ends.index(end)] = graph.derive(end)
    return graph
