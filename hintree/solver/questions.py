"""Check questions before any model sees them."""

import re
import unicodedata
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import replace
from string import ascii_uppercase
from typing import Any

from hintree.errors import UsageError
from hintree.search import Problem

LONGEST_QUESTION = 100_000
"""Longest accepted question, in characters."""

FIRST_OPTION = re.compile(r"^[ \t]{0,9}\(?A[).:]", re.MULTILINE)
"""Matches where a list of options may begin."""
OUT_OF_DOMAIN = "the shipped models know only the lab's word problems, and this question is from outside it"


class OutOfDomainWarning(UserWarning):
    """A shipped model was given a question from outside the lab."""


def check_question(question: str) -> str:
    """Return the question without surrounding whitespace.

    Raises:
        UsageError: It is no text, empty, longer than ``LONGEST_QUESTION``, or holds control characters.
    """
    if not isinstance(question, str) or not question.strip():
        raise UsageError("the question is empty; give a text")
    if len(question) > LONGEST_QUESTION:
        raise UsageError(f"the question has {len(question)} characters; at most {LONGEST_QUESTION} are accepted")
    odd = [c for c in question if unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\r\t"]
    if odd:
        raise UsageError(f"the question holds the control character U+{ord(odd[0]):04X}; remove it")
    return question.strip()


def checked_problem(question: str | Problem) -> Problem:
    """Return a problem whose question has passed ``check_question``; a text becomes a problem without an id.

    Raises:
        UsageError: The question is refused, or there are more options than letters.
    """
    if isinstance(question, Problem):
        if len(question.choices) > len(ascii_uppercase):
            raise UsageError(f"{len(question.choices)} options: there are letters for {len(ascii_uppercase)} only")
        return replace(question, question=check_question(question.question))
    return problem_of(check_question(question))


def check_many(questions: Any, live: Any) -> None:
    """Raise UsageError unless the questions are several, and ``live`` is a whole number of at least 1."""
    if isinstance(questions, str | bytes | Problem | Mapping) or not isinstance(questions, Iterable):
        given = f"{type(questions).__name__} {repr(questions)[:40]}"
        raise UsageError(f"questions: one {given} is no list of questions; give [question], or call solve(question)")
    if not isinstance(live, int) or isinstance(live, bool) or live < 1:
        raise UsageError(f"live={live!r} is not a whole number of at least 1")


def problem_of(question: str) -> Problem:
    """Return the problem of a checked question, with the options that it lists by letter at its end, if any."""
    if FIRST_OPTION.search(question) is None:
        return Problem(question)
    from hintree.data.lettered import listed_in  # hintree.data is not needed for any other question

    return Problem(question, choices=listed_in(question))


def warn_out_of_domain(unknown_words: Iterable[str], *, stacklevel: int) -> None:
    """Warn that the shipped models have never seen some words, if there are any."""
    words = list(unknown_words)
    if words:
        warnings.warn(
            f"{OUT_OF_DOMAIN} (unknown: {', '.join(words[:5])}); their answer means nothing. Name a real "
            "model, such as --reasoner Qwen/Qwen2.5-1.5B-Instruct, and see `hintree lab problems` for "
            "questions they know",
            OutOfDomainWarning,
            stacklevel=stacklevel + 1,
        )
