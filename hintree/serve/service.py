"""The parts of a server: solvers, engine, limits, keys, trees and metrics."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from hintree.errors import UsageError
from hintree.search import Budget
from hintree.serve.access import Access
from hintree.serve.engine import Engine, Event, ShutdownError
from hintree.serve.errors import ApiError
from hintree.serve.keys import ApiKeys
from hintree.serve.metrics import Metrics
from hintree.serve.trees import TreeStore
from hintree.solver import Solver


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """Limits of one server.

    Attributes:
        live: Maximum number of concurrent searches, at least 1.
        queue: Maximum number of waiting searches; a further request gets status 429.
        seconds: Deadline of a request, from its arrival; then it gets status 504.
        body: Maximum number of bytes of a request.
        question: Maximum number of characters of a question.
        trees: Number of latest trees kept for their links; 0 for none.
        grace: Seconds for running requests to finish at shutdown.
        connections: Maximum number of open connections; a further one gets status 503.
        client_connections: Maximum number of open connections of one client address; a further one gets status 429.
        header_seconds: Seconds from the first to the last byte of a request's headers; then it gets status 408.
        body_seconds: Seconds to receive a body; then it gets status 408.
        pause_seconds: Longest pause in a body (status 408), or in reading a response (the connection ends).
        keep_alive: Seconds that a connection is kept between two requests.

    Raises:
        UsageError: A value is outside its range.
    """

    live: int = 64
    queue: int = 256
    seconds: float = 300.0
    body: int = 1_000_000
    question: int = 20_000
    trees: int = 200
    grace: float = 10.0
    connections: int = 800
    client_connections: int = 400
    header_seconds: float = 10.0
    body_seconds: float = 60.0
    pause_seconds: float = 15.0
    keep_alive: int = 15

    def __post_init__(self) -> None:
        lowest = {"live": 1, "queue": 0, "seconds": 0.001, "body": 100, "question": 1, "trees": 0, "grace": 0}
        lowest |= {"connections": 1, "client_connections": 1, "keep_alive": 0}
        lowest |= dict.fromkeys(("header_seconds", "body_seconds", "pause_seconds"), 0.001)
        for name, bound in lowest.items():
            if not bound <= getattr(self, name) <= 10**12:
                raise UsageError(f"serve {name}={getattr(self, name)!r} is not a number of at least {bound}")


class Service:
    """Hold the parts of one server.

    Args:
        solvers: Solvers by name of their preset; the first is the default.
        keys: API keys; none accepts every caller.
        limits: Limits of the server.
        access: Names and web pages that are accepted; by default the names of this machine, and no page.

    Attributes:
        queues: Event queue of every request in progress.
    """

    def __init__(
        self,
        solvers: Mapping[str, Solver],
        keys: Sequence[str] = (),
        limits: ServerLimits | None = None,
        access: Access | None = None,
    ) -> None:
        self.solvers = solvers
        self.access = access or Access()
        self.limits = limits or ServerLimits()
        self.keys = ApiKeys(keys)
        self.engine = Engine(self.limits.live, self.limits.queue)
        self.trees = TreeStore(self.limits.trees)
        self.metrics = Metrics(self.engine)
        self.queues: set[asyncio.Queue[Event]] = set()

    def solver(self, model: str | None) -> tuple[str, Solver]:
        """Return name and solver of the requested preset, or of the default. Raises ApiError with status 404."""
        name = model or next(iter(self.solvers))
        if name not in self.solvers:
            what = f"no model {name[:80]!r}; there are {', '.join(self.solvers)}"
            raise ApiError(404, what, "model_not_found", "model")
        return name, self.solvers[name]

    def budget(self, solver: Solver, max_tokens: int | None) -> Budget:
        """Return the limits of one search: the server's own, with the caller's token limit where it is lower."""
        if max_tokens is None or (solver.budget.tokens or max_tokens) < max_tokens:
            return solver.budget
        return replace(solver.budget, tokens=max_tokens)

    @property
    def busy(self) -> bool:
        """Return True while a request waits for its search."""
        return bool(self.queues or self.engine.waiting or any(not job.cancelled for job in self.engine.jobs))

    def close(self) -> None:
        """Accept no more searches, and end running ones after the grace time; call it in the event loop."""
        self.engine.close()
        asyncio.get_running_loop().call_later(self.limits.grace, self._end)

    def _end(self) -> None:
        for queue in self.queues:
            with suppress(asyncio.QueueFull):
                queue.put_nowait(ShutdownError())
