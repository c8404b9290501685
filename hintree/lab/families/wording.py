"""Wordings and questions as templates, and the builder that families draw problems with.

A wording is a template that is written and parsed. ``{A} gets {k} more {item} than {B}`` becomes a sentence when its
fields are filled in. The same template is a pattern that finds the fields in a sentence (hintree/lab/parse.py).
"""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from hintree.lab.difficulty import Difficulty
from hintree.lab.graph import DeadEndError, Graph
from hintree.lab.problem import OPERATIONS

NAMES = ("Ana Ben Carl Dora Eva Finn Gina Hugo Ivy Jack Kira Luis Mona Noah Omar Pia Rosa Tom").split()
SPARE_NAMES = ("Sam Uma Vera Will Yara Zoe").split()
"""Names for problems that need more than ``NAMES``."""
TIMES = {2: "twice", 3: "three times", 4: "four times", 5: "five times"}
PART = {2: "half", 3: "a third", 4: "a quarter", 5: "a fifth"}
MULTIPLIES = {2: "doubles", 3: "triples", 4: "quadruples", 5: "quintuples"}
NUMBER_WORDS = {"times": TIMES, "part": PART, "multiplies": MULTIPLIES}
"""The fields that state a number in words."""
Field = str | int


def draw_names(rng: random.Random, names: Sequence[str], spare: Sequence[str], count: int) -> list[str]:
    """Draw ``count`` different names; the spare ones only where ``names`` are too few.

    With spare names in every draw, all shorter problems of a seed would change.

    Raises:
        DeadEndError: There are fewer names than that.
    """
    known = [*names, *spare] if count > len(names) else names
    if count > len(known):
        raise DeadEndError
    return rng.sample(known, count)


@dataclass(frozen=True, slots=True)
class Wording:
    """One way to state a fact. All parts are templates over the same fields.

    Fields: ``A`` (the target), ``B`` and ``C`` (operands) are words; ``item`` is a plural; ``k`` and ``m`` are numbers,
    ``times``, ``part`` and ``multiplies`` are ``k`` in words; ``d`` is a day and ``e`` the day before it.

    Attributes:
        op: One of "+ - * /", or "" for a given number.
        text: The sentence without label and full stop. Only a given may begin with its key. What follows a key is then
            always its value, which small models need.
        target: The words that state the value.
        name: Name of the quantity in a hint.
        operands: Keys, or a field of a number.
    """

    op: str
    text: str
    target: str
    name: str
    operands: tuple[str, ...]

    def write(self, fields: Mapping[str, Field]) -> "Sentence":
        """Fill in the fields and return the sentence."""
        filled = [operand.format(**fields) for operand in self.operands]
        operands = tuple(int(x) if x.isdigit() else x for x in filled)
        return Sentence(
            self.text.format(**fields), self.target.format(**fields), self.name.format(**fields), self.op, operands
        )


def in_words(k: Field | None) -> dict[str, Field]:
    """Return the fields that state the number ``k`` in words."""
    return {name: table[k] for name, table in NUMBER_WORDS.items() if isinstance(k, int) and k in table}


@dataclass(frozen=True, slots=True)
class Sentence:
    """A fact without a label; see ``problem.Fact`` for the fields."""

    text: str
    target: str
    name: str
    op: str
    operands: tuple[str | int, ...]


class Question(NamedTuple):
    """A question and the key it asks for, as templates."""

    text: str
    target: str


@dataclass(frozen=True, slots=True)
class UnlabelledProblem:
    """Sentences in any order, the question and the key it asks for, and all values by key."""

    sentences: list[Sentence]
    question: str
    target: str
    values: dict[str, int]


class Family(NamedTuple):
    """A kind of problem: ``draw(rng, steps, distractors, difficulty)``, its wordings and its questions."""

    draw: Callable[[random.Random, int, int, Difficulty], UnlabelledProblem]
    wordings: tuple[Wording, ...]
    questions: tuple[Question, ...]


