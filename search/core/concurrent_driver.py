"""The free-running driver: every question goes its own way, for servers.

There is no round to wait for: as soon as all questions of a problem are answered its search goes on, while those of
other problems are still under way. When a search ends before its answers have come, by its budget of seconds or by an
error, they are called off, where who answers can do that (scope.py). Same trees as from drive.py.
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
    """Run many searches to their ends, yielding each as it ends; like ``drive``.

    Args:
        searches: As for ``drive``.
        handlers: By role; those that are ``concurrent`` are called from many threads, the others one at a time.
        budget: Limits for each problem.
        live: How many problems are worked on at once.
        limit: Questions under way at once.
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
                    run, place, request = flying.pop(future)
                    (answer,), seconds = future.result()
                    record_response(run, place, request, answer, handlers[request.role], seconds)
            elif not running and not ended:
                return
    finally:
        for run in running:
            run.scope.end()
        pool.shutdown(cancel_futures=True)


def time_left(running: Iterable[Run], budget: Budget) -> float | None:
    """End the searches whose seconds are spent; the seconds until the next one's are, None if none will be."""
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
    """Send questions until ``limit`` are under way, a problem's budget being looked at before each."""
    for run in running:
        advance(run, handlers, budget)
        for place, request in [] if run.stop_reason else run.waiting():
            if len(flying) >= limit or budget.role_spent(run.ledger, request.role):
                break
            run.sent.add(place)
            flying[pool.submit(call_handler_alone, run.scope, alone, handlers[request.role], request)] = (
                run,
                place,
                request,
            )


def call_handler_alone(
    scope: Scope, alone: Lock, handler: Handler, request: Request[Any]
) -> tuple[list[Response[Any] | Exception], float]:
    """The answer to one question, inside the scope of its search."""
    with scope.open(), nullcontext() if handler.concurrent else alone:
        return call_handler(handler, [request])
