"""Scopes: work that is under way for one search, to be called off together when that search ends.

The free-running driver answers each question inside the scope of its problem. Who waits there for something that can
be called off, such as a server's answer, says how.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Cancel = Callable[[], object]


class Scope:
    """The calls under way for one search; safe to use from several threads."""

    def __init__(self) -> None:
        self.ended = False
        self._lock = threading.Lock()
        self._cancels: dict[int, Cancel] = {}

    def end(self) -> None:
        """Call everything off that is under way, and whatever comes later."""
        with self._lock:
            self.ended = True
            cancels = list(self._cancels.values())
        for cancel in cancels:
            cancel()

    @contextmanager
    def open(self) -> Iterator[None]:
        """Make this the scope of what this thread does."""
        token = _scope.set(self)
        try:
            yield
        finally:
            _scope.reset(token)

    @contextmanager
    def calling_off(self, cancel: Cancel) -> Iterator[None]:
        """If the scope ends meanwhile, or has ended before, ``cancel`` is called."""
        with self._lock:
            self._cancels[id(cancel)] = cancel
            ended = self.ended
        if ended:
            cancel()
        try:
            yield
        finally:
            with self._lock:
                del self._cancels[id(cancel)]


_scope: ContextVar[Scope] = ContextVar("scope")


def current_scope() -> Scope:
    """The scope that this thread works in; one of its own, which never ends, if none was opened."""
    return _scope.get(None) or Scope()
