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
from hintree.search.core.requests import Answer, Ask
from hintree.search.core.run import Answerer, Growth, Run, admit, answer_all, settle, take
from hintree.search.core.scope import Scope
from hintree.search.core.tree import Tree

Flying = dict["Future[tuple[list[Answer[Any] | Exception], float]]", tuple[Run, int, Ask[Any]]]


def flow(
    searches: Iterable[tuple[Tree, Growth]],
    answerers: Mapping[str, Answerer],
    *,
    budget: Budget | None = None,
    live: int = 64,
    limit: int = 16,
) -> Iterator[Run]:
    """Run many searches to their ends, yielding each as it ends; like ``drive``.

    Args:
        searches: As for ``drive``.
        answerers: By role; those that are ``free`` are called from several threads at once, the others one at a time.
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
            send(running, answerers, budget, pool, alone, flying, limit)
            busy = {id(run) for run, _, _ in flying.values()}
            ended = [run for run in running if run.stop_reason and id(run) not in busy]
            running = [run for run in running if run not in ended]
            yield from ended
            if flying:
                done, _ = wait(flying, timeout=time_left(running, budget), return_when=FIRST_COMPLETED)
                for future in done:
                    run, place, ask = flying.pop(future)
                    (answer,), seconds = future.result()
                    take(run, place, ask, answer, answerers[ask.role], seconds)
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
            run.end("budget: seconds")
    return min((seconds for seconds in left.values() if seconds > 0), default=None)


def send(
    running: Iterable[Run],
    answerers: Mapping[str, Answerer],
    budget: Budget,
    pool: ThreadPoolExecutor,
    alone: Lock,
    flying: Flying,
    limit: int,
) -> None:
    """Send questions until ``limit`` are under way, a problem's budget being looked at before each."""
    for run in running:
        settle(run, answerers, budget)
        for place, ask in [] if run.stop_reason else run.waiting():
            if len(flying) >= limit or budget.role_spent(run.ledger, ask.role):
                break
            run.sent.add(place)
            flying[pool.submit(answer_one, run.scope, alone, answerers[ask.role], ask)] = run, place, ask


def answer_one(
    scope: Scope, alone: Lock, answerer: Answerer, ask: Ask[Any]
) -> tuple[list[Answer[Any] | Exception], float]:
    """The answer to one question, inside the scope of its search."""
    with scope.open(), nullcontext() if answerer.free else alone:
        return answer_all(answerer, [ask])
