"""The exact step checker: decide whether a step is right and, if not, name the kind of error."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from hintree.lab.book import make_book
from hintree.lab.families.wording import plain_text
from hintree.lab.generate import FAMILIES
from hintree.lab.problem import OPERATIONS, Fact, LabProblem

ErrorKind = Literal["", "arithmetic", "operand", "irrelevant", "repeated", "malformed"]

STEP = re.compile(r"\((\d+)\) (.+?)\. (?:(.+?)\. )??(\d+) ([-+*/]) (\d+) = (\d+)\. (.+?) (\d+)\.")
QUOTE = re.compile(r"“(.+)\.” \[(.+)\]")
ANSWER = re.compile(r"The answer is (\d+)\.")
LONGEST_STEP = 400
"""Maximum length of a step in characters; a longer step is malformed and is not parsed."""


class StepVerdict(NamedTuple):
    """The checker's verdict on one step.

    right: The step is needed, follows from the problem, and is true.
    kind: "" if right, else "arithmetic" (the computation is wrong), "operand" (a wrong, unknown or misread number or
        quantity), "irrelevant" (a quantity that the answer does not need), "repeated" (a quantity that is already
        known) or "malformed" (not a step of the lab).
    """

    right: bool
    kind: ErrorKind


class ParsedStep(NamedTuple):
    """The parts of a step; ``lookups`` are the sentences between the fact and the computation."""

    label: int
    fact: str
    lookups: tuple[str, ...]
    left: int
    op: str
    right: int
    result: int
    key: str
    value: int


@lru_cache(maxsize=4096)
def parse_step(step: str) -> ParsedStep | None:
    """Split a step into its parts; None if it does not have the form of one.

    Cached, because the paths of a tree share steps.
    """
    text = " ".join(step.split()) if len(step) <= LONGEST_STEP else ""
    match = STEP.fullmatch(text)
    if match is None:
        return None
    label, fact, lookups, left, op, right, result, key, value = match.groups()
    parts = tuple(lookups.split(". ")) if lookups else ()
    return ParsedStep(int(label), fact, parts, int(left), op, int(right), int(result), key, int(value))


def stated_values(problem: LabProblem, history: Sequence[str]) -> dict[str, int]:
    """Return by key the value of every quantity that the problem or a step states, right or wrong.

    A given of the problem overrides any step. Otherwise the last statement holds.
    """
    givens = problem.givens()
    known = dict(givens)
    for step in history:
        parsed = parse_step(step)
        if parsed is not None and parsed.key in problem.values and parsed.key not in givens:
            known[parsed.key] = parsed.value
        elif (fact := quoted_fact(problem, step)) is not None:
            known[fact.target] = problem.values[fact.target]
    return known


def quoted_fact(problem: LabProblem, step: str) -> Fact | None:
    """Return the needed entry of the book that a step quotes and cites, None if it is no such step."""
    quote = QUOTE.fullmatch(step.strip()[:LONGEST_STEP])
    return next((f for f in problem.facts if quote and f.entry and (f.text, f.entry) == quote.groups()), None)


def stated_key(problem: LabProblem, step: str) -> str | None:
    """Return the key of the quantity that a step states; None if it states none."""
    parsed, fact = parse_step(step), quoted_fact(problem, step)
    return parsed.key if parsed else fact.target if fact else None


def check_step(problem: LabProblem, history: Sequence[str], step: str) -> StepVerdict:
    """Check ``step`` against the problem after ``history`` (the steps before it, right or wrong).

    A step is right if what it states is true in the problem. A step that builds on an earlier error is therefore wrong
    ("operand"), and a step that corrects an earlier error is right.
    """
    known = stated_values(problem, history)
    if (answer := ANSWER.fullmatch(step.strip()[:LONGEST_STEP])) is not None:
        true = known.get(problem.target) == problem.answer == int(answer[1])
        return StepVerdict(true, "" if true else "operand")
    if (quote := QUOTE.fullmatch(step.strip()[:LONGEST_STEP])) is not None:
        kind = quote_error(problem, quote[1], quote[2], known)
        return StepVerdict(not kind, kind)
    parsed = parse_step(step)
    if parsed is None or not 1 <= parsed.label <= len(problem.facts) or problem.facts[parsed.label - 1].entry:
        return StepVerdict(False, "malformed")
    fact = problem.facts[parsed.label - 1]
    kind = error_kind(problem, fact, parsed, known)
    return StepVerdict(not kind, kind)


def quote_error(problem: LabProblem, text: str, cited: str, known: dict[str, int]) -> ErrorKind:
    """Return the kind of error in a step that quotes the book, "" if there is none."""
    entry = None if problem.book is None else make_book(problem.book).by_text.get(text)
    if entry is None or entry.id != cited:
        return "operand"
    fact = next((fact for fact in problem.facts if fact.entry == cited), None)
    if fact is None or not known.keys() >= set(fact.links):
        return "irrelevant"
    return "repeated" if fact.target in known else ""


def error_kind(problem: LabProblem, fact: Fact, step: ParsedStep, known: dict[str, int]) -> ErrorKind:
    """Return the kind of error in a well-formed step about ``fact``, "" if there is none."""
    if fact.target not in problem.needed():
        return "irrelevant"
    if known.get(fact.target) == problem.values[fact.target]:
        return "repeated"
    numbers = [problem.values[x] if isinstance(x, str) else x for x in fact.operands]
    lookups = tuple(f"{key} {problem.values[key]}" for key in fact.needs())
    expected = sorted(numbers) if fact.op in ("+", "*") else numbers
    used = sorted((step.left, step.right)) if fact.op in ("+", "*") else [step.left, step.right]
    as_stated = (
        restates(step.fact, fact, problem.family)
        and step.lookups == lookups
        and step.op == fact.op
        and used == expected
    )
    if not as_stated or not known.keys() >= set(fact.needs()):
        return "operand"
    if step.result != OPERATIONS[fact.op](*numbers):
        return "arithmetic"
    return "" if (step.key, step.value) == (fact.target, step.result) else "operand"


def restates(text: str, fact: Fact, family: str) -> bool:
    """Return whether a text is a fact's sentence, in its own or in the plainest wording."""
    return text == fact.text or (family in FAMILIES and text == plain_text(fact.text, FAMILIES[family].wordings))


def first_error(problem: LabProblem, steps: Sequence[str]) -> int:
    """Return the index of the first wrong step, -1 if all are right."""
    wrong = (i for i, step in enumerate(steps) if not check_step(problem, steps[:i], step).right)
    return next(wrong, -1)
