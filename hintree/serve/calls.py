"""One request in progress: its search, its deadline, and the client that may disconnect."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

from starlette.requests import Request

from hintree.search import Ledger, Problem
from hintree.serve.engine import Engine, Event, SearchJob
from hintree.serve.requests import ParsedRequest
from hintree.serve.service import Service
from hintree.serve.solvers import with_sampling
from hintree.solver import OUT_OF_DOMAIN, Solution, Solver


class DisconnectedError(Exception):
    """The client has closed the connection."""


class Call:
    """One search, and the events that it sends.

    Args:
        service: The server's parts.
        solver: The solver of the requested preset.
        parsed: The request.
        owner: Digest of the caller's key, which may read the tree.
        number: Number of the choice, from 0, which is added to the seed.
    """

    def __init__(self, service: Service, solver: Solver, parsed: ParsedRequest, owner: bytes, number: int = 0) -> None:
        self.service, self.parsed, self.owner = service, parsed, owner
        self.solver = with_sampling(solver, parsed.body.temperature, parsed.body.top_p)
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def send(event: Event) -> None:
            with suppress(RuntimeError):  # the loop is closed: the server has stopped
                loop.call_soon_threadsafe(self.events.put_nowait, event)

        seed = (solver.seed if parsed.body.seed is None else parsed.body.seed) + number
        budget = service.budget(solver, parsed.max_tokens)
        problem, self.unread = readable(solver, parsed.problem)
        self.job = SearchJob(self.solver, problem, seed, budget, send, stream=bool(parsed.body.stream))

    @asynccontextmanager
    async def running(self, request: Request, left: float) -> AsyncIterator[None]:
        """Watch the deadline and the connection; cancel the search at the end.

        Args:
            request: The request, whose client may disconnect.
            left: Seconds to the deadline.
        """
        late = TimeoutError(f"no answer within {self.service.limits.seconds:g} seconds")
        timer = asyncio.get_running_loop().call_later(left, self.events.put_nowait, late)
        watcher = asyncio.create_task(wait_for_disconnect(request, lambda: self.events.put_nowait(DisconnectedError())))
        self.service.queues.add(self.events)
        try:
            yield
        finally:
            self.service.queues.discard(self.events)
            timer.cancel()
            watcher.cancel()
            self.service.engine.cancel(self.job)

    async def next(self) -> list[str] | Solution:
        """Return the next committed steps, or the solution. Raises the error that ended the search or the request."""
        event = await self.events.get()
        if isinstance(event, Exception):
            raise event
        return event

    def extra(self, solution: Solution, preset: str, link: Callable[[str], str]) -> dict[str, Any]:
        """Store the tree and return the ``hintree`` object: answer, confidence, stop reason, cost, link, warnings."""
        from hintree.solver.solution import solved

        shown = solved(replace(solution, models={}), preset)  # names of models may be paths of this machine
        name = self.service.trees.add(self.owner, shown)
        unknown = self.solver.unknown_words(solution.question)
        odd = [f"{OUT_OF_DOMAIN} (unknown: {', '.join(unknown[:5])}); their answer means nothing"] if unknown else []
        return {
            "answer": solution.answer,
            "confidence": solution.confidence,
            "stop_reason": str(solution.stop_reason),
            "tree": None if name is None else link(name),
            "ledger": solution.ledger.with_actions(),
            "warnings": [*self.parsed.warnings, *self.unread, *odd],
        }


def submit_all(engine: Engine, calls: Sequence[Call]) -> None:
    """Submit the searches of one request, or none of them. Raises QueueFullError or ShutdownError."""
    try:
        for call in calls:
            engine.submit(call.job)
    except Exception:
        for call in calls:
            engine.cancel(call.job)
        raise


async def solutions_of(calls: Sequence[Call], request: Request, left: float) -> list[Solution]:
    """Return the solutions of the submitted searches of one request; errors as for ``Call.next``.

    Args:
        calls: The searches, none of which streams.
        request: The request, whose client may disconnect.
        left: Seconds to the deadline.
    """
    async with AsyncExitStack() as running:
        for call in calls:
            await running.enter_async_context(call.running(request, left))
        events = [await call.next() for call in calls]
    return [event for event in events if isinstance(event, Solution)]


def readable(solver: Solver, problem: Problem) -> tuple[Problem, list[str]]:
    """Return a problem as the reasoner can read it, and a warning about the part that is left out.

    The shipped reasoner has only learned to read a question, so the conversation before it is left out.
    """
    count = len(problem.turns) + bool(problem.system)
    if not count or not str(solver.models["reasoner"]).startswith("embedded:"):
        return problem, []
    unread = f"the shipped reasoner saw the last user message only; {count} earlier messages were not read"
    return replace(problem, system="", turns=()), [unread]


async def wait_for_disconnect(request: Request, callback: Callable[[], None]) -> None:
    """Call ``callback`` when the client disconnects."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    callback()


class RequestTimer:
    """Measure the time of one request and record it in the metrics."""

    def __init__(self, service: Service) -> None:
        self.service, self.started, self.preset = service, time.monotonic(), "none"

    def left(self) -> float:
        """Return the seconds to the deadline, at least 0."""
        return max(0.0, self.started + self.service.limits.seconds - time.monotonic())

    def record(self, status: int, *ledgers: Ledger) -> None:
        """Record the ended request, and the tokens of its searches."""
        self.service.metrics.count_request(self.preset, status, time.monotonic() - self.started)
        for ledger in ledgers:
            self.service.metrics.count_tokens(ledger)
