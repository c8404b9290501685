"""Models that the tests of one process share, since loading them takes longer than most tests."""

from functools import cache

from hintree.models import LanguageModel
from hintree.solver import ModelPool


@cache
def shared_pool() -> ModelPool:
    """Return the pool of this process. A test that releases or changes models has a pool of its own."""
    return ModelPool()


def shared_model(name: str) -> LanguageModel:
    """Return a model of the pool of this process by name."""
    return shared_pool().model(name, "auto", "auto")
