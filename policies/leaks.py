"""Leak filter: detect hints that state a result which is still to be found.

A hint leaks if it states an answer, or a number that neither the problem nor a step so far has stated. The filter is
applied to hints that are used and to the training data of a hinter. It reads only these texts, no reference answer.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

from hintree.grade import find_answer
from hintree.policies.language import language_of
from hintree.policies.mentions import LABEL, Mention, label_readings, mentions, stated
from hintree.policies.options import names_option
from hintree.policies.results import is_result

MAX_HINT_WORDS = 25
"""Longest hint in a hinter's training data, in words."""
FACT = re.compile(r"\((\d+)\)(?=\s+[A-Z])")
"""Matches the label of a fact, "(5) Luis has", but not the "(2)" of "f(2)"."""


def leaks(hint: str, question: str, history: Sequence[str]) -> bool:
    """Test if a hint states an answer or an option, or a number that neither the question nor a step so far has stated.

    A label such as "(5)" may be named if the fact "(5) Luis has ..." is stated. Its number may not be used otherwise.
    Numbers count in digits, in words of six languages, as Roman numerals, fractions and percentages; one that the
    question states in another spelling, such as 75 % for 3/4, is stated. A word or Roman numeral below ten, and an
    ordinal from ten on, count where they are a result, since "the two prices" reveals nothing.
    """
    return states_answer(hint) or next(unknown(hint, question, history), None) is not None


def states_answer(hint: str) -> bool:
    """Test if a hint states an answer in any form that the grader reads, or names an option as the right one.

    A heading "#### Step 2" states none.
    """
    return find_answer(hint) is not None or names_option(hint)


def mask(hint: str, question: str, history: Sequence[str]) -> str | None:
    """Return the hint with "?" in place of every number that leaks; None if the hint states an answer or an option."""
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
    text, languages = normal(hint), languages | {language_of(hint)}
    for mention in mentions(text, languages):
        if not mention.within(known) and (
            is_result(text, mention, languages) or not (mention.small or mention.ordinal)
        ):
            yield mention


@lru_cache(maxsize=1024)
def known_numbers(question: str, history: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str]]:
    """Return (numbers and labels stated in the question and the steps, their languages); cached for siblings."""
    known = normal("\n".join([question, *history]))
    languages = frozenset({language_of(known)})
    labels = {reading for label in FACT.findall(known) for reading in label_readings(label) if reading[0] == "("}
    return frozenset(stated(FACT.sub(" ", known), languages) | labels), languages


def normal(text: str) -> str:
    """Normalise Unicode (NFKC), so that superscript or full-width digits become plain ones."""
    return unicodedata.normalize("NFKC", text)


def is_training_hint(hint: str, question: str, history: Sequence[str], answer: str = "") -> bool:
    """Test if a hint may enter a hinter's training data: no leak, not the final ``answer``, at most 25 words."""
    if len(hint.split()) > MAX_HINT_WORDS or leaks(hint, question, history):
        return False
    return not answer or re.search(rf"(?<![\w.]){re.escape(answer)}(?!\.?\w)", LABEL.sub(" ", hint)) is None
