"""Continuous batching of searches: one thread grows the trees of all callers, with one batch per role and round.

A new search joins between two rounds. Every caller gets the events of its own tree only.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from hintree.search import Budget, Problem, Run, Tree
from hintree.search.core.batched_driver import serve_one_role
from hintree.search.core.endings import CANCELLED
from hintree.search.core.run import advance
from hintree.serve.committed import commits_early, committed_prefix
from hintree.solver import Solution, Solver

Event = list[str] | Solution | Exception
"""Newly committed steps, the solution, or the error that ended the search; the last two are final."""


class QueueFullError(Exception):
    """The limits of live and waiting searches are reached."""


class ShutdownError(Exception):
    """The server is shutting down."""


class SearchFailedError(Exception):
    """A search has failed; ``__cause__`` is the exception of the model, if there was one."""


@dataclass(slots=True, eq=False)
class SearchJob:
    """One caller's search.

    Attributes:
        solver: Solver with the search, the rewrite rule and the models.
        problem: Checked question, with the conversation before it.
        seed: Seed of the tree.
        budget: Limits of the search.
        on_event: Callback for every event; called in the engine's thread.
        stream: Send committed steps while the search runs.
        cancelled: Set by ``Engine.cancel``; the search ends before the next round.
        sent: Number of committed steps already sent.
    """

    solver: Solver
    problem: Problem
    seed: int
    budget: Budget
    on_event: Callable[[Event], None]
    stream: bool = False
    cancelled: bool = False
    sent: int = 0
    run: Run = field(init=False)

    def start(self) -> None:
        """Create the tree and run the search to its first requests."""
        tree = Tree(self.problem, self.seed)
        self.run = Run(tree, self.solver.growth(tree), started=time.monotonic())
        self.run.resume(None)

    def advance(self) -> Event | None:
        """Run the search until it waits for a model or ends; return the new event, None if there is none."""
        if self.cancelled:
            self.run.end(CANCELLED)
            return None
        advance(self.run, self.solver.handlers, self.budget)
        reason = self.run.stop_reason
        if reason and reason.failed:
            logging.getLogger("hintree").error("a search has %s", reason)
            error = SearchFailedError(str(reason))
            error.__cause__ = self.run.error
            return error
        if reason:
            return self.solver.solution(self.run)
        if (
            self.stream
            and commits_early(self.solver.search)
            and self.solver.selection.choice != "verdict"  # its path is another one
            and all(request.role != "scorer" for request in self.run.requests)
        ):
            nodes = committed_prefix(self.run.tree)[self.sent :]
            self.sent += len(nodes)
            return [node.step.text for node in nodes if not node.step.thinking] or None
        return None


class Engine:
    """Accept jobs from any thread; run them in its own thread, the only one that calls the models.

    Args:
        live: Maximum number of concurrent searches.
        queue: Maximum number of waiting searches.
    """

    def __init__(self, live: int, queue: int) -> None:
        self.max_live, self.max_waiting = live, queue
        self.jobs: list[SearchJob] = []
        self.waiting: deque[SearchJob] = deque()
        self.closing = False
        self.changed = threading.Condition()
        self.thread = threading.Thread(target=self._work, name="hintree-engine", daemon=True)

    def submit(self, job: SearchJob) -> None:
        """Add a job to the queue. Raises QueueFullError or ShutdownError."""
        with self.changed:
            if self.closing:
                raise ShutdownError
            if len(self.jobs) + len(self.waiting) >= self.max_live + self.max_waiting:
                raise QueueFullError
            self.waiting.append(job)
            self.changed.notify()

    def cancel(self, job: SearchJob) -> None:
        """Cancel a job, finished or not; its search ends before the next round."""
        job.cancelled = True
        with self.changed:
            if job in self.waiting:
                self.waiting.remove(job)

    def close(self) -> None:
        """Accept no more jobs; waiting ones get a ShutdownError, running ones finish, then the thread ends."""
        with self.changed:
            self.closing = True
            for job in self.waiting:
                job.on_event(ShutdownError())
            self.waiting.clear()
            self.changed.notify()

    def _work(self) -> None:
        while self._admit():
            try:
                self._round()
            except Exception as error:  # a bug: every caller gets the error, and later jobs still run
                logging.getLogger("hintree").exception("the engine has failed")
                for job in self.jobs:
                    job.on_event(error)
                self.jobs = []

    def _admit(self) -> bool:
        """Start waiting jobs up to the limit; block while there are none; return False after the last one."""
        with self.changed:
            while not (self.jobs or self.waiting or self.closing):
                self.changed.wait()
            while self.waiting and len(self.jobs) < self.max_live:
                self.jobs.append(self.waiting.popleft())
                self.jobs[-1].start()
            return bool(self.jobs)

    def _round(self) -> None:
        events = [(job, job.advance()) for job in self.jobs]
        running = [job for job in self.jobs if not job.run.stop_reason]
        with self.changed:
            self.jobs = running  # before the callbacks, since a caller may submit again at once
        for job, event in events:
            if event is not None:
                job.on_event(event)
        serve_one_role((job.run, job.solver.handlers) for job in running)
