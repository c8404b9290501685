"""Loops: steps that a path repeats, and words that a text repeats, without an end.

Exact repetition counts, and only at the end: a sentence that is said twice, or again later, is no loop. Only the
numbers that lines begin with may differ, as small models often count their repetitions.
"""

import re
from collections.abc import Sequence

SHORTEST = 200
"""Characters that the repetitions in a text must cover: shorter ones are matrices, rows of dots or powers."""
LONGEST_UNIT = 700
"""Characters of the longest passage whose repetition is detected."""
MOST_LINES = 200
"""Lines at the end of a text that are compared without their numbers."""
LINE_NUMBER = re.compile(r"[ \t]{0,9}\(?(?:Step )?\d{1,4}[.):]", re.IGNORECASE)
"""Matches the number that a line begins with."""
PROBE = 16
"""Characters at the end of a text that are looked up to find candidates for the period."""
STATEMENT_END = re.compile(
    r"(?<!\n\d)(?<!\n\d\d)[.!?](?=\s)|[\u3002\uff01\uff1f]|\n"
    r"|\\boxed ?\{[^{}]{1,60}(?:\{[^{}]{0,40}\}[^{}]{0,60}){0,3}\}"
)
"""Matches the end of a statement, from which an answer may be read; the number of a line ("3. ...") ends none."""


def period_of_steps(texts: Sequence[str], repeats: int) -> int:
    """Return the period of the loop that a path ends in, in steps: 1 for A A A, 2 for A B A B A B; 0 for no loop.

    Args:
        texts: The steps in order.
        repeats: Repetitions that make a loop, at least 2; 0 finds none.
    """
    for period in range(1, len(texts) // repeats + 1) if repeats else ():
        compared = range(1, period * (repeats - 1) + 1)
        if all(texts[-i] == texts[-i - period] for i in compared):
            return period
    return 0


def period_of_text(text: str, repeats: int) -> int:
    """Return the period of the loop that a text ends in, in characters; 0 for no loop.

    Takes time linear in ``LONGEST_UNIT`` for almost all texts, whatever their length.

    Args:
        text: The text so far; it may end inside the repeated unit.
        repeats: Repetitions that make a loop, at least 2; 0 finds none. They must also cover ``SHORTEST`` characters.
    """
    end = len(text)
    if not repeats or end < SHORTEST:
        return 0
    last, earliest = text[-PROBE:], max(0, end - PROBE - LONGEST_UNIT)
    at = text.rfind(last, earliest, end - 1)
    while at >= 0:
        period = end - PROBE - at
        covered = max(SHORTEST, repeats * period)
        if covered <= end and text[end - covered : end - period] == text[end - covered + period :]:
            return period
        at = text.rfind(last, earliest, at + PROBE - 1)
    return 0


def period_of_lines(text: str, repeats: int) -> int:
    """Return the period, in lines, of the loop of numbered lines that a text ends in; 0 for no loop.

    Arguments and limits are those of ``period_of_text``. The last line may be incomplete, and does not count.
    """
    lines = text[-MOST_LINES * LONGEST_UNIT :].split("\n")[-MOST_LINES - 1 : -1]
    if not repeats or not lines or not LINE_NUMBER.match(lines[-1]):
        return 0
    bare = [LINE_NUMBER.sub("", line, count=1).strip() for line in lines]
    for period in range(1, len(lines) // repeats + 1):
        length = sum(len(line) + 1 for line in lines[-period:])
        times = max(repeats, -(-SHORTEST // length))
        if times * period <= len(lines) and period_of_steps(bare[-times * period :], times):
            return period
    return 0


def before_loop(text: str, repeats: int) -> str | None:
    """Return what a text states before the loop that it ends in; None if it ends in no loop.

    The first of the repeated units is kept if it completes a statement. A statement that the loop interrupts is
    dropped, so that no answer is read from the half of one.
    """
    period = period_of_text(text, repeats)
    if not period:
        return before_numbered_loop(text, repeats)
    start = len(text) - period
    while start and text[start - 1] == text[start - 1 + period]:
        start -= 1
    once = start + period
    if (complete := STATEMENT_END.search(text, max(start, once - 2), once + period)) is not None:
        return text[: complete.end()]
    ends = [match.end() for match in STATEMENT_END.finditer(text, 0, once)]
    return text[: ends[-1]] if ends else ""


def before_numbered_loop(text: str, repeats: int) -> str | None:
    """Return a text up to the first round of its loop of numbered lines; None if it ends in no such loop."""
    period = period_of_lines(text, repeats)
    if not period:
        return None
    lines = text.split("\n")
    bare = [LINE_NUMBER.sub("", line, count=1).strip() for line in lines]
    start = len(lines) - 1 - period
    while start and bare[start - 1] == bare[start - 1 + period]:
        start -= 1
    return "\n".join(lines[: start + period])


def loops(text: str, repeats: int) -> bool:
    """Tell whether a text ends in a loop."""
    return bool(period_of_text(text, repeats) or period_of_lines(text, repeats))
