"""A row's content, with the place where it stands."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Place(NamedTuple):
    """One row of a source.

    Attributes:
        name: "line 3" or "row 3".
        content: The row as it was read; a RowError where nothing can be read.
        remark: How it was read, if that is a guess; "" otherwise.
    """

    name: str
    content: object
    remark: str = ""


def numbered(rows: Iterable[object], remark: str = "") -> Iterator[Place]:
    """Yield rows that stand on no lines, numbered from 1."""
    for i, row in enumerate(rows, 1):
        yield Place(f"row {i}", row, remark)
