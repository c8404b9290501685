"""Leak filter: detect hints that state a result which is still to be found.

A hint leaks if it states an answer, or a number that neither the problem nor a step so far has stated. The filter is
applied to hints that are used and to the training data of a hinter. It reads only these texts, no reference answer.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache

from hintree.grade import find_answer

MAX_HINT_WORDS = 25
"""Longest hint in a hinter's training data, in words."""
NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?|\.\d+")
LABEL = re.compile(r"\((\d+)\)")
FACT = re.compile(r"\((\d+)\)(?=\s+[A-Z])")
"""Matches the label of a fact, "(5) Luis has", but not the "(2)" of "f(2)"."""

UNITS = "one two three four five six seven eight nine".split()
TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
PARTS = {"half": 2, "twice": 2, "double": 2, "pair": 2, "thrice": 3, "triple": 3, "third": 3, "quarter": 4, "dozen": 12}
"""Words that, in a problem or a step, state a number which a hint may then use."""
WORDS = {
    **{word: n for n, word in enumerate(UNITS, 1)},
    **{word: n for n, word in enumerate(TEENS, 10)},
    **{ten: 10 * n for n, ten in enumerate(TENS, 2)},
    **{f"{ten} {unit}": 10 * n + k for n, ten in enumerate(TENS, 2) for k, unit in enumerate(UNITS, 1)},
}
SPELLED = re.compile(rf"\b(?:(?:{'|'.join(TENS)})[-\s](?:{'|'.join(UNITS)})|[a-z]+)\b", re.IGNORECASE)
MENTION = re.compile(rf"{LABEL.pattern}|{NUMBER.pattern}|{SPELLED.pattern}", re.IGNORECASE)


def leaks(hint: str, question: str, history: Sequence[str]) -> bool:
    """Test if a hint states an answer, or a number that neither the question nor a step so far has stated.

    A label such as "(5)" may be named if the fact "(5) Luis has ..." is stated. Its number may not be used otherwise.
    Numbers in words count from ten on, since "the two prices" reveals nothing.
    """
    known = known_numbers(question, tuple(history))
    return states_answer(hint) or any(unknown(found[0], *known) for found in MENTION.finditer(normal(hint)))


def states_answer(hint: str) -> bool:
    """Test if a hint states an answer in any form that the grader reads; a heading "#### Step 2" states none."""
    return find_answer(hint) is not None


def mask(hint: str, question: str, history: Sequence[str]) -> str | None:
    """Return the hint with "?" in place of every number that leaks; None if the hint states an answer."""
    if states_answer(hint):
        return None
    known = known_numbers(question, tuple(history))
    return MENTION.sub(lambda found: "?" if unknown(found[0], *known) else found[0], normal(hint))


def unknown(token: str, labels: frozenset[str], stated: frozenset[str]) -> bool:
    """Test if a token (a label, a number or a word) is a number that is not known."""
    if label := LABEL.fullmatch(token):
        return label[1] not in labels | stated
    if NUMBER.fullmatch(token):
        return one_spelling(token) not in stated
    return bool({str(n) for n in spelled(token, WORDS) if n >= 10} - stated)


@lru_cache(maxsize=1024)
def known_numbers(question: str, history: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str]]:
    """Return (labels of facts, numbers) stated in the question and the steps; cached, since siblings share them."""
    known = normal("\n".join([question, *history]))
    unlabelled = FACT.sub(" ", known)
    stated = numbers(unlabelled) | {str(n) for n in spelled(unlabelled, WORDS | PARTS)}
    return frozenset(FACT.findall(known)), frozenset(stated)


def normal(text: str) -> str:
    """Normalise Unicode (NFKC), so that superscript or full-width digits become plain ones."""
    return unicodedata.normalize("NFKC", text)


def numbers(text: str) -> set[str]:
    """Return the numbers written in digits, without signs, in one spelling: 1,250.0 and 01250 are 1250."""
    return {one_spelling(number) for number in NUMBER.findall(text)}


def one_spelling(number: str) -> str:
    """Remove commas and insignificant zeros. The text is not converted, so its length does not matter."""
    whole, _, rest = number.replace(",", "").partition(".")
    whole, rest = whole.lstrip("0") or "0", rest.rstrip("0")
    return f"{whole}.{rest}" if rest else whole


def spelled(text: str, values: Mapping[str, int]) -> set[int]:
    """Return the numbers that a text spells out, among ``values``; tens with units ("twenty-five") are one word."""
    found = SPELLED.findall(text.lower())
    words = (word if word.isalpha() else re.sub(r"[-\s]+", " ", word) for word in found)
    return {values[word] for word in words if word in values}


def is_training_hint(hint: str, question: str, history: Sequence[str], answer: str = "") -> bool:
    """Test if a hint may enter a hinter's training data: no leak, not the final ``answer``, at most 25 words."""
    if len(hint.split()) > MAX_HINT_WORDS or leaks(hint, question, history):
        return False
    return not answer or re.search(rf"(?<![\w.]){re.escape(answer)}(?!\.?\w)", LABEL.sub(" ", hint)) is None
