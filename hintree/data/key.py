"""The letter of the right option, from what a data set states: a letter, a position, a label or the option's text."""

import re
from collections.abc import Iterator
from string import ascii_uppercase
from typing import Any

from hintree.data.case import RowError, show
from hintree.data.choices import Options

LETTER = re.compile(r"\(?\s{0,3}([A-Za-z])\s{0,3}(?:[).:]\s{0,9}(.*))?", re.DOTALL)
"""A letter, alone or before the text of its option: "C", "(C)", "c.", "C) 12"."""


def letter_of(value: Any, options: Options, stated: str | None = None) -> str:
    """Return the letter of the right option, several as "A, C".

    Args:
        value: What the data set says: a position, or a text; a list if several options are right.
        options: At least two.
        stated: The final answer that the text states, if it is longer than the answer.

    Raises:
        RowError: It is none of the options, or of two options it is not clear which.
    """
    if isinstance(value, list):
        places = sorted({place_of(item, options, None) for item in value})
        return ", ".join(ascii_uppercase[place] for place in places)
    if isinstance(value, str) and (several := together(value.strip(), options)):
        return ", ".join(several)
    return ascii_uppercase[place_of(value, options, stated)]


def place_of(value: Any, options: Options, stated: str | None) -> int:
    """Return the position of the option that a value names. Raises RowError."""
    count = len(options.texts)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool):
        names = ("yes", "true") if value else ("no", "false")
        found = {i for i, text in enumerate(options.texts) if text.lower() in names}
    elif isinstance(value, int):
        base = 0 if options.right is not None else options.base
        found = {value - base} if base <= value < count + base else set(by_text(str(value), options))
    elif isinstance(value, str):
        found = set(by_name(value.strip(), options)) or set(by_name((stated or "").strip(), options))
    else:
        raise RowError(f"the answer names no option: it is {show(value)}")
    if len(found) == 1:
        return found.pop()
    letters = ", ".join(ascii_uppercase[i] for i in sorted(found))
    reason = f"may be option {letters}" if found else f"is none of the {count} options"
    raise RowError(f"the answer {show(value)} {reason}; name the field of its letter (--answer-field)")


def by_name(text: str, options: Options) -> Iterator[int]:
    """Yield the positions that a text may mean: by label, letter, text of the option, or position."""
    labels = [label.lower() for label in options.labels]
    if text.lower() in labels:
        yield labels.index(text.lower())
        return
    exact = list(by_text(text, options))
    match = LETTER.fullmatch(text)
    if match and match[1].upper() in ascii_uppercase[: len(options.texts)]:
        place = ascii_uppercase.index(match[1].upper())
        if not (match[2] or "").strip() or same(match[2], options.texts[place]):
            yield place
            if exact and options.texts[place].lower() not in map(str.lower, ascii_uppercase):
                return
    yield from exact
    if text.isascii() and text.isdigit() and len(text) < 3 and 0 <= int(text) - options.base < len(options.texts):
        yield int(text) - options.base


def by_text(text: str, options: Options) -> Iterator[int]:
    """Yield the positions of the options that read like a text."""
    yield from (i for i, option in enumerate(options.texts) if same(text, option))


def same(one: str, other: str) -> bool:
    """Return True for texts that differ in case, white space and a final stop only."""
    return bool(one) and normal(one) == normal(other)


def normal(text: str) -> str:
    """Return a text in lower case, with single blanks and without a final stop."""
    return " ".join(text.lower().split()).rstrip(".")


def together(text: str, options: Options) -> list[str]:
    """Return the letters of several right options, "BD" or "B, D"; [] if the text is not such a list."""
    letters = [letter for letter in text if letter not in " ,;"]
    allowed = ascii_uppercase[: len(options.texts)]
    listed = 1 < len(letters) <= len(allowed) and all(letter in allowed for letter in letters)
    in_order = letters == sorted(set(letters))
    return letters if listed and in_order and not any(same(text, option) for option in options.texts) else []
