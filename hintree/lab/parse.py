"""Parse a lab question into facts, values and answer, by the wordings that it was written with."""

import re
from collections.abc import Iterator
from dataclasses import replace

from hintree.errors import UsageError
from hintree.lab.book import PHRASE, VERBS, Book, Chain, make_book
from hintree.lab.families.relations import relations
from hintree.lab.families.wording import Wording, find_fields
from hintree.lab.generate import FAMILIES, split_of
from hintree.lab.problem import MAX_VALUE, OPERATIONS, Fact, LabProblem

LABELLED = re.compile(r"\((\d{1,3})\) (.+?)\.(?= \(| [A-Z])")
MOST_PLACES = 16
"""Maximum number of places of the book in a question."""
LONGEST_QUESTION = 10_000
"""Maximum length of a question in characters."""


def parse_problem(question: str, book: int = 0) -> LabProblem:
    """Parse a question.

    Args:
        question: The labelled facts and the question.
        book: Seed of the fact book, for a question that names places of it.

    Raises:
        UsageError: It is not a question of the lab; the message names the first part that no family can parse.
    """
    text = " ".join(question.split())[:LONGEST_QUESTION]
    if PHRASE.search(text):
        return parse_book_problem(text, make_book(book))
    parts = list(LABELLED.finditer(text))
    sentences, question_text = [part[2] for part in parts], text[parts[-1].end() :].strip() if parts else text
    if not parts or [int(part[1]) for part in parts] != list(range(1, len(parts) + 1)):
        raise UsageError(
            "a lab question is a row of facts labelled (1), (2), ..., and a question; see `hintree lab problems`"
        )
    readings = {
        name: [read_fact(label, sentence, family.wordings) for label, sentence in enumerate(sentences, 1)]
        for name, family in FAMILIES.items()
    }
    name = max(readings, key=lambda family: sum(fact is not None for fact in readings[family]))
    facts = []
    for label, fact in enumerate(readings[name], 1):
        if fact is None:
            raise UsageError(f"({label}) is no fact of the lab: {sentences[label - 1]!r}")
        facts.append(fact)
    target = read_target(question_text, name)
    problem = LabProblem(name, text, tuple(facts), target, evaluate(facts, target))
    return replace(problem, split=split_of(problem))


def parse_book_problem(text: str, book: Book) -> LabProblem:
    """Parse a question about places of the book: persons related as in ``relations``, or a count alone.

    Raises:
        UsageError: It is no such question.
    """
    chains: list[Chain] = []

    def placeholder(match: re.Match[str]) -> str:
        chains.append(book.read(match[0], item))
        return f"Place{chr(ord('A') + len(chains) - 1)}"

    item = next((item for item in VERBS if re.search(rf"\b{item}\b", text)), "")
    if not item:
        raise UsageError(f"a question about places of the book names {', '.join(VERBS)}")
    short = PHRASE.sub(placeholder, text)
    if len(chains) > MOST_PLACES:
        raise UsageError(f"a question about places of the book names at most {MOST_PLACES}")
    keys = {f"Place{chr(ord('A') + i)} has": chain.key for i, chain in enumerate(chains)}
    parts = list(LABELLED.finditer(short))
    originals = [part[2] for part in LABELLED.finditer(text)]
    facts = []
    for label, part in enumerate(parts, 1):
        fact = read_fact(label, part[2], relations.wordings)
        if fact is None or int(part[1]) != label or fact.target in keys:
            raise UsageError(f"({label}) is no fact about places and persons: {originals[label - 1]!r}")
        operands = tuple(keys.get(x, x) if isinstance(x, str) else x for x in fact.operands)
        facts.append(replace(fact, text=originals[label - 1], operands=operands))
    entries = {fact.target: fact for chain in chains for fact in entry_facts(chain)}
    asked = short[parts[-1].end() :].strip() if parts else short
    alone = re.fullmatch(rf"How many {item} does PlaceA {VERBS[item]}\?", asked)
    target = chains[0].key if alone else read_target(asked, "relations")
    known = [*facts, *entries.values()]
    problem = LabProblem("book", text, tuple(known), target, evaluate(known, target), book=book.seed)
    return replace(problem, split=split_of(problem))


def entry_facts(chain: Chain) -> Iterator[Fact]:
    """Yield the entries of a chain as facts, each after the links that lead to it."""
    before: tuple[str, ...] = ()
    for entry in chain.entries:
        yield Fact(0, entry.text, entry.target, entry.name, "", (entry.value,), entry.id, before)
        before = (entry.target,)


def read_target(question_text: str, family: str) -> str:
    """Return the key that a question of a family asks for. Raises UsageError."""
    for question in FAMILIES[family].questions:
        if (fields := find_fields(question.text, question_text)) is not None:
            return question.target.format(**fields)
    raise UsageError(f"{question_text!r} is no question about {family}; see `hintree lab problems --family {family}`")


def read_fact(label: int, sentence: str, wordings: tuple[Wording, ...]) -> Fact | None:
    """Parse the fact that a sentence states; None if no wording matches."""
    for wording in wordings:
        fields = find_fields(wording.text, sentence)
        if fields is not None:
            found = wording.write(fields)
            return Fact(label, found.text, found.target, found.name, found.op, found.operands)
    return None


def evaluate(facts: list[Fact], target: str) -> dict[str, int]:
    """Compute the value of every quantity.

    Raises:
        UsageError: A quantity is stated twice, never, in a circle, or is not a whole number from 0 to MAX_VALUE.
    """
    by_key = {fact.target: fact for fact in facts}
    if len(by_key) < len(facts):
        twice = next(fact for fact in facts if by_key[fact.target] is not fact)
        raise UsageError(f"({twice.label}) is stated twice: what {twice.target!r} says")
    values: dict[str, int] = {}
    waiting = list(facts)
    while ready := [fact for fact in waiting if values.keys() >= set(fact.needs())]:
        for fact in ready:
            values[fact.target] = compute(fact, values)
        waiting = [fact for fact in waiting if fact.target not in values]
    if waiting:
        raise UsageError(f"({waiting[0].label}) needs what no fact states: {', '.join(waiting[0].needs())}")
    if target not in values:
        raise UsageError(f"no fact states the target: {target!r}")
    return values


def compute(fact: Fact, values: dict[str, int]) -> int:
    """Compute the value that a fact defines. Raises UsageError outside 0 to MAX_VALUE."""
    numbers = [values[x] if isinstance(x, str) else x for x in fact.operands]
    if fact.op == "/" and (numbers[1] == 0 or numbers[0] % numbers[1]):
        raise UsageError(f"({fact.label}) does not divide: {numbers[0]} / {numbers[1]} is no whole number")
    value = OPERATIONS[fact.op](*numbers) if fact.op else numbers[0]
    if not 0 <= value <= MAX_VALUE:
        raise UsageError(f"({fact.label}) gives {value}, which is outside 0 to {MAX_VALUE}")
    return value
