"""The concurrent driver, for models on servers: one call per request, many at a time, without rounds.

As soon as all pending requests of a problem have responses its search continues, while those of other problems are
still under way. When a search ends before its responses have come, by its budget of seconds or by an error, their calls
are cancelled, where the handler supports it (scope.py). The trees are those of the batched driver.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import nullcontext
from threading import Lock
from typing import Any

from hintree.errors import UsageError
from hintree.search.core.budget import Budget
from hintree.search.core.endings import out_of_budget
from hintree.search.core.requests import Request, Response
from hintree.search.core.run import Growth, Handler, Run, admit, advance, call_handler, record_response
from hintree.search.core.scope import Scope
from hintree.search.core.tree import Tree

Flying = dict["Future[tuple[list[Response[Any] | Exception], float]]", tuple[Run, int, Request[Any]]]


def concurrent_driver(
    searches: Iterable[tuple[Tree, Growth]],
    handlers: Mapping[str, Handler],
    *,
    budget: Budget | None = None,
    live: int = 64,
    limit: int = 16,
) -> Iterator[Run]:
    """Run many searches to their ends, yielding each as it ends; see ``batched_driver`` for the contract.

    Searches run in the caller's thread; only handlers run in others. Closing the iterator cancels all calls.

    Args:
        searches: Trees and the coroutines that grow them.
        handlers: By role; those that are ``concurrent`` are called from many threads, the others one at a time.
        budget: Limits for each problem.
        live: Problems in flight at once, at least 1.
        limit: Requests under way at once, at least 1.

    Raises:
        UsageError: ``live`` or ``limit`` is below 1.
    """
    if live < 1 or limit < 1:
        raise UsageError(f"live={live!r}, limit={limit!r}: both are whole numbers of at least 1")
    waiting, budget = iter(searches), budget or Budget()
    running: list[Run] = []
    flying: Flying = {}
    pool, alone = ThreadPoolExecutor(limit), Lock()
    try:
        while True:
            admit(running, waiting, live)
            send(running, handlers, budget, pool, alone, flying, limit)
            busy = {id(run) for run, _, _ in flying.values()}
            ended = [run for run in running if run.stop_reason and id(run) not in busy]
            running = [run for run in running if run not in ended]
            yield from ended
            if flying:
                done, _ = wait(flying, timeout=time_left(running, budget), return_when=FIRST_COMPLETED)
                for future in done:
                    run, number, request = flying.pop(future)
                    (answer,), seconds = future.result()
                    record_response(run, number, request, answer, handlers[request.role], seconds)
            elif not running and not ended:
                return
    finally:
        for run in running:
            run.scope.end()
        pool.shutdown(cancel_futures=True)


def time_left(running: Iterable[Run], budget: Budget) -> float | None:
    """End the searches whose seconds are spent; return the seconds until the next one's are, None without a limit."""
    if budget.seconds is None:
        return None
    left = {id(run): run.started + budget.seconds - time.monotonic() for run in running if not run.stop_reason}
    for run in running:
        if left.get(id(run), 1.0) <= 0:
            run.end(out_of_budget("seconds"))
    return min((seconds for seconds in left.values() if seconds > 0), default=None)


def send(
    running: Iterable[Run],
    handlers: Mapping[str, Handler],
    budget: Budget,
    pool: ThreadPoolExecutor,
    alone: Lock,
    flying: Flying,
    limit: int,
) -> None:
    """Send requests until ``limit`` are under way; the budget of the problem is checked before each."""
    for run in running:
        advance(run, handlers, budget)
        for number, request in [] if run.stop_reason else run.waiting():
            if len(flying) >= limit or budget.role_spent(run.ledger, request.role):
                break
            run.sent.add(number)
            flying[pool.submit(call_handler_alone, run.scope, alone, handlers[request.role], request)] = (
                run,
                number,
                request,
            )


def call_handler_alone(
    scope: Scope, alone: Lock, handler: Handler, request: Request[Any]
) -> tuple[list[Response[Any] | Exception], float]:
    """Call a handler with one request inside the scope of its search; ``alone`` serialises handlers that need it."""
    with scope.open(), nullcontext() if handler.concurrent else alone:
        return call_handler(handler, [request])
