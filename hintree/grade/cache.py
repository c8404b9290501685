"""Verdicts that were given, bounded in bytes."""

import threading
from collections import OrderedDict

from hintree.grade.verdict import Verdict

Key = tuple[str, ...]
ENTRY = 300
"""Bytes of an entry beside its texts."""


class Cache:
    """Verdicts by their texts; the ones unused for longest leave when the texts exceed the bound.

    Args:
        most: Bytes that the entries may take, at least 1.
    """

    def __init__(self, most: int = 8 * 2**20) -> None:
        self.most = most
        self.clear()

    def clear(self) -> None:
        """Drop all cached verdicts."""
        self.lock = threading.Lock()
        self.entries: OrderedDict[Key, Verdict] = OrderedDict()
        self.bytes = 0

    def get(self, key: Key) -> Verdict | None:
        """Return the verdict under a key, None if there is none."""
        with self.lock:
            verdict = self.entries.get(key)
            if verdict is not None:
                self.entries.move_to_end(key)
            return verdict

    def put(self, key: Key, verdict: Verdict) -> None:
        """Keep a verdict, unless its texts alone exceed a sixteenth of the bound."""
        size = weight(key)
        if size > self.most // 16:
            return
        with self.lock:
            if key not in self.entries:
                self.entries[key] = verdict
                self.bytes += size
            while self.bytes > self.most:
                old, _ = self.entries.popitem(last=False)
                self.bytes -= weight(old)


def weight(key: Key) -> int:
    """Return the bytes of an entry, with four for each character."""
    return ENTRY + 4 * sum(map(len, key))
