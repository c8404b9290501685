"""Leak filter: detect hints that state a result which is still to be found.

A hint leaks if it states an answer, or a number that neither the problem nor a step so far has stated. The filter is
applied to hints that are used and to the training data of a hinter. It reads only these texts, no reference answer.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from hintree.grade import find_answer
from hintree.grade.number_words import parts, scale_after, spelled
from hintree.policies.language import language_of

MAX_HINT_WORDS = 25
"""Longest hint in a hinter's training data, in words."""
NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?|\.\d+")
COMMA_NUMBER = re.compile(r"\d{1,3}(?:[. ]\d{3})+(?:,\d+)?(?!\d)|(?<![\d,])\d+,\d+(?![,\d])|" + NUMBER.pattern)
"""Matches a number as it is written where a comma precedes the decimals: 1.250,5 or 1 250,5."""
INDIAN_NUMBER = re.compile(r"\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d+)?(?!\d)|" + NUMBER.pattern)
"""Matches a number in which lakhs and crores stand apart: 1,00,000."""
PATTERNS = {"es": COMMA_NUMBER, "de": COMMA_NUMBER, "fr": COMMA_NUMBER, "hi": INDIAN_NUMBER}
LABEL = re.compile(r"\((\d+)\)")
FACT = re.compile(r"\((\d+)\)(?=\s+[A-Z])")
"""Matches the label of a fact, "(5) Luis has", but not the "(2)" of "f(2)"."""
LONGEST = 30
"""Digits of a number that a word of scale may follow."""


class Mention(NamedTuple):
    """A number in a text: where it stands, and its readings, each in one spelling; a label's is "(5)" too."""

    start: int
    end: int
    readings: frozenset[str]


def leaks(hint: str, question: str, history: Sequence[str]) -> bool:
    """Test if a hint states an answer, or a number that neither the question nor a step so far has stated.

    A label such as "(5)" may be named if the fact "(5) Luis has ..." is stated. Its number may not be used otherwise.
    Numbers in words, of six languages, count from ten on, since "the two prices" reveals nothing.
    """
    return states_answer(hint) or next(unknown(hint, question, history), None) is not None


def states_answer(hint: str) -> bool:
    """Test if a hint states an answer in any form that the grader reads; a heading "#### Step 2" states none."""
    return find_answer(hint) is not None


def mask(hint: str, question: str, history: Sequence[str]) -> str | None:
    """Return the hint with "?" in place of every number that leaks; None if the hint states an answer."""
    if states_answer(hint):
        return None
    text, end, kept = normal(hint), 0, []
    for mention in unknown(hint, question, history):
        kept.append(text[end : mention.start])
        end = mention.end
    return "?".join([*kept, text[end:]])


def unknown(hint: str, question: str, history: Sequence[str]) -> Iterator[Mention]:
    """Yield the numbers of a hint that neither the question nor a step has stated, in order."""
    known, languages = known_numbers(question, tuple(history))
    for mention in mentions(normal(hint), languages | {language_of(hint)}):
        if mention.readings.isdisjoint(known):
            yield mention


@lru_cache(maxsize=1024)
def known_numbers(question: str, history: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str]]:
    """Return (numbers and labels stated in the question and the steps, their languages); cached for siblings."""
    known = normal("\n".join([question, *history]))
    languages = frozenset({language_of(known)})
    unlabelled = FACT.sub(" ", known)
    stated = {reading for found in in_digits(unlabelled, languages) for reading in found.readings}
    stated |= {str(one.value) for one in spelled(unlabelled, languages)} | set(map(str, parts(unlabelled, languages)))
    stated |= {one_spelling(number) for number in NUMBER.findall(unlabelled)}  # the 3 of "3 million" too
    labels = {f"({one_spelling(label)})" for label in FACT.findall(known)}
    return frozenset(stated | labels), languages


def mentions(text: str, languages: Collection[str]) -> list[Mention]:
    """Return the labels and numbers of a hint, in order; those in words from ten on."""
    labels = [Mention(m.start(), m.end(), label_readings(m[1])) for m in LABEL.finditer(text)]
    words = [Mention(w.start, w.end, frozenset({str(w.value)})) for w in spelled(text, languages) if w.value >= 10]
    found: list[Mention] = []
    for one in sorted([*labels, *in_digits(text, languages), *words], key=lambda one: (one.start, -one.end)):
        if not found or one.start >= found[-1].end:
            found.append(one)
    return found


def in_digits(text: str, languages: Collection[str]) -> Iterator[Mention]:
    """Yield the numbers in digits, with a word of scale after them ("3 million", "3\u4e07") where there is one."""
    pattern = next((PATTERNS[code] for code in sorted(languages) if code in PATTERNS), NUMBER)
    for match in pattern.finditer(text):
        plain = NUMBER.fullmatch(match[0]) or pattern is INDIAN_NUMBER
        spellings = {one_spelling(match[0])} if plain else set()
        if pattern is COMMA_NUMBER:
            spellings.add(one_spelling(match[0].replace(".", "").replace(" ", "").replace(",", ".")))
        factor, end = scale_after(text, match.end()) if len(match[0]) <= LONGEST else (1, match.end())
        yield Mention(match.start(), end, frozenset(scaled(one, factor) for one in spellings))


def label_readings(label: str) -> frozenset[str]:
    """Return the readings of a label, as a label and as a number."""
    number = one_spelling(label)
    return frozenset({number, f"({number})"})


def scaled(number: str, factor: int) -> str:
    """Return a number times a factor; as it is if the product is not whole."""
    product = Fraction(number) * factor if factor > 1 else None
    return str(product) if product is not None and product.denominator == 1 else number


def normal(text: str) -> str:
    """Normalise Unicode (NFKC), so that superscript or full-width digits become plain ones."""
    return unicodedata.normalize("NFKC", text)


def one_spelling(number: str) -> str:
    """Remove commas and insignificant zeros; digits of all scripts become ASCII.

    The text is not converted to a number, so its length does not matter.
    """
    if not number.isascii():
        number = "".join(str(unicodedata.decimal(c, c)) for c in number)
    whole, _, rest = number.replace(",", "").partition(".")
    whole, rest = whole.lstrip("0") or "0", rest.rstrip("0")
    return f"{whole}.{rest}" if rest else whole


def is_training_hint(hint: str, question: str, history: Sequence[str], answer: str = "") -> bool:
    """Test if a hint may enter a hinter's training data: no leak, not the final ``answer``, at most 25 words."""
    if len(hint.split()) > MAX_HINT_WORDS or leaks(hint, question, history):
        return False
    return not answer or re.search(rf"(?<![\w.]){re.escape(answer)}(?!\.?\w)", LABEL.sub(" ", hint)) is None
