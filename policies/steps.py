"""Convert completions to steps: text, ending, token statistics and the answer that they state."""

import math
import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hintree.grade import find_answer
from hintree.models import Completion
from hintree.policies.formats import PromptFormat
from hintree.policies.step_rule import StepRule
from hintree.search import Node, Problem, Response, StepOutput
from hintree.search.core.actions import kind_of

if TYPE_CHECKING:
    from hintree.grade import Form
    from hintree.grade.choices import Choices

MIN_PROBABILITY = sys.float_info.min
"""Smaller probabilities are raised to this value before their logarithm is taken."""
LEAST_PROBABLE = 3
"""Number of tokens in ``StepOutput.least_probability``: the mean of a step's least probable ones."""


WORDS = re.compile(r"\w")
"""Matches a letter or digit."""
LONGEST_VALUE = 200
"""Characters of a line that may be a value."""
MORE = re.compile(r"(?i)[.!?] +\w|^\W*\w+ \d+ ?[:.]|^\d+[.)] +\w|^\||\d +[-+*/\u00d7\u00f7] +\$?\d+\W*$")
"""Matches the end of a sentence before another, a label such as "Step 1:", an item of a list, a table, an open sum."""


def as_step(
    done: Completion, before: str, form: PromptFormat, problem: Problem, thought: str = "", *, above: str = ""
) -> Response[StepOutput]:
    """Convert a completion to a step, or to the rest of the cut step ``before``; unknown token statistics are 0.

    The line ``above`` the step is read with it, since a heading "**Final Answer**" is often a step of its own.
    """
    rule, protocol = form.protocol.step, form.protocol
    ended = "delimiter" if done.ended == "stop" or (done.ended == "length" and rule.by == "tokens") else done.ended
    text = trimmed(done.text, rest=bool(before)) if ended != "length" and rule.trims else done.text
    choices, forms = problem.choices or None, protocol.forms()
    answer = stated_answer(before + done.text, above, choices, forms)
    step = StepOutput(
        text,
        ended,
        done.usage.generated_tokens,
        **statistics_of(done),
        answer=answer if ended != "length" else None,
        thought=thought,
        delimiter=ended_by(done, rule),
        token_ids=done.token_ids,
        tokenizer=done.tokenizer,
    )
    return Response(step, done.usage)


def ended_by(done: Completion, rule: StepRule) -> str | None:
    """Return what ended a step if it is not the usual stop text, with the blanks that its last token holds behind it.

    With a ``joint`` of its own, a protocol says itself what stands between two steps.
    """
    blanks = done.rest if rule.joint is None and done.stopped_by in ("", *rule.stops) else ""
    own = rule.stops[0] if rule.stops else ""
    return done.stopped_by + blanks if blanks or done.stopped_by not in ("", own) else None


def stated_answer(
    text: str, above: str, choices: "Choices | None" = None, forms: "Sequence[str | Form] | None" = None
) -> str | None:
    """Return the answer that a step states by itself, or with the line above it; None if it states none.

    Args:
        text: Text of the step.
        above: Last line of the step before, such as "**Final Answer**"; "" for none. A line that states an answer
            itself is no heading.
        choices: Options of multiple choice.
        forms: Forms in which an answer is read; None for all.
    """
    answer = find_answer(text, choices, forms=forms)
    if answer is None and above and is_value(text) and find_answer(above, choices, forms=forms) is None:
        answer = find_answer(f"{above}\n\n{text}", choices, forms=forms)
    return answer


def last_line(path: Sequence[Node]) -> str:
    """Return the last line of the solution so far; "" if it has none, or belongs to a sub-question or its answer."""
    for node in reversed(path):
        if node.step.thinking or not kind_of(node).may_end:
            return ""
        if line := last_line_of(node.step.text):
            return line
    return ""


def last_line_of(text: str) -> str:
    """Return the last line of a text that holds a letter or digit, "" if it has none; rules and "$$" hold none."""
    lines = filter(WORDS.search, reversed(text.splitlines()))
    return next(lines, "").rstrip()


def is_value(text: str) -> bool:
    """Tell whether a step may be the value below a heading: one line, with no further sentence, list, table or label.

    >>> is_value("$$ 31 $$"), is_value("She has 31."), is_value("Step 1: 12 + 19 = 31"), is_value("Total: 12 + 19")
    (True, True, False, False)
    """
    lines = [line.strip() for line in text.splitlines() if WORDS.search(line)]
    return len(lines) == 1 and len(lines[0]) <= LONGEST_VALUE and not MORE.search(lines[0])


def trimmed(text: str, *, rest: bool) -> str:
    """Return a step without blank lines before it and blanks after it; the indent of its first line stays.

    Args:
        text: Text as it was generated.
        rest: True for the rest of a cut step, whose beginning is kept as it is.
    """
    text = text.rstrip()
    return text if rest else re.sub(r"\A(?:[ \t]*\r?\n)+", "", text)


def statistics_of(done: Completion) -> dict[str, Any]:
    """Return the token statistics of a completion as fields of a step."""
    probabilities, entropies = done.probabilities or (0.0,), done.entropies or (0.0,)
    return {
        "mean_probability": sum(probabilities) / len(probabilities),
        "min_probability": min(probabilities),
        "entropy": sum(entropies) / len(entropies),
        "log_probability": sum(math.log(max(p, MIN_PROBABILITY)) for p in probabilities) / len(probabilities),
        "least_probability": sum(sorted(probabilities)[:LEAST_PROBABLE]) / min(LEAST_PROBABLE, len(probabilities)),
        "first_entropy": done.entropies[0] if done.entropies else None,
        "peak_entropy": max(done.entropies, default=None),
    }
