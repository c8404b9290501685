"""What a family returns, and the words that several families share."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hintree.experiments.lab.graph import Graph, Link

NAMES = ("Ana Ben Carl Dora Eva Finn Gina Hugo Ivy Jack Kira Luis Mona Noah Omar Pia Rosa Tom").split()
TIMES = {2: "twice", 3: "three times", 4: "four times", 5: "five times"}
PART = {2: "half", 3: "a third", 4: "a quarter", 5: "a fifth"}


@dataclass(frozen=True, slots=True)
class Sentence:
    """A fact before it gets its label; see ``problem.Fact`` for the fields."""

    text: str
    target: str
    name: str
    op: str
    operands: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """Sentences in any order, the question and the key it asks for, and all values by key."""

    sentences: list[Sentence]
    question: str
    target: str
    values: dict[str, int]


def add_distractors(graph: Graph, rng: random.Random, count: int) -> None:
    """Add ``count`` quantities that nothing needs: mostly made from needed ones, else stated outright."""
    needed = len(graph.values)
    for _ in range(count):
        if rng.random() < 0.7:
            graph.derive(rng.randrange(needed - 1))
        else:
            graph.given()


def dress(graph: Graph, names: Sequence[str], keys: Sequence[str], words: Mapping[str, str]) -> list[Sentence]:
    """The graph's links as sentences.

    Args:
        graph: Quantities by index.
        names: What each quantity is called inside a sentence and in a hint.
        keys: The words that state each quantity.
        words: Template by operation ("", "+", "-", "*", "/", "join") with the fields key, name and Name (of
            the target), left and right (names of the operands), k (the constant), times and part (it in words). Only
            a given may begin with its key: then what follows a key is always a value, which small models need.
    """

    def sentence(link: Link) -> Sentence:
        right = names[link.right] if link.joins else ""
        times, part = TIMES.get(link.right, ""), PART.get(link.right, "")
        text = words["join" if link.joins else link.op].format(
            key=keys[link.target],
            name=names[link.target],
            Name=names[link.target].capitalize(),
            left=names[link.left],
            right=right,
            k=link.right,
            times=times,
            part=part,
        )
        second = keys[link.right] if link.joins else link.right
        operands = (keys[link.left], second) if link.op else (second,)
        return Sentence(text, keys[link.target], names[link.target], link.op, operands)

    return [sentence(link) for link in graph.links]
