"""The reference answer of a row: from a field of its own, an option's letter, or the end of a solution."""

import math
import re
from collections.abc import Mapping
from typing import Any

from hintree.data.case import RowError, is_empty, show
from hintree.data.choices import Options, answer_names
from hintree.data.key import letter_of
from hintree.data.names import ANSWER, SOLUTION, Row
from hintree.grade import find_answer

LONGEST = 500
"""Characters of an answer; a longer text is a solution, and must state its answer."""
LONGEST_LINES = 80
"""Characters of an answer in several lines, unless it is a matrix."""
MOST_WORDS = 40
NO_ANSWER = ("proof", "notfound", "not found")
"""Entries of NuminaMath for problems without a final answer."""
TRUE_OR_FALSE = re.compile(r"\btrue\b.{0,40}\bfalse\b", re.IGNORECASE)


PERCENT = re.compile(
    r"\b(?:what|which|how many|as an?|by what|in) (?:\w{1,15} ){0,2}?(?:percent|per cent)", re.IGNORECASE
)
NUMBER = re.compile(r"[1-9]\d{0,5}(?:\.\d{1,6})?")


def in_percent(question: str, reference: str) -> str:
    """Return a bare number with "%" if the question asks for percent (GSM8K), so that "75%" and "75" are right."""
    return f"{reference}%" if NUMBER.fullmatch(reference) and PERCENT.search(question) else reference


def read_reference(row: Row, question: str, options: Options, *, named: str = "", solution: str = "") -> str:
    r"""Return the final answer of a row; for multiple choice the letter of the right option.

    An answer that ends in "#### 72" (GSM8K), holds \boxed{}, or says "the answer is", is what stands there.

    Args:
        row: The fields.
        question: Text of the question; it decides if a truth value is read as yes or as True.
        options: Of a multiple-choice question.
        named: Field of the answer; "" looks for the usual names.
        solution: Text of a chat's reply, read where no field states the answer.

    Raises:
        RowError: There is no answer, it is empty, no text or number, or none of the options.
    """
    if named:
        value = row.named(named, "--answer-field")
    elif options.right is not None:
        return letter_of(options.right, options)
    else:
        found = find_field(row, options)
        if found is None:
            return from_solution(row, solution, options)
        value = found
    value = unwrap(row, value)
    if options.texts:
        return letter_of(value, options, find_answer(value) if isinstance(value, str) else None)
    if isinstance(value, list):
        return joined(row, [as_text(item, question) for item in value])
    return as_text(value, question)


def find_field(row: Row, options: Options) -> Any:
    """Return the value of the field that holds the answer, None if there is none."""
    for name in answer_names(options):
        value = row.fields.get(name)
        options_or_flag = (name == "answers" and name in row.used) or (name == "correct" and isinstance(value, bool))
        if value is None or options_or_flag or (is_empty(value) and not isinstance(value, float)):
            continue
        row.used.add(name)
        return value
    return None


def unwrap(row: Row, value: Any) -> Any:
    """Return the answer inside an object or a list of one, such as {"ground_truth": ...} or {"spans": [...]}.

    Raises:
        RowError: No such entry is in the object.
    """
    for _ in range(4):
        if isinstance(value, Mapping):
            value = of_mapping(value)
        elif isinstance(value, list | tuple):
            listed = list(value)
            if not listed:
                raise RowError("the answer is an empty list")
            value = listed[0] if len(listed) == 1 else listed
            if len(listed) > 1:
                return listed
    return value


def of_mapping(value: Mapping[Any, Any]) -> Any:
    """Return what an object states as the answer. Raises RowError."""
    for name in ("ground_truth", "value", "number", "spans", "text", "answer"):
        if not is_empty(value.get(name)):
            return value[name]
    date = value.get("date")
    if isinstance(date, Mapping):
        parts = [str(date[name]).strip() for name in ("day", "month", "year") if not is_empty(date.get(name))]
        if parts:
            return " ".join(parts)
    raise RowError(f"the answer is neither a text nor a number but {show(value)}")


def joined(row: Row, texts: list[str]) -> str:
    """Return several answers as one list, each once, and warn that there were several."""
    different = list(dict.fromkeys(texts))
    if len(different) > 1:
        row.left_out.append("several answers are read as one list")
    return ", ".join(different)


def as_text(value: Any, question: str) -> str:
    """Return an answer as text. Raises RowError."""
    if isinstance(value, bool):
        yes, no = ("True", "False") if TRUE_OR_FALSE.search(question) else ("yes", "no")
        return yes if value else no
    if not isinstance(value, str | int | float):
        raise RowError(f"the answer is neither a text nor a number but {show(value)}")
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise RowError("the answer is empty" if math.isnan(value) else "the answer is infinite")
    try:
        text = str(value).strip()
    except ValueError as error:
        raise RowError("the answer has more than 4,300 digits") from error
    return from_text(text)


def from_text(text: str) -> str:
    """Return the final answer that a text is, or states. Raises RowError."""
    found = find_answer(text)
    if found is None and ("####" in text or "\\boxed" in text):
        raise RowError(r"the answer is empty: nothing stands after #### or in \boxed{}")
    if text in ("", "nan"):
        raise RowError("the answer is empty")
    if text.lower() in NO_ANSWER:
        raise RowError(f"no final answer: the answer is {text!r}")
    if found is None and is_solution(text):
        raise RowError(f"the answer is a text of {len(text)} characters that states no final answer")
    return found or text


def is_solution(text: str) -> bool:
    """Return True for a text that is too long for an answer: several lines, many words, or above 500 characters."""
    lines = "\n" in text and len(text) > LONGEST_LINES and "\\begin" not in text
    words = len(text) > LONGEST_LINES and not {"\\", "$"} & set(text) and len(text.split()) > MOST_WORDS
    return lines or words or len(text) > LONGEST


def from_solution(row: Row, default: str, options: Options) -> str:
    """Return the answer that a solution states. Raises RowError."""
    found = row.first(SOLUTION)
    solution = found[1] if found is not None else default
    if isinstance(solution, list) and len(solution) == 1:
        solution = solution[0]
    if is_empty(solution):
        raise RowError(f"no answer: a field named {', '.join(ANSWER[:8])}, ... is looked for; found: {row.found()}")
    answer = find_answer(solution) if isinstance(solution, str) else None
    if not answer:
        raise RowError(r"no final answer in the solution: \boxed{}, #### or 'the answer is' is looked for")
    return letter_of(answer, options) if options.texts else answer
