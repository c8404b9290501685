"""The batched driver, for local models: one batch per round, over all live problems.

In every round it takes the role with the most pending requests and handles all of them in one call per handler. Only
this driver and the concurrent one call handlers.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping

from hintree.errors import UsageError
from hintree.search.core.budget import Budget
from hintree.search.core.run import Growth, Handler, Run, admit, advance, call_handler, record_response
from hintree.search.core.tree import Tree


def batched_driver(
    searches: Iterable[tuple[Tree, Growth]],
    handlers: Mapping[str, Handler],
    *,
    budget: Budget | None = None,
    live: int = 64,
) -> Iterator[Run]:
    """Run many searches to their ends, yielding each as it ends.

    The driver owns the trees and coroutines until it yields their run. The order in which runs end depends on ``live``;
    trees and ledgers (but for seconds) do not.

    Args:
        searches: Trees and the coroutines that grow them; taken from the iterable as live problems end.
        handlers: By role; a request of a role without a handler is answered None.
        budget: Limits for each problem.
        live: Problems in flight at once, at least 1. It changes speed, never a tree.

    Raises:
        UsageError: ``live`` is below 1.
    """
    if live < 1:
        raise UsageError(f"live={live!r} is not a whole number of at least 1")
    waiting, budget, running = iter(searches), budget or Budget(), deque[Run]()
    while True:
        admit(running, waiting, live)
        if not running:
            return
        for run in running:
            advance(run, handlers, budget)
        yield from (run for run in running if run.stop_reason)
        running = deque(run for run in running if not run.stop_reason)
        serve_one_role((run, handlers) for run in running)


def serve_one_role(running: Iterable[tuple[Run, Mapping[str, Handler]]]) -> None:
    """Handle all pending requests of the role that has the most, in one call per handler."""
    pending = [
        (run, number, request, handlers[request.role]) for run, handlers in running for number, request in run.waiting()
    ]
    if not pending:
        return
    role = Counter(request.role for _, _, request, _ in pending).most_common(1)[0][0]
    chosen = [entry for entry in pending if entry[2].role == role]
    for handler in {id(handler): handler for *_, handler in chosen}.values():
        batch = [(run, number, request) for run, number, request, h in chosen if h is handler]
        responses, seconds = call_handler(handler, [request for _, _, request in batch])
        for (run, number, request), response in zip(batch, responses, strict=True):
            record_response(run, number, request, response, handler, seconds)
