"""Run searches through the driver that fits their handlers: the one place that chooses between the two."""

from collections.abc import Iterable, Iterator, Mapping

from hintree.search.core.batched_driver import batched_driver
from hintree.search.core.budget import Budget
from hintree.search.core.concurrent_driver import concurrent_driver
from hintree.search.core.run import Growth, Handler, Run
from hintree.search.core.tree import Tree


def run_searches(
    searches: Iterable[tuple[Tree, Growth]],
    handlers: Mapping[str, Handler],
    *,
    budget: Budget | None = None,
    live: int = 64,
) -> Iterator[Run]:
    """Run many searches to their ends, yielding each as it ends; the driver changes speed, never a tree.

    Handlers of models on servers gain from concurrency: if one of them is ``concurrent``, the concurrent driver runs
    all searches. Otherwise the batched driver does, which local models gain from.

    Args:
        searches: Trees and the coroutines that grow them; taken from the iterable as live problems end.
        handlers: By role; a role without a handler responds None to every request.
        budget: Limits for each problem.
        live: Problems in flight at once, at least 1.

    Raises:
        UsageError: ``live`` is below 1.
    """
    driver = concurrent_driver if any(handler.concurrent for handler in handlers.values()) else batched_driver
    return driver(searches, handlers, budget=budget, live=live)
