"""One handler for a role that answers several kinds of requests."""

from collections.abc import Callable, Mapping, Sequence
from functools import update_wrapper
from typing import Any

from hintree.search import Request, Response

Handle = Callable[[Sequence[Any]], Sequence[Response[Any] | Exception]]
"""Handles a batch: one response or exception per request, in order."""


def by_kind(handlers: Mapping[type[Request[Any]], Handle], main: Handle) -> Handle:
    """Return a handler that gives each kind of request to its own handler, in one batch per kind.

    Args:
        handlers: By kind of request.
        main: The one of them that ``inspect.unwrap`` shall find.
    """

    def handle(requests: Sequence[Request[Any]]) -> list[Response[Any] | Exception]:
        parts = {kind: [request for request in requests if type(request) is kind] for kind in handlers}
        answers = {kind: iter(handlers[kind](part) if part else ()) for kind, part in parts.items()}
        return [next(answers[type(request)]) for request in requests]

    return update_wrapper(handle, main, assigned=(), updated=())
