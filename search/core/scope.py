"""Scopes: the calls under way for one search, which are cancelled together when that search ends.

The concurrent driver handles each request inside the scope of its problem. A handler that waits there for something
that can be cancelled, such as a server's reply, registers how (``cancelling``).
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar

Cancel = Callable[[], object]


class Scope:
    """The calls under way for one search; safe to use from several threads."""

    def __init__(self) -> None:
        self.ended = False
        self._lock = threading.Lock()
        self._cancels: dict[int, Cancel] = {}

    def end(self) -> None:
        """Cancel all calls that are under way, and every later one."""
        with self._lock:
            self.ended = True
            cancels = list(self._cancels.values())
        for cancel in cancels:
            with suppress(Exception):  # a call that cannot be cancelled harms neither the others nor the caller
                cancel()

    @contextmanager
    def open(self) -> Iterator[None]:
        """Make this the scope of the calling thread for the length of the context."""
        token = _scope.set(self)
        try:
            yield
        finally:
            _scope.reset(token)

    @contextmanager
    def cancelling(self, cancel: Cancel) -> Iterator[None]:
        """Call ``cancel`` if the scope ends within the context, or has ended before."""
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
    """Return the scope of the calling thread; a new one, which never ends, if none was opened."""
    return _scope.get(None) or Scope()
