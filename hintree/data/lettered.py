"""Options in one text: "(A) 3 (B) 4", "a ) 38 , b ) 27", one a line, or a list in JSON or Python notation."""

import ast
import json
import re
from collections.abc import Mapping, Sequence
from string import ascii_uppercase
from typing import Any

from hintree.grade.choices import lists_options

LONGEST = 100_000
"""Characters of a text that is searched for options."""
MOST_BITS = 13_000
"""Size of a whole number among options; Python writes out one of 4,300 digits."""
MARK = re.compile(r"(?<![\w\\{])\(?([A-Za-z]) ?([).:])")
"""A letter as the mark of an option: "(A)", "A)", "A.", "a )"."""
QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")
ARRAY = re.compile(r"array\((\[[^\[\]]*\])(?:,\s{0,20}dtype=\w{1,20})?\)")
"""An array as NumPy prints it, which is how tables made by pandas hold lists."""
PREFIX = re.compile(r"\s{0,9}\(?\s?([A-Za-z])\s?[).:]\s{0,9}")
LINE = re.compile(r"^[ \t]{0,9}\(?([A-Z])[).:][ \t]{1,9}(\S.*)$", re.MULTILINE)


def split_options(text: str) -> list[str]:
    """Return the options that one text lists, without their marks; fewer than 2 if it lists none."""
    text = text[:LONGEST].strip()
    if text[:1] in ("[", "("):
        listed = literal(text)
        if listed is not None:
            return listed
    flat = " ".join(text.split())
    marks = sequence([(match[1], match[2], match.start(), match.end()) for match in MARK.finditer(flat)])
    if len(marks) > 1 and marks[0][0] <= 1:
        ends = [start for start, _ in marks[1:]] + [len(flat)]
        return [flat[end:stop].strip(" ,;") for (_, end), stop in zip(marks, ends, strict=True)]
    for separator in ("\n", "|", ";"):
        if separator in text:
            return [part.strip() for part in text.split(separator) if part.strip()]
    return [text]


def literal(text: str) -> list[str] | None:
    """Return the items of a list in JSON or Python notation, None if it is no such list of texts and numbers."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        try:
            value = ast.literal_eval(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            return None
    whole = isinstance(value, list | tuple) and all(isinstance(item, str | float) or is_short(item) for item in value)
    if whole and len(value) == 1 and isinstance(value[0], str):  # "['a' 'b']", as NumPy prints an array
        return [one or other for one, other in QUOTED.findall(text)]
    return [str(item) for item in value] if whole else None


def is_short(value: object) -> bool:
    """Return True for a whole number that can be written out."""
    return isinstance(value, int) and value.bit_length() < MOST_BITS


def from_object(text: str) -> Mapping[Any, Any] | None:
    """Return the object that a text states in JSON or Python notation, None if it is none."""
    bare = ARRAY.sub(r"\1", text[:LONGEST])
    try:
        value = json.loads(bare)
    except (ValueError, RecursionError):
        try:
            value = ast.literal_eval(bare)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            return None
    return value if isinstance(value, Mapping) else None


def sequence(marks: Sequence[tuple[str, str, int, int]]) -> list[tuple[int, int]]:
    """Return start and end of the marks that go A, B, C, ... in the order of the text, each with the same sign."""
    found: list[tuple[int, int]] = []
    sign = ""
    for letter, after, start, end in marks:
        if ascii_uppercase.startswith(letter.upper(), len(found)) and after == (sign or after):
            found.append((start, end))
            sign = after
    return found


def without_marks(options: Sequence[str]) -> list[str]:
    """Return options without "A)", "(B)", "c." before them, if all have theirs in order."""
    marks = [PREFIX.match(option) for option in options]
    ordered = all(mark and mark[1].upper() == letter for mark, letter in zip(marks, ascii_uppercase, strict=False))
    if not ordered or len(options) > len(ascii_uppercase):
        return list(options)
    return [option[mark.end() :].strip() for option, mark in zip(options, marks, strict=True) if mark]


def listed_in(question: str) -> tuple[str, ...]:
    """Return the options that stand in a question, (A) first, one a line at its end; () if there are none."""
    lines = [(match[1], match[2].strip()) for match in LINE.finditer(question[-LONGEST:])]
    starts = [i for i, (letter, _) in enumerate(lines) if letter == "A"]
    last = lines[starts[-1] :] if starts else []
    in_order = len(last) > 1 and all(letter == mark for (letter, _), mark in zip(last, ascii_uppercase, strict=False))
    return tuple(text for _, text in last) if in_order and len(last) <= len(ascii_uppercase) else ()


def with_options(question: str, choices: Sequence[str]) -> str:
    """Return a question that lists its options, "(A) ..." a line, unless it does already."""
    if not choices or lists_options(question, choices):
        return question
    lines = (f"({letter}) {choice}" for letter, choice in zip(ascii_uppercase, choices, strict=False))
    return question.rstrip() + "\n\n" + "\n".join(lines)
