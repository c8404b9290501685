"""Number of threads of a model's forward passes."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from hintree.models.resources import available_cpus, given_threads

ONE_THREAD = 20_000_000
"""Parameters up to which a model runs on one thread: a second one mostly waits, and burns its core while it does."""


def threads_for(parameters: int) -> int:
    """Return the number of threads for a model of a number of parameters.

    It is the user's number (``hintree.models.resources``), else 1 for small models, else PyTorch's own number, which
    follows OMP_NUM_THREADS and ``torch.set_num_threads``, but at most the processors that this process may use.

    Raises:
        UsageError: The user's number is not accepted.
    """
    return given_threads() or (1 if parameters <= ONE_THREAD else min(torch.get_num_threads(), available_cpus()))


@contextmanager
def use_threads(count: int) -> Iterator[None]:
    """Set PyTorch's number of threads for the calls inside, and restore it."""
    before = torch.get_num_threads()
    if count == before:
        yield
        return
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
