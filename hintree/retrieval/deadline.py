"""A limit of time for retrievers of users, and an end of asking one that never answers."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from hintree.errors import RetrieverError

SECONDS = 120.0
"""Limit of one call of a retriever that names none (``Retriever``)."""
SLOW, TRIES = 5.0, 3
"""A retriever is given up after so many failures in a row that took longer than ``SLOW`` seconds each."""
T = TypeVar("T")


class Patience:
    """Calls a retriever for as long as it is worth it.

    Args:
        seconds: Limit of one call, in seconds; None for none.
    """

    def __init__(self, seconds: float | None) -> None:
        self.seconds, self.slow = seconds, 0

    def call(self, search: Callable[[], T]) -> T:
        """Return what a call returns. Raises its error, and RetrieverError if it is late or has failed too often."""
        if self.slow >= TRIES:
            raise RetrieverError(
                f"the retriever failed {TRIES} times in a row after more than {SLOW:g} s, and is not asked any more"
            )
        began = time.monotonic()
        try:
            found = search() if self.seconds is None else within(self.seconds, search)
        except Exception:
            self.slow = self.slow + 1 if time.monotonic() - began > SLOW else 0
            raise
        self.slow = 0
        return found


def within(seconds: float, search: Callable[[], T]) -> T:
    """Return what a call returns in a thread of its own, which is left alone if it is late.

    Raises:
        RetrieverError: It has not returned within ``seconds``.
    """
    found: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            found.append(search())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not found:
        raise RetrieverError(f"the retriever has not answered within {seconds:g} s")
    return found[0]
