"""Rows from JSON lines and from JSON files: a list, an object that holds one, columns, or rows by their id."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from hintree.bounded_files import parse_json
from hintree.data.case import RowError
from hintree.data.encoding import LONGEST_LINE, encoding_of, lines_of, read_whole
from hintree.data.names import CHAT, ID, QUESTION, normal
from hintree.data.place import Place, numbered
from hintree.errors import UsageError

LONGEST = 1 << 28
"""Bytes of a JSON file, which is read as a whole."""
MOST_DIGITS = 4000
"""Digits of a whole number, which may be an answer."""
ROWS = ("data", "examples", "rows", "test", "questions", "problems", "instances")
"""Names of the list of rows in an object that holds several lists."""


def read_lines(path: Path) -> Iterator[Place]:
    """Yield the rows of JSON lines; blank lines are left out. Raises OSError or UnicodeDecodeError."""
    encoding = encoding_of(path)
    for number, line in lines_of(path, encoding):
        if line is None:
            yield Place(f"line {number}", RowError(f"longer than {LONGEST_LINE >> 20} Mi characters"))
        elif text := line.strip("\ufeff \t\r\n"):
            yield Place(f"line {number}", parse(text), guess(encoding))


def guess(encoding: str) -> str:
    """Return a remark about an encoding that is guessed, "" for one that is certain."""
    return "read as Windows-1252, since the file is not UTF-8" if encoding == "cp1252" else ""


def parse(text: str) -> object:
    """Return a JSON value, or a RowError."""
    try:
        value = parse_json(text, digits=MOST_DIGITS)
        if not text.isascii():
            text.encode()
        return value
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        return RowError(f"not text in the encoding of the file: line {line}, character {error.start}")
    except ValueError as error:
        return RowError(f"not JSON: {error}")


def read_json(path: Path) -> Iterator[Place]:
    """Yield the rows of a JSON file, or of JSON lines in spite of the ending.

    Raises:
        OSError: The file cannot be read.
        UsageError: It is longer than 256 MiB, in no known encoding, or neither JSON nor JSON lines.
    """
    try:
        text = read_whole(path, LONGEST).lstrip("\ufeff")
    except ValueError as error:
        raise UsageError(f"{path}: cannot be read: {error}") from error
    content = parse(text) if text.strip() else []
    remark = guess(encoding_of(path))
    if not isinstance(content, RowError):
        yield from numbered(rows_of(content), remark)
    elif any(isinstance(place.content, Mapping) for place in read_lines(path)):
        yield from read_lines(path)
    else:
        raise UsageError(f"{path}: {content}")


def rows_of(content: object) -> Iterable[object]:
    """Return the rows that a JSON value holds."""
    if isinstance(content, list):
        return content
    if not isinstance(content, Mapping):
        return [content]
    texts = [value for name, value in content.items() if normal(name) in QUESTION + CHAT]
    if any(isinstance(value, str) for value in texts):
        return [content]
    if texts and all(isinstance(value, list | Mapping) for value in content.values()) and not messages(texts[0]):
        return columns(content)
    lists = {
        str(name): value
        for name, value in content.items()
        if isinstance(value, list) and is_rows(value) and not messages(value)
    }
    best = next((name for name in ROWS if name in lists), next(iter(lists)) if len(lists) == 1 else None)
    if best is not None:
        return lists[best]
    if content and all(isinstance(value, Mapping) for value in content.values()):
        return [value if named(value) else {"id": name, **value} for name, value in content.items()]
    return [content]


def is_rows(value: list[Any]) -> bool:
    """Return True for a list whose first item is an object."""
    return bool(value) and isinstance(value[0], Mapping)


def messages(value: Any) -> bool:
    """Return True for a chat, whose items have roles."""
    return isinstance(value, list) and is_rows(value) and ("role" in value[0] or "from" in value[0])


def named(row: Mapping[Any, Any]) -> bool:
    """Return True for a row that has an id."""
    return any(normal(name) in ID for name in row)


def columns(content: Mapping[Any, Any]) -> Iterator[object]:
    """Yield the rows of {"question": [...], "answer": [...]} or {"question": {"0": ...}, "answer": {"0": ...}}."""
    first = next(iter(content.values()))
    keys = list(first) if isinstance(first, Mapping) else range(len(first))
    for key in keys:
        row: dict[str, Any] = {}
        for name, column in content.items():
            inside = key in column if isinstance(column, Mapping) else isinstance(key, int) and key < len(column)
            row[str(name)] = column[key] if inside else None
        yield row
