"""Watch a search while it runs: its events for callbacks and iterators, and its steps as lines."""

import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tqdm.auto import tqdm

from hintree.errors import HintreeError
from hintree.search import Handler, Node, Response, Tree
from hintree.search.core.events import EventKind
from hintree.solver.solution import Solution
from hintree.solver.solution_tree import step_line


class SolveCancelledError(HintreeError):
    """The caller gave a question up."""


@dataclass(frozen=True, slots=True)
class SolveEvent:
    """One event of a search.

    Attributes:
        kind: "request" (models are asked), "step" (a step was written), "score" or "status" (one of a step changed) or
            "answer" (the search has ended).
        node: The step; of requests the one that the first is about, of the answer the last step of the chosen path.
        role: Role of the requests; "" for the other kinds.
        count: Number of requests; 0 for the other kinds.
        solution: The solution, at the end only.
    """

    kind: EventKind | Literal["answer"]
    node: Node
    role: str = ""
    count: int = 0
    solution: Solution | None = None


OnEvent = Callable[[SolveEvent], object]
"""Callback for the events of a search."""


def before_batches(handler: Handler, call: Callable[[Tree, str], None]) -> Handler:
    """Return a handler that first calls a function with each tree of a batch, as it is by then, and with the role."""

    def handle(requests: Sequence[Any]) -> Sequence[Response[Any] | Exception]:
        for tree in {id(request.tree): request.tree for request in requests}.values():
            call(tree, requests[0].role)
        return handler.handle(requests)

    return handler._replace(handle=handle)


class Observer:
    """Report the events of the searches whose handlers it wraps, and end them when they are given up.

    Args:
        on_event: Called with every event, in order; an exception of it ends the search.
    """

    def __init__(self, on_event: OnEvent) -> None:
        self.on_event = on_event
        self.cancelled = threading.Event()
        self.error: BaseException | None = None
        self._sent: dict[int, int] = {}
        self._lock = threading.RLock()

    def wrap(self, handlers: Mapping[str, Handler]) -> dict[str, Handler]:
        """Return handlers that report all events so far before each batch."""
        return {role: before_batches(handler, self._report_or_end) for role, handler in handlers.items()}

    def _report_or_end(self, tree: Tree, _role: str) -> None:
        self.report(tree)
        if self.cancelled.is_set():
            raise SolveCancelledError("the question was given up")

    def report(self, tree: Tree) -> None:
        """Report the events of a tree that were not reported yet."""
        with self._lock:
            start = self._sent.get(id(tree), 0)
            new = tree.events[start:]
            self._sent[id(tree)] = start + len(new)
            for event in new:
                role, count = event.more if event.kind == "request" and event.more else ("", 0)
                self._call(SolveEvent(event.kind, tree.nodes[event.node], role, int(count)))

    def finish(self, solution: Solution) -> Solution:
        """Report the last events and the answer, and return the solution; raise what the callback raised."""
        self.report(solution.tree)
        last = solution.steps[-1] if solution.steps else solution.tree.root
        self._call(SolveEvent("answer", last, solution=solution))
        if self.error is not None:
            raise self.error
        return solution

    def _call(self, event: SolveEvent) -> None:
        """Call the callback; its first exception is kept, and nothing is reported after it."""
        if self.error is None:
            try:
                self.on_event(event)
            except BaseException as error:
                self.error = error
                self.cancelled.set()


class StepLines:
    """Write each step of a search as one line; one that waits for its score is written once it has it.

    Args:
        write: Writes a line.
    """

    def __init__(self, write: Callable[[str], object]) -> None:
        self.write = write
        self.waiting: list[Node] = []

    def __call__(self, event: SolveEvent) -> None:
        """Take one event of the search."""
        if event.kind == "step":
            self.waiting.append(event.node)
        elif event.kind in ("request", "answer") and event.role != "scorer":
            for node in self.waiting:
                self.write(step_line(node))
            self.waiting = []


class StepPrinter:
    """Print each step as one line on standard error, and count steps on a progress bar, which notebooks draw."""

    def __init__(self) -> None:
        self.bar = tqdm(desc="solving", unit=" steps", leave=False)
        self.lines = StepLines(lambda line: tqdm.write(line, file=sys.stderr))

    def __call__(self, event: SolveEvent) -> None:
        """Show one event of a search."""
        self.lines(event)
        if event.kind == "step":
            self.bar.update()
        elif event.kind == "answer":
            self.bar.close()