class ProblemBuilder:
    """A problem under construction: sentences, and the values that follow from them."""

    def __init__(self, rng: random.Random, difficulty: Difficulty) -> None:
        self.rng = rng
        self.difficulty = difficulty
        self.sentences: list[Sentence] = []
        self.values: dict[str, int] = {}

    def add_fact(self, choices: Sequence[Wording], **fields: Field) -> str:
        """Add a fact in one of the first ``difficulty.wordings`` wordings; return its key.

        Raises:
            DeadEndError: A value is outside the number range.
        """
        sentence = self.rng.choice(choices[: self.difficulty.wordings]).write({**fields, **in_words(fields.get("k"))})
        numbers = [self.values[x] if isinstance(x, str) else x for x in sentence.operands]
        if sentence.op == "/" and numbers[0] % numbers[1]:
            raise DeadEndError
        value = OPERATIONS[sentence.op](*numbers) if sentence.op else numbers[0]
        if not 1 <= value <= self.difficulty.largest or max(numbers) > self.difficulty.largest:
            raise DeadEndError
        self.sentences.append(sentence)
        self.values[sentence.target] = value
        return sentence.target

    def add_graph(self, graph: Graph, names: Sequence[str], wordings: Sequence[Wording], **fields: Field) -> list[str]:
        """Add every quantity of a graph in the wordings of its operations; return the keys.

        ``names`` holds the name of each quantity by index.
        """
        return [
            self.add_fact(
                [w for w in wordings if w.op == link.op and ("{C}" in w.text) == link.joins],
                A=names[link.target],
                B=names[link.left] if link.op else "",
                C=names[link.right] if link.joins else "",
                k=link.right,
                **fields,
            )
            for link in graph.links
        ]

    def finish(self, question: Question, **fields: Field) -> UnlabelledProblem:
        """Add the question and return the problem."""
        return UnlabelledProblem(
            self.sentences, question.text.format(**fields), question.target.format(**fields), self.values
        )


PATTERNS = {
    "k": r"\d+",
    "m": r"\d+",
    "d": r"\d+",
    **{name: "|".join(table.values()) for name, table in NUMBER_WORDS.items()},
}
"""Regular expression of each field; any other field is a word."""
NUMBER_OF = {words: k for table in NUMBER_WORDS.values() for k, words in table.items()}


@cache
def pattern_of(template: str) -> re.Pattern[str]:
    """Compile a template into a regular expression with one group per field."""
    pieces = re.split(r"\{(\w+)\}", template)
    seen: set[str] = set()
    pattern = re.escape(pieces[0])
    for name, plain in zip(pieces[1::2], pieces[2::2], strict=True):
        pattern += f"(?P={name})" if name in seen else f"(?P<{name}>{PATTERNS.get(name, '[A-Za-z]+')})"
        pattern += re.escape(plain)
        seen.add(name)
    return re.compile(pattern)


def find_fields(template: str, text: str) -> dict[str, Field] | None:
    """Return the fields that produce ``text`` from ``template``, None if it does not match.

    The inverse of ``Wording.write``.
    """
    match = pattern_of(template).fullmatch(text)
    if match is None:
        return None
    fields: dict[str, Field] = {
        name: int(value) if value.isdigit() else value for name, value in match.groupdict().items()
    }
    for name in NUMBER_WORDS:
        if name in fields:
            fields["k"] = NUMBER_OF[str(fields[name])]
    if "d" in fields:
        fields["e"] = int(fields["d"]) - 1
    return fields


def plain_text(text: str, wordings: Sequence[Wording]) -> str:
    """Return a sentence in the first of the wordings that say the same; as it is if none of them fits."""
    for wording in wordings:
        if (fields := find_fields(wording.text, text)) is not None:
            same = (wording.op, wording.target, wording.operands)
            first = next(other for other in wordings if (other.op, other.target, other.operands) == same)
            all_fields = {**fields, **in_words(fields.get("k"))}
            needed = re.findall(r"\{(\w+)\}", first.text)
            return first.text.format(**all_fields) if all_fields.keys() >= set(needed) else text
    return text
