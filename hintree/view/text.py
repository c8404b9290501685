"""Sanitise texts of models and users for display, tables and storage; the only module that does."""

import json
import unicodedata
from typing import Any

HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
"""Unicode categories that are not seen, or that change how other text is seen."""
FORMULAS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""Beginnings of what a spreadsheet takes for a formula, the full-width ones too."""
LONGEST_MESSAGE = 4000
"""Characters of an error or a warning that are shown."""


def visible(text: str) -> str:
    r"""Return the text with control, bidirectional and other invisible characters escaped, as in \x1b; lines stay."""
    if text.isprintable():
        return text
    return "".join(c if c == "\n" or unicodedata.category(c) not in HIDDEN else ascii(c)[1:-1] for c in text)


def one_line(text: str, longest: int | None = None) -> str:
    """Return the visible text as one line of at most ``longest`` characters, cut with an ellipsis."""
    flat = " ".join(visible(text).split())
    return flat if longest is None or len(flat) <= longest else flat[: longest - 1] + "…"


def storable(text: str) -> str:
    """Return the text with lone surrogates, which no encoding accepts, replaced by U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def message(text: object) -> str:
    """Return an error or a warning as one visible line of bounded length."""
    return one_line(str(text), LONGEST_MESSAGE)


def table_cell(value: object) -> object:
    """Return a value for a table: a visible text that no spreadsheet reads as a formula; other values as they are.

    A text that could begin a formula gets an apostrophe before it.
    """
    if not isinstance(value, str):
        return value
    first = next((c for c in value if not c.isspace() and unicodedata.category(c) not in HIDDEN), "")
    risky = (first in FORMULAS and not is_number(value)) or value.startswith(("\t", "\r"))
    return "'" * risky + visible(value)


def is_number(text: str) -> bool:
    """Return True if a text is a plain number, such as -3.5."""
    digits = text.removeprefix("-").replace(".", "", 1)
    return digits.isascii() and digits.isdigit()


def json_text(data: Any, *, indent: int | None = None) -> str:
    """Return data as JSON in valid UTF-8 that a terminal can show.

    Hidden characters are escaped as JSON does it, and lone surrogates, which UTF-8 does not have, become U+FFFD.
    """
    text = storable(json.dumps(data, ensure_ascii=False, indent=indent))
    if text.isprintable():
        return text
    return "".join(c if c == "\n" or unicodedata.category(c) not in HIDDEN else json_escape(c) for c in text)


def json_escape(character: str) -> str:
    """Return the escape of a character in JSON: one of its UTF-16 code, or two."""
    codes = character.encode("utf-16-be")
    return "".join(f"\\u{codes[i : i + 2].hex()}" for i in range(0, len(codes), 2))
