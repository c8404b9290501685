"""Grading: the verdict on an answer, by letters where there are choices, else by what the two texts mean."""

import re

from hintree.grade.cache import Cache
from hintree.grade.choices import Choices, bare_letter, letter_of, options, without_label
from hintree.grade.compare import Ask, compare
from hintree.grade.limits import too_much
from hintree.grade.normal import ROW, normal
from hintree.grade.verdict import Verdict, any_of
from hintree.grade.workers import WORKERS

LONGEST = 1000
"""Characters of an answer that is read; a longer one is ungraded unless it is the same letter by letter."""
CACHE = Cache()
DEGREES = re.compile(r"(?<![\d.])(\d{1,12}(?:\.\d{1,12})?) ?\^ ?(?:\{ ?\\circ ?\}|\\circ) ?")
POWERED = re.compile(
    r"\\(sin|cos|tan|cot|sec|csc) ?\^ ?\{? ?(\d) ?\}? ?(\([^()]{1,60}\)|\{[^{}]{1,60}\}|\\(?:theta|alpha|beta|pi)(?![a-z])|[a-z]|\d{1,6})"  # noqa: E501
)
"""A power of a function: ``\\sin^2 x``."""
BINOMIAL = re.compile(r"\\[dt]binom(?![a-z])")


def grade(reference: str, given: str | None, choices: Choices | None = None) -> Verdict:
    r"""Return the verdict on an answer: RIGHT, WRONG, or UNGRADED where deciding exceeds the limits on work.

    Numbers are compared exactly, with their units; dates, times, ratios, lists, sets, intervals, matrices and equations
    by their parts; other formulas by algebra in a worker process (needs ``hintree[study]``); words without case. The
    verdict depends on the texts alone, not on the load of the machine. docs/grading.md tells all rules.

    Args:
        reference: The reference answer.
        given: The answer to grade; None, which states no answer, is wrong.
        choices: The options of multiple choice, in order or by letter, if there are any.

    Raises:
        GraderError: Algebra is needed and math-verify is not installed, or the workers cannot be started.

    >>> grade("1/2", r"\boxed{0.5}"), grade("1000", "$1,000"), grade("2 1/2", "21/2")
    (<Verdict.RIGHT: 'right'>, <Verdict.RIGHT: 'right'>, <Verdict.WRONG: 'wrong'>)
    """
    if given is None:
        return Verdict.WRONG
    key = (
        (reference, given, *(f"{letter}={text}" for letter, text in options(choices).items()))
        if choices
        else (reference, given)
    )
    verdict = CACHE.get(key)
    if verdict is None:
        verdict = decide(reference, given, choices, by_algebra)
        CACHE.put(key, verdict)
    return verdict


def equal(reference: str, given: str | None, choices: Choices | None = None) -> bool:
    """Return whether an answer is right: ``grade(...) is Verdict.RIGHT``, so an ungraded answer is not.

    Raises:
        GraderError: As for grade().

    >>> equal("5 million dollars", "$5,000,000"), equal("(1, 2)", "2, 1")
    (True, False)
    """
    return grade(reference, given, choices) is Verdict.RIGHT


def decide(reference: str, given: str, choices: Choices | None, ask: Ask) -> Verdict:
    """Return the verdict; ``ask`` is called for what only algebra can tell."""
    if reference.strip() == given.strip() and reference.strip() and reference.strip().casefold() != "nan":
        return Verdict.RIGHT
    if choices and (verdict := by_choice(reference, given, choices, ask)) is not None:
        return verdict
    if max(len(reference), len(given)) > LONGEST:
        return Verdict.UNGRADED
    a, b = bare_letter(reference), bare_letter(given)
    if a is not None and b is not None:
        return Verdict.of(a == b)
    left, right = normal(reference), normal(given)
    verdict = compare(left, right, ask)
    if verdict is Verdict.WRONG and b is not None and (text := without_label(given)) != given:
        return compare(left, normal(text), ask)
    return verdict


def by_choice(reference: str, given: str, choices: Choices, ask: Ask) -> Verdict | None:
    """Return the verdict on letters, or on the text of an option; None if the reference is no option."""
    letter = letter_of(reference, choices)
    if letter is None:
        return None
    other = letter_of(given, choices)
    if other is not None:
        return Verdict.of(letter == other)
    if len(given) > LONGEST:
        return Verdict.WRONG
    text = options(choices)[letter]
    return any_of([compare(normal(text), normal(given), ask)])


def by_algebra(kind: str, reference: str, answer: str) -> Verdict:
    """Return a worker's verdict, UNGRADED if the texts exceed the limits on work."""
    left, right = formula(reference), formula(answer)
    if too_much(left) or too_much(right):
        return Verdict.UNGRADED
    return WORKERS.ask(kind, left, right)


def formula(text: str) -> str:
    """Return an answer in normal spelling as algebra reads it, with degrees as parts of pi."""
    text = DEGREES.sub(r"(\\frac{\1 \\pi}{180})", text) if "\\circ" in text else text
    text = POWERED.sub(r"(\\\1{\3})^{\2}", text)
    return BINOMIAL.sub(r"\\binom", text.replace(ROW, r"\\"))
