"""Does a hint say too much? The filter on hints that are used, and on hints that a hinter learns from.

A hint may name what the problem and the steps so far have stated, and nothing that is still to be found. Only these
texts are looked at: the filter needs no reference answer, and no reference answer reaches it.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache

from hintree.policies.answers import find_answer

LONGEST_HINT = 25
"""Words."""
NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?|\.\d+")
LABEL = re.compile(r"\((\d+)\)")
FACT = re.compile(r"\((\d+)\)(?=\s+[A-Z])")
"""The label of a fact: "(5) Luis has", but not the "(2)" of "f(2)"."""

UNITS = "one two three four five six seven eight nine".split()
TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
PARTS = {"half": 2, "twice": 2, "double": 2, "pair": 2, "thrice": 3, "triple": 3, "third": 3, "quarter": 4, "dozen": 12}
"""Words of a problem that allow a hint to use a number."""
WORDS = {
    **{word: n for n, word in enumerate(UNITS, 1)},
    **{word: n for n, word in enumerate(TEENS, 10)},
    **{ten: 10 * n for n, ten in enumerate(TENS, 2)},
    **{f"{ten} {unit}": 10 * n + k for n, ten in enumerate(TENS, 2) for k, unit in enumerate(UNITS, 1)},
}
SPELLED = re.compile(rf"\b(?:(?:{'|'.join(TENS)})[-\s](?:{'|'.join(UNITS)})|[a-z]+)\b", re.IGNORECASE)
SAID = re.compile(rf"{LABEL.pattern}|{NUMBER.pattern}|{SPELLED.pattern}", re.IGNORECASE)


def leaks(hint: str, question: str, history: Sequence[str]) -> bool:
    """Whether a hint states an answer, or a number that neither the question nor a step so far has stated.

    A label such as "(5)" may be named where a fact "(5) Luis has ..." has been told; the label of a fact is no number
    that a hint may use. Numbers in words count from ten on ("the two prices" gives nothing away).
    """
    known = known_numbers(question, tuple(history))
    return bool(find_answer(hint)) or any(unknown(found[0], *known) for found in SAID.finditer(normal(hint)))


def mask(hint: str, question: str, history: Sequence[str]) -> str | None:
    """The hint with "?" in place of every number that it may not state; None for a hint that states an answer."""
    if find_answer(hint):
        return None
    known = known_numbers(question, tuple(history))
    return SAID.sub(lambda found: "?" if unknown(found[0], *known) else found[0], normal(hint))


def unknown(said: str, labels: frozenset[str], stated: frozenset[str]) -> bool:
    """Whether a label, a number or a word is a number that is not known."""
    if label := LABEL.fullmatch(said):
        return label[1] not in labels | stated
    if NUMBER.fullmatch(said):
        return one_spelling(said) not in stated
    return bool({str(n) for n in spelled(said, WORDS) if n >= 10} - stated)


@lru_cache(maxsize=1024)
def known_numbers(question: str, history: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str]]:
    """(labels of facts, numbers) that the question and the steps so far have stated; siblings share them."""
    known = normal("\n".join([question, *history]))
    told = FACT.sub(" ", known)
    stated = numbers(told) | {str(n) for n in spelled(told, WORDS | PARTS)}
    return frozenset(FACT.findall(known)), frozenset(stated)


def normal(text: str) -> str:
    """A text with its odd forms of digits, such as superscripts, as plain ones."""
    return unicodedata.normalize("NFKC", text)


def numbers(text: str) -> set[str]:
    """The numbers in a text that are written in digits, without signs, in one spelling: 1,250.0 and 01250 are 1250."""
    return {one_spelling(number) for number in NUMBER.findall(text)}


def one_spelling(number: str) -> str:
    """A number without commas and without zeros that change nothing; no conversion, however long it is."""
    whole, _, rest = number.replace(",", "").partition(".")
    whole, rest = whole.lstrip("0") or "0", rest.rstrip("0")
    return f"{whole}.{rest}" if rest else whole


def spelled(text: str, values: Mapping[str, int]) -> set[int]:
    """The numbers that a text spells out, of those in ``values``; the tens with their units are one word."""
    found = SPELLED.findall(text.lower())
    words = (word if word.isalpha() else re.sub(r"[-\s]+", " ", word) for word in found)
    return {values[word] for word in words if word in values}


def fit_to_teach(hint: str, question: str, history: Sequence[str], answer: str = "") -> bool:
    """Whether a hint may enter a hinter's training data: no leak, not the final ``answer``, and not too long."""
    if len(hint.split()) > LONGEST_HINT or leaks(hint, question, history):
        return False
    return not answer or re.search(rf"(?<![\w.]){re.escape(answer)}(?!\.?\w)", LABEL.sub(" ", hint)) is None
