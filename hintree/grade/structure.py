r"""The structure of an answer in normal spelling: lists, tuples, sets, intervals, matrices, and what they hold.

Nothing is computed here. Elements stay texts, which are compared as answers of their own.
"""

import re
from dataclasses import dataclass

from hintree.grade.normal import ROW, grouped

BEGIN = re.compile(r"\\begin ?\{(?:[pbB]?(?:small)?matrix|array)\*?\}(?: ?\{[lcr|]{1,40}\})?")
END = re.compile(r"\\end ?\{(?:[pbB]?(?:small)?matrix|array)\*?\}")
"""A matrix of numbers; vmatrix is a determinant, and left to algebra."""
CLOSE = {"(": ")", "[": "]", "{": "}", "\\{": "\\}"}
PIECE = re.compile(r"\\[{}]|\\[a-zA-Z]+|[()\[\]{}]|[^\W\d_]+|.", re.DOTALL)
AND = frozenset(("and", "or", "und", "et", "ou", "oder", "&", "\u548c", "\u0438"))
MOST = 200
"""Elements of a list."""


@dataclass(frozen=True, slots=True)
class Items:
    """A list of answers.

    Attributes:
        opening: The bracket before it, "" for a bare list, "matrix" for a matrix.
        closing: The bracket after it.
        items: The elements, those of a matrix row by row.
        width: Columns of a matrix.
    """

    opening: str
    closing: str
    items: tuple[str, ...]
    width: int = 0

    @property
    def kind(self) -> str:
        """Return "bare", "set", "tuple", "list", "interval" or "matrix"."""
        kinds = {"": "bare", "\\{\\}": "set", "{}": "set", "()": "tuple", "[]": "list", "matrix": "matrix"}
        return kinds.get(self.opening + self.closing, "interval")


def read_items(text: str) -> Items | None:
    """Return the list that an answer is, None if it is a single value."""
    if text.startswith("\\begin") or text.startswith(("(\\begin", "[\\begin")):
        return read_matrix(text)
    opening, closing, inside = brackets(text)
    parts = split(inside)
    if opening:
        if opening in ("(", "[") and len(parts) == 1 and opening != "[":
            return None
        if opening == "[" and inside.startswith("[") and (nested := nested_rows(parts)) is not None:
            return nested
        if opening == "{" and len(parts) == 1:
            return None
        return Items(opening, closing, tuple(map(grouped, parts)) if parts != [""] else ())
    return Items("", "", tuple(parts)) if len(parts) > 1 else None


def read_matrix(text: str) -> Items | None:
    """Return a matrix, its elements by rows."""
    if text[0] in "([" and text[-1] in ")]":
        text = text[1:-1].strip()
    begin, end = BEGIN.match(text), END.search(text)
    if begin is None or end is None or end.end() != len(text):
        return None
    body = text[begin.end() : end.start()]
    rows = [[cell.strip() for cell in row.split("&")] for row in body.strip(f" {ROW}").split(ROW)]
    widths = {len(row) for row in rows}
    if len(widths) != 1 or len(rows) * len(rows[0]) > MOST:
        return None
    return Items("matrix", "", tuple(cell for row in rows for cell in row), widths.pop())


def nested_rows(parts: list[str]) -> Items | None:
    """Return nested lists "[[1, 2], [3, 4]]" as a matrix, None if the rows are of different lengths."""
    rows = [split(part[1:-1]) for part in parts if part.startswith("[") and part.endswith("]")]
    if len(rows) != len(parts) or len({len(row) for row in rows}) != 1:
        return None
    return Items("matrix", "", tuple(cell for row in rows for cell in row), len(rows[0]))


def brackets(text: str) -> tuple[str, str, str]:
    """Return the brackets around a whole text and what they hold; ("", "", text) if there are none."""
    opening = text[:2] if text.startswith("\\{") else text[:1]
    if opening not in CLOSE:
        return "", "", text
    closing = text[-2:] if text.endswith("\\}") else text[-1:]
    if closing not in CLOSE.values() or (closing in ("}", "\\}")) != (opening in ("{", "\\{")):
        return "", "", text
    depth = 0
    for piece in PIECE.finditer(text):
        if piece[0] in CLOSE:
            depth += 1
        elif piece[0] in CLOSE.values():
            depth -= 1
            if depth == 0 and piece.end() < len(text):
                return "", "", text
    return (opening, closing, text[len(opening) : -len(closing)].strip()) if depth == 0 else ("", "", text)


def split(text: str, signs: str = ",;", *, words: bool = True) -> list[str]:
    """Return the parts of a text between commas, semicolons and "and" outside brackets.

    A word before "and" joins only in a list of words: "3 hours and 20 minutes" is no list of two.
    """
    parts: list[str] = []
    depth, start = 0, 0
    for piece in PIECE.finditer(text):
        part = piece[0]
        if part.startswith("\\begin") or part in CLOSE:
            depth += 1
        elif part in CLOSE.values() or part == "\\end":
            depth -= 1
        elif depth <= 0 and (
            part in signs or (words and part.lower() in AND and spaced(text, piece.start(), piece.end()))
        ):
            parts.append(text[start : piece.start()].strip())
            start = piece.end()
            if len(parts) > MOST:
                return [text]
    parts.append(text[start:].strip())
    return [part for part in parts if part] if len(parts) > 1 else parts


def spaced(text: str, start: int, end: int) -> bool:
    """Return whether a word stands between spaces."""
    return text[start - 1 : start] in (" ", ",") and text[end : end + 1] == " "
