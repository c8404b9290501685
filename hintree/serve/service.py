"""What the server is made of: solvers, the engine, limits, keys, trees and figures."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from hintree.errors import UsageError
from hintree.search import Budget
from hintree.serve.engine import ClosingError, Engine, Event
from hintree.serve.errors import RefusalError
from hintree.serve.keys import Keys
from hintree.serve.metrics import Metrics
from hintree.serve.trees import Trees
from hintree.solver import Solver


@dataclass(frozen=True, slots=True)
class Limits:
    """What one server takes on.

    Attributes:
        live: Searches that are worked on at once, at least 1.
        queue: Searches that may wait beside them; any further one is refused with status 429.
        seconds: From a request to its end; then it is answered with status 504.
        body: Bytes of a request.
        question: Characters of a question.
        trees: Trees that are kept for their links; 0 for none.
        grace: Seconds in which running requests may finish when the server is stopped.

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

    def __post_init__(self) -> None:
        least = {"live": 1, "queue": 0, "seconds": 0.001, "body": 100, "question": 1, "trees": 0, "grace": 0}
        for name, bound in least.items():
            if not bound <= getattr(self, name) <= 10**12:
                raise UsageError(f"serve {name}={getattr(self, name)!r} is not a number of at least {bound}")


class Service:
    """One server's parts.

    Args:
        solvers: By name of their preset; the first is the default.
        keys: API keys, none to let everyone in.
        limits: What it takes on.

    Attributes:
        lines: Queues of events, one for every request under way.
    """

    def __init__(self, solvers: Mapping[str, Solver], keys: Sequence[str] = (), limits: Limits | None = None) -> None:
        self.solvers = solvers
        self.limits = limits or Limits()
        self.keys = Keys(keys)
        self.engine = Engine(self.limits.live, self.limits.queue)
        self.trees = Trees(self.limits.trees)
        self.metrics = Metrics(self.engine)
        self.lines: set[asyncio.Queue[Event]] = set()

    def solver(self, model: str | None) -> tuple[str, Solver]:
        """The preset that a request names, or the default. Raises RefusalError with status 404."""
        name = model or next(iter(self.solvers))
        if name not in self.solvers:
            what = f"no model {name[:80]!r}; there are {', '.join(self.solvers)}"
            raise RefusalError(404, what, "model_not_found", "model")
        return name, self.solvers[name]

    def budget(self, solver: Solver, max_tokens: int | None) -> Budget:
        """The limits of one search: the server's own, and the caller's tokens where they are fewer."""
        if max_tokens is None or (solver.budget.tokens or max_tokens) < max_tokens:
            return solver.budget
        return replace(solver.budget, tokens=max_tokens)

    def close(self) -> None:
        """Take no more searches, and let those under way finish for a while; to be called in the event loop."""
        self.engine.close()
        asyncio.get_running_loop().call_later(self.limits.grace, self._end)

    def _end(self) -> None:
        for line in self.lines:
            with suppress(asyncio.QueueFull):
                line.put_nowait(ClosingError())
