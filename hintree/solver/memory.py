"""Halve batches for which memory lacks, so that only a problem that is too large itself fails."""

import gc
import sys
from collections.abc import Callable, Sequence
from functools import update_wrapper
from typing import Any

from hintree.errors import OutOfMemoryError, RoleError
from hintree.search import Handler, Response

TEXTS = ("can't allocate memory", "out of memory", "not enough memory")
"""Parts of PyTorch's errors for a lack of memory, which on a CPU have no class of their own."""


def is_out_of_memory(error: Exception) -> bool:
    """Return True for a lack of memory: of Python, a CPU or GPU allocation of PyTorch, or a model's KV cache."""
    if isinstance(error, MemoryError | OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(text in str(error) for text in TEXTS)


def within_memory(handler: Handler, free: Callable[[], None]) -> Handler:
    """Return a handler that halves a batch for which memory lacks; a request that lacks it alone fails its problem.

    Args:
        handler: Handler of a role.
        free: Called before a batch is tried again, to release what caches hold.
    """
    handle = handler.handle

    def respond(requests: Sequence[Any], tried: bool = False) -> Sequence[Response[Any] | Exception]:
        try:
            responses = handle(requests)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            lack = out_of_memory(error)
        else:
            return [out_of_memory(r) if isinstance(r, Exception) and is_out_of_memory(r) else r for r in responses]
        if not handler.concurrent:  # other threads may use the caches of local models
            free()
        if len(requests) == 1:
            if tried:
                return [lack]
            release_memory()
            return respond(requests, tried=True)
        half = len(requests) // 2
        return [*respond(requests[:half]), *respond(requests[half:])]

    return handler._replace(handle=update_wrapper(respond, handle, assigned=(), updated=()))


def out_of_memory(error: Exception) -> RoleError:
    """Return the error that ends a problem for lack of memory."""
    text = " ".join(str(error).split())[:200] or type(error).__name__
    return RoleError(f"out of memory: {text}; the other problems go on")


def release_memory() -> None:
    """Return memory that nothing refers to any more to the system, on a GPU too."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
