"""Does a hint say too much? The filter of hinter training, and the measure of a finished hinter."""

import re
from collections.abc import Sequence

LONGEST_HINT = 25
"""Words."""


def leaks(hint: str, question: str, history: Sequence[str]) -> bool:
    """Whether a hint states a number that neither the problem nor a step so far has stated, the final answer included.

    Labels such as "(5)" point to a fact and are not numbers.
    """
    known = numbers(" ".join([question, *history]))
    return not known.issuperset(numbers(hint))


def numbers(text: str) -> set[str]:
    """The numbers in a text, labels left out."""
    return set(re.findall(r"\d+", re.sub(r"\(\d+\)", "", text)))


def fit_to_teach(hint: str, question: str, history: Sequence[str]) -> bool:
    """Whether a hint may enter the hinter's training data: no leak, and not too long."""
    return len(hint.split()) <= LONGEST_HINT and not leaks(hint, question, history)
