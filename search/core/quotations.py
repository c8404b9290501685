"""Quotations in a text: what stands inside a pair of quotation marks, of any language.

Marks of one character for both ends (``"`` and ``'``) are read as typesetters do: a mark after a word's character opens
nothing, so that 12" and dogs' are no beginnings, and a mark before one closes nothing, so that Ben's has no end in it.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

Span = tuple[int, int]
"""First character, and the one after the last."""
PAIRS = (
    *(("„", "“”"), ("‚", "‘’"), ("“", "”"), ("‘", "’"), ("”", "”"), ("«", "»"), ("»", "«")),
    *(("‹", "›"), ("「", "」"), ("『", "』"), ("``", ("''",)), ('"', '"'), ("'", "'")),
)
"""Marks that open a quotation, and those that close it; a mark that an earlier pair took is none of a later one."""


@dataclass(frozen=True, slots=True)
class Quotation:
    """A quotation: the span inside its marks, and the span with them."""

    inside: Span
    whole: Span


def quotations(text: str) -> list[Quotation]:
    """Return the quotations of a text by their ends, those inside others too. Takes linear time.

    Which way guillemets point is the way of the first one.
    """
    taken: set[int] = set()
    found: list[Quotation] = []
    for opener, closers in PAIRS:
        if opener in text and not (opener in "«»‹›" and -1 < text.find(closers[0]) < text.find(opener)):
            found += pairs(text, opener, tuple(closers), taken)
    return sorted(found, key=lambda one: one.whole[1])


def pairs(text: str, opener: str, closers: Sequence[str], taken: set[int]) -> Iterator[Quotation]:
    """Yield the quotations in one kind of marks, whose positions are added to ``taken``."""
    start: int | None = None
    for mark in re.finditer("|".join(map(re.escape, {opener, *closers})), text):
        if mark.start() in taken:
            continue
        if start is not None and mark[0] in closers and closes(text, mark):
            taken |= {*range(start, start + len(opener)), *range(*mark.span())}
            yield Quotation((start + len(opener), mark.start()), (start, mark.end()))
            start = None
        elif mark[0] == opener and opens(text, mark):
            start = mark.start()


def opens(text: str, mark: re.Match[str]) -> bool:
    """Tell whether a mark may open a quotation."""
    before, after = text[mark.start() - 1 : mark.start()], text[mark.end() : mark.end() + 1]
    return mark[0] not in "\"'" or not (before.isalnum() or (mark[0] == "'" and not after.strip()))


def closes(text: str, mark: re.Match[str]) -> bool:
    """Tell whether a mark may close a quotation."""
    before, after = text[mark.start() - 1 : mark.start()], text[mark.end() : mark.end() + 1]
    if mark[0] == '"':  # after a blank and before a word it opens another one
        return bool(before.strip()) or not after.isalnum()
    return mark[0] not in "'’" or not after.isalnum()


class Quotations:
    """The quotations of a text, found by the place of a bracket."""

    def __init__(self, text: str) -> None:
        self.all = quotations(text)
        self._ends = [one.whole[1] for one in self.all]
        self._by_start = sorted(self.all, key=lambda one: one.whole[0])
        self._starts = [one.whole[0] for one in self._by_start]
        self._reach = list(accumulate((one.whole[1] for one in self._by_start), max))

    def around(self, at: int) -> bool:
        """Tell whether a character stands in a quotation."""
        i = bisect_left(self._starts, at)
        return i > 0 and self._reach[i - 1] > at

    def before(self, at: int) -> Quotation | None:
        """Return the last quotation that ends before a character."""
        i = bisect_right(self._ends, at) - 1
        return self.all[i] if i >= 0 else None

    def after(self, at: int) -> Quotation | None:
        """Return the first quotation that begins at a character or behind it."""
        i = bisect_left(self._starts, at)
        return self._by_start[i] if i < len(self._starts) else None
