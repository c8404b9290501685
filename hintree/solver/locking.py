"""One lock per process around the models in it, so that solvers may be used from several threads.

A model in this process has one KV cache, and one number of threads for the whole process, so calls take turns. Models
on servers are called concurrently.
"""

from collections.abc import Sequence
from functools import update_wrapper
from threading import RLock
from typing import Any

from hintree.search import Handler, Response

MODELS_LOCK = RLock()
"""Held while models of this process are loaded or called. A thread that holds it may take it again."""


def taking_turns(handler: Handler) -> Handler:
    """Return a handler whose calls wait for those of all other models of this process; a concurrent one as it is."""
    if handler.concurrent:
        return handler
    handle = handler.handle

    def respond(requests: Sequence[Any]) -> Sequence[Response[Any] | Exception]:
        with MODELS_LOCK:
            return handle(requests)

    return handler._replace(handle=update_wrapper(respond, handle, assigned=(), updated=()))
