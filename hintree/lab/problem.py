"""A lab problem: labelled facts about quantities, and the exact solution.

Every quantity has a *key*, the words that state it ("Noah has", "On day 2 Eva has"), and an integer value. Every fact
defines one quantity, either as a given number or as one operation on others. A step restates the fact it uses, looks
up its operands, computes, and states the result in the form of a fact::

    (5) Luis has 15 more stamps than Noah. Noah has 10. 10 + 15 = 25. Luis has 25.

The last step is ``The answer is 25.``
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

MAX_VALUE = 199
"""Largest integer in a problem or a solution; each integer is one token."""

OPERATIONS = {"+": int.__add__, "-": int.__sub__, "*": int.__mul__, "/": int.__floordiv__}
"""The four operations; a quotient in a lab problem is always a whole number."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One labelled sentence, which defines one quantity.

    Attributes:
        label: Position in the text, from 1; written "(label)". 0 for an entry of the fact book.
        text: The sentence without its label and full stop.
        target: Key of the quantity it defines.
        name: Name of that quantity in a hint ("Luis", "day 3", "a pen").
        op: One of "+ - * /", or "" for a given number.
        operands: Keys of quantities, or integers the fact itself states; (value,) for a given.
        entry: Id of the entry of the fact book that states it; "" for a sentence of the question.
        links: Keys of the entries that must be read before one knows that this entry is needed.
    """

    label: int
    text: str
    target: str
    name: str
    op: str
    operands: tuple[str | int, ...]
    entry: str = ""
    links: tuple[str, ...] = ()

    def needs(self) -> list[str]:
        """Return the keys of the quantities that a step with this fact looks up."""
        return [x for x in self.operands if isinstance(x, str)]

    def requires(self) -> list[str]:
        """Return all keys that must be known before this fact can be used."""
        return [*self.needs(), *self.links]


@dataclass(frozen=True)
class LabProblem:
    """A word problem of the lab, with its ground truth.

    Attributes:
        family: Name of the family it comes from.
        question: The whole text, labelled facts and the question.
        facts: In the order of the text; the entries of the book that the answer needs stand last.
        target: Key of the target quantity.
        values: Value of every quantity by key, distractors included; 0 for a link of the book.
        split: "train", "validation" or "test".
        book: Seed of the fact book; None for a problem that needs none.
    """

    family: str
    question: str
    facts: tuple[Fact, ...]
    target: str
    values: dict[str, int]
    split: str = ""
    book: int | None = None

    @property
    def id(self) -> str:
        """Return a stable identifier: a hash of the question."""
        return "lab-" + hashlib.sha256(self.question.encode()).hexdigest()[:12]

    @property
    def answer(self) -> int:
        """Return the exact answer, an integer."""
        return self.values[self.target]

    @property
    def names(self) -> dict[str, str]:
        """Return by key the names that hints use for the quantities."""
        return {fact.target: fact.name for fact in self.facts}

    def needed(self) -> set[str]:
        """Return the keys of all quantities on some path to the target."""
        return needed_keys(self.target, {fact.target: (*fact.operands, *fact.links) for fact in self.facts})

    def givens(self) -> dict[str, int]:
        """Return by key the values of the quantities that the text states as numbers."""
        return {fact.target: self.values[fact.target] for fact in self.facts if not fact.op and not fact.entry}


def needed_keys(target: str, operands: Mapping[str, tuple[str | int, ...]]) -> set[str]:
    """Return the keys of all quantities on some path to ``target``, given what each quantity needs."""
    seen, waiting = {target}, [target]
    while waiting:
        for key in operands[waiting.pop()]:
            if isinstance(key, str) and key not in seen:
                seen.add(key)
                waiting.append(key)
    return seen


def solve(problem: LabProblem) -> list[Fact]:
    """Return the facts of the gold solution in canonical order, each chosen by ``next_to_use``."""
    known = set(problem.givens())
    order: list[Fact] = []
    while (fact := next_to_use(problem, known, order[-1].target if order else None)) is not None:
        order.append(fact)
        known.add(fact.target)
    return order


def next_to_use(problem: LabProblem, known: set[str], last: str | None) -> Fact | None:
    """Return the needed fact to use next; None if the target is known.

    A fact that continues from the ``last`` result comes first, else the first usable one of the text. A canonical order
    makes solutions predictable, and small models learn to continue from the last result most easily.
    """
    if problem.target in known:
        return None
    needed = problem.needed()
    usable = [f for f in problem.facts if f.target in needed - known and known.issuperset(f.requires())]
    return next((f for f in usable if last in f.requires()), usable[0])


def write_step(fact: Fact, values: dict[str, int]) -> str:
    """Write the step that uses ``fact``, with operand values taken from ``values`` (which may hold an error).

    The step of an entry of the book quotes it and cites its id.
    """
    if fact.entry:
        return f"“{fact.text}.” [{fact.entry}]"
    numbers = [values[x] if isinstance(x, str) else x for x in fact.operands]
    lookups = "".join(f"{key} {values[key]}. " for key in fact.needs())
    result = OPERATIONS[fact.op](*numbers)
    return (
        f"({fact.label}) {fact.text}. {lookups}{numbers[0]} {fact.op} {numbers[1]} = {result}. {fact.target} {result}."
    )


def write_answer(value: int) -> str:
    """Write the last step, which states the answer."""
    return f"The answer is {value}."


def write_hint(fact: Fact | None, names: Mapping[str, str], *, again: bool = False) -> str:
    """Write the hint for ``fact`` (None: all is known). It holds no number that is not in the problem.

    Args:
        fact: The fact to use next.
        names: Names of the quantities by key; the hint names the fact and the quantities to look up.
        again: Whether a step has stated the fact's quantity wrongly.
    """
    if fact is None:
        return "give the answer."
    if fact.entry:
        return f"look up {fact.name}."
    if again:
        return f"check ({fact.label}) again."
    return f"use {sources(fact, names)} to find {fact.name}."


def sources(fact: Fact, names: Mapping[str, str]) -> str:
    """Return what a step with ``fact`` uses: "(3) and Pia"."""
    return " and ".join([f"({fact.label})", *(names[key] for key in fact.needs())])


def write_plan(problem: LabProblem) -> str:
    """Write the plan in one line: the facts to use, in order, and the quantity each defines, without their values."""
    return f"Plan: {plan_text(problem)}"


def plan_text(problem: LabProblem) -> str:
    """Return the plan without its label; unlike a hint, an entry names no quantity to look up."""
    return ", ".join(f"({fact.label}) {fact.name}" for fact in solve(problem)) + "."


def gold(problem: LabProblem) -> Iterator[tuple[str, str]]:
    """Yield (hint, step) for every step of the gold solution, the answer included."""
    for fact in solve(problem):
        yield write_hint(fact, problem.names), write_step(fact, problem.values)
    yield write_hint(None, problem.names), write_answer(problem.answer)
