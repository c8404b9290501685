"""Searches in threads of their own: for event loops, and for iterators of events."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from typing import Protocol

from hintree.search import Problem
from hintree.solver.progress import Observer, OnEvent, SolveEvent
from hintree.solver.solution import Solution


class Observable(Protocol):
    """A solver whose searches can be observed."""

    def observed(self, question: str | Problem, observer: Observer) -> Solution:
        """Solve one question under an observer, and return its solution."""
        ...


async def solve_in_thread(solver: Observable, question: str | Problem, on_event: OnEvent | None) -> Solution:
    """Return the solution of a question that a thread solves; a cancelled task ends the search."""
    observer = Observer(on_event or ignore)
    try:
        return await asyncio.to_thread(solver.observed, question, observer)
    except asyncio.CancelledError:
        observer.cancelled.set()
        raise


def ignore(event: SolveEvent) -> None:
    """Take an event that nobody wants."""


def stream_events(solver: Observable, question: str | Problem) -> Iterator[SolveEvent]:
    """Yield the events of a search that a thread runs; raises what ended it."""
    queue: SimpleQueue[SolveEvent | BaseException | None] = SimpleQueue()
    observer = Observer(queue.put)
    thread = threading.Thread(target=put_end, args=(lambda: solver.observed(question, observer), queue), daemon=True)
    thread.start()
    try:
        while (event := queue.get()) is not None:
            if isinstance(event, BaseException):
                raise event
            yield event
    finally:
        observer.cancelled.set()
        thread.join()


def put_end(run: Callable[[], Solution], queue: "SimpleQueue[SolveEvent | BaseException | None]") -> None:
    """Run a search and put its error, or None for its end, into the queue."""
    try:
        run()
        queue.put(None)
    except BaseException as error:
        queue.put(error)
