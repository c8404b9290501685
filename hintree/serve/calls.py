"""One request under way: its search, its deadline, and the caller who may leave."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from starlette.requests import Request

from hintree.search import Ledger
from hintree.serve.engine import Event, Job
from hintree.serve.requests import Asked
from hintree.serve.service import Service
from hintree.serve.solvers import drawn_with
from hintree.solver import OUT_OF_WORLD, Solution, Solver


class LeftError(Exception):
    """The caller has left."""


class Call:
    """One search and the events that it sends.

    Args:
        service: The server's parts.
        solver: Of the preset that was asked for.
        asked: What is asked.
        owner: Whose tree it will be.
    """

    def __init__(self, service: Service, solver: Solver, asked: Asked, owner: bytes) -> None:
        self.service, self.asked, self.owner = service, asked, owner
        self.solver = drawn_with(solver, asked.body.temperature, asked.body.top_p)
        self.line: asyncio.Queue[Event] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def tell(event: Event) -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody listens any more
                loop.call_soon_threadsafe(self.line.put_nowait, event)

        seed = solver.seed if asked.body.seed is None else asked.body.seed
        budget = service.budget(solver, asked.max_tokens)
        self.job = Job(self.solver, asked.question, seed, budget, tell, stream=bool(asked.body.stream))

    @asynccontextmanager
    async def under_way(self, request: Request, left: float) -> AsyncIterator[None]:
        """Watch the clock and the caller; at the end the search ends too.

        Args:
            request: Whose caller may leave.
            left: Seconds to the deadline.
        """
        over = TimeoutError(f"no answer within {self.service.limits.seconds:g} seconds")
        timer = asyncio.get_running_loop().call_later(left, self.line.put_nowait, over)
        watcher = asyncio.create_task(watch(request, lambda: self.line.put_nowait(LeftError())))
        self.service.lines.add(self.line)
        try:
            yield
        finally:
            self.service.lines.discard(self.line)
            timer.cancel()
            watcher.cancel()
            self.service.engine.cancel(self.job)

    async def next(self) -> list[str] | Solution:
        """The next settled steps, or the solution. Raises what has ended the call instead."""
        event = await self.line.get()
        if isinstance(event, Exception):
            raise event
        return event

    def extra(self, solution: Solution, preset: str, link: Callable[[str], str]) -> dict[str, Any]:
        """What only hintree gives, and the tree kept: answer, confidence, why it ended, costs, link, warnings."""
        from hintree.solver.solution import solved

        name = self.service.trees.keep(self.owner, solved(solution, preset))
        unknown = self.solver.unknown_words(solution.question)
        odd = [f"{OUT_OF_WORLD} (unknown: {', '.join(unknown[:5])}); their answer means nothing"] if unknown else []
        return {
            "answer": solution.answer,
            "confidence": solution.confidence,
            "stop_reason": solution.stop_reason,
            "tree": None if name is None else link(name),
            "ledger": solution.ledger.to_dict(),
            "warnings": [*self.asked.warnings, *odd],
        }


async def watch(request: Request, left: Callable[[], None]) -> None:
    """Call ``left`` when the caller leaves."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    left()


class Clock:
    """When a request came, and its entry in the figures."""

    def __init__(self, service: Service) -> None:
        self.service, self.started, self.preset = service, time.monotonic(), "none"

    def left(self) -> float:
        """Seconds to the deadline, at least 0."""
        return max(0.0, self.started + self.service.limits.seconds - time.monotonic())

    def book(self, status: int, ledger: Ledger | None = None) -> None:
        """Enter the request, now that it has ended, and what its search has cost."""
        self.service.metrics.book(self.preset, status, time.monotonic() - self.started)
        if ledger is not None:
            self.service.metrics.book_tokens(ledger)
