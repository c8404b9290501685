"""The fact book: 5,000 entries about 625 places, drawn from a seed.

A place has a name of two words, so that a small vocabulary names them all. Every place has one entry for each of five
counts ("Blue Hill keeps 24 cows.") and for each of three links ("The partner of Red Mill is Blue Hill."). Every place
is the partner, the neighbour and the rival of exactly one other place.
"""

import random
import re
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple

from hintree.lab.graph import DeadEndError

FIRST = (
    "Amber Ash Black Blue Cold Deep East Elm Gold Gray Green High Long Low New North Oak Old Red Silver South Stone "
    "Sun West White"
).split()
SECOND = (
    "Bay Bridge Brook Cliff Cove Creek Dale Farm Field Ford Gate Glen Grove Hill Lake Mill Moor Park Pond Port Ridge "
    "Rock Well Wood Yard"
).split()
PLACES = tuple(f"{first} {second}" for first in FIRST for second in SECOND)
PLACE_NUMBERS = {place: number for number, place in enumerate(PLACES)}
VERBS = {"cows": "keep", "boats": "own", "trees": "grow", "fields": "rent", "carts": "build"}
"""Countable things of a place, and the verb that states their number."""
LINKS = ("partner", "neighbour", "rival")
LEAST, MOST = 3, 60
"""Range of the counts."""
PHRASE = re.compile(rf"((?:the (?:{'|'.join(LINKS)}) of )*)((?:{'|'.join(FIRST)}) (?:{'|'.join(SECOND)}))\b")
"""A place by its name or by links: "Red Mill", "the partner of the rival of Red Mill"."""


class Entry(NamedTuple):
    """One entry of the book.

    id: The place, and the thing or link that the entry states: "Blue Hill cows", "Red Mill partner".
    text: The sentence without its full stop.
    target: Key of the entry, the words before its value, as in ``Fact``.
    name: Name in a query or a hint: "the cows of Blue Hill".
    value: The count; 0 for a link.
    """

    id: str
    text: str
    target: str
    name: str
    value: int


class Chain(NamedTuple):
    """A place named by links, and the entries that lead to its count, in the order of reading."""

    phrase: str
    key: str
    entries: tuple[Entry, ...]


class Book:
    """All counts and links of one book.

    Args:
        seed: Same seed, same book.
    """

    def __init__(self, seed: int) -> None:
        rng = random.Random(f"book/{seed}")
        self.seed = seed
        self.counts = {item: [rng.randint(LEAST, MOST) for _ in PLACES] for item in VERBS}
        self.links = {link: one_circle(rng) for link in LINKS}

    def count(self, place: str, item: str) -> Entry:
        """Return the entry of a count."""
        value = self.counts[item][PLACE_NUMBERS[place]]
        key = f"{place} {VERBS[item]}s"
        return Entry(f"{place} {item}", f"{key} {value} {item}", key, f"the {item} of {place}", value)

    def link(self, place: str, link: str) -> Entry:
        """Return the entry of a link."""
        name = f"the {link} of {place}"
        key = f"The{name[3:]} is"
        return Entry(f"{place} {link}", f"{key} {self.follow(place, link)}", key, name, 0)

    def follow(self, place: str, link: str) -> str:
        """Return the place that a link leads to."""
        return PLACES[self.links[link][PLACE_NUMBERS[place]]]

    def read(self, phrase: str, item: str) -> Chain:
        """Return the entries that a phrase needs, such as "the partner of the rival of Red Mill"."""
        match = PHRASE.fullmatch(phrase)
        assert match is not None
        place, entries = match[2], []
        for link in reversed(re.findall(rf"the ({'|'.join(LINKS)}) of", match[1])):
            entries.append(self.link(place, link))
            place = self.follow(place, link)
        last = self.count(place, item)
        return Chain(phrase, last.target, (*entries, last))

    def draw_phrase(self, rng: random.Random, item: str, hops: int, value: int | None = None) -> str:
        """Draw a phrase that needs ``hops`` entries to find a count of ``value``, any value if None.

        Raises:
            DeadEndError: No place has that count.
        """
        fit = [place for place, count in zip(PLACES, self.counts[item], strict=True) if value in (None, count)]
        if not fit:
            raise DeadEndError
        place, words = rng.choice(fit), ""
        for _ in range(hops - 1):
            link = rng.choice(LINKS)
            place, words = PLACES[self.links[link].index(PLACE_NUMBERS[place])], f"{words}the {link} of "
        return words + place

    def entry(self, id: str) -> Entry:
        """Return the entry of an id."""
        place, _, what = id.rpartition(" ")
        return self.count(place, what) if what in VERBS else self.link(place, what)

    def entries(self) -> Iterator[Entry]:
        """Yield all entries, in a fixed order."""
        for place in PLACES:
            yield from (self.count(place, item) for item in VERBS)
            yield from (self.link(place, link) for link in LINKS)

    @cached_property
    def by_text(self) -> dict[str, Entry]:
        """Return the entries by their sentence without its full stop."""
        return {entry.text: entry for entry in self.entries()}

    def similar(self, rng: random.Random, entry: Entry, count: int) -> list[Entry]:
        """Draw other entries that share words with ``entry``, as a retriever finds them."""
        first, second, what = entry.id.split(" ")
        found: dict[str, Entry] = {}
        while len(found) < count:
            kind, place = rng.random(), f"{first} {second}"
            if kind < 0.2 and what in LINKS:
                place = PLACES[
                    self.links[what].index(PLACE_NUMBERS[place])
                ]  # its entry ends with the words of this one
            elif kind < 0.4:
                place = rng.choice((f"{rng.choice(FIRST)} {second}", f"{first} {rng.choice(SECOND)}"))
            other = what if kind < 0.6 else rng.choice((*VERBS, *LINKS))
            if (one := f"{place} {other}") != entry.id:
                found[one] = self.entry(one)
        return list(found.values())


def one_circle(rng: random.Random) -> list[int]:
    """Draw a permutation of the places that is one circle: no place leads to itself."""
    order = rng.sample(range(len(PLACES)), len(PLACES))
    following = dict(zip(order, [*order[1:], order[0]], strict=True))
    return [following[i] for i in range(len(PLACES))]


@lru_cache(maxsize=256)
def make_book(seed: int) -> Book:
    """Return the book of a seed; book 0 is the one that questions are parsed with."""
    return Book(seed)


def show_passages(entries: Sequence[Entry]) -> str:
    """Return entries as a model reads them behind the question, one on a line: "[ID] SENTENCE."."""
    return "\n".join(f"[{entry.id}] {entry.text}." for entry in entries)
