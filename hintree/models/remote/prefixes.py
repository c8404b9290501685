"""Texts of prompts that a server has computed, to tell how much of a new prompt it knows."""

from bisect import bisect_left, insort

MAX_SEEN = 5_000
"""Maximum number of prompts to keep; beyond it all are forgotten, as a server's cache forgets old ones."""


class SeenPrompts:
    """Sorted texts of the prompts that were sent to one model."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    def add(self, text: str) -> None:
        """Add the text of a prompt."""
        if len(self._texts) >= MAX_SEEN:
            self._texts.clear()
        if self.longest(text) < len(text):
            insort(self._texts, text)

    def longest(self, text: str) -> int:
        """Return the length in characters of the longest prefix that an earlier prompt shares with ``text``.

        It is shared with a neighbour in sorted order.
        """
        at = bisect_left(self._texts, text)
        return max((shared_length(text, other) for other in self._texts[max(0, at - 1) : at + 1]), default=0)


def shared_length(one: str, other: str) -> int:
    """Return the length in characters of the common prefix of two texts."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[low:middle] == other[low:middle] else (low, middle - 1)
    return low
