"""The engine: one thread that grows the trees of all callers together, in one batch per role and round.

A new tree joins while others are under way, and every caller is told of its own tree only.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from hintree.search import Budget, Problem, Run, Tree
from hintree.search.core.batched_driver import serve_one_role
from hintree.search.core.run import advance
from hintree.serve.committed import settled, settles
from hintree.solver import Solution, Solver

Event = list[str] | Solution | Exception
"""What a caller is told: steps that are settled now, the solution, or why there is none. The last two end it."""


class FullError(Exception):
    """So many searches are live and waiting that no other is taken."""


class ClosingError(Exception):
    """The server is being stopped."""


class FailedError(Exception):
    """A search has failed; its cause is what a model raised, if a model did."""


@dataclass(slots=True, eq=False)
class Job:
    """One caller's search.

    Attributes:
        solver: Whose search, rule and models are used.
        question: Already checked.
        seed: Same seed, same tree.
        budget: Its limits.
        tell: Called in the engine's thread with every event.
        stream: Whether settled steps are told while the search goes on.
    """

    solver: Solver
    question: str
    seed: int
    budget: Budget
    tell: Callable[[Event], None]
    stream: bool = False
    cancelled: bool = False
    told: int = 0
    run: Run = field(init=False)

    def start(self) -> None:
        """Make the tree and ask the first questions."""
        tree = Tree(Problem(self.question), self.seed)
        self.run = Run(tree, self.solver.search.grow(tree, self.solver.rewrite), started=time.monotonic())
        self.run.resume(None)

    def advance(self) -> Event | None:
        """Bring the search to where it needs a model, or end it; what is new, None if nothing is."""
        if self.cancelled:
            self.run.end("cancelled")
            return None
        advance(self.run, self.solver.handlers, self.budget)
        reason = self.run.stop_reason
        if reason.startswith("failed"):
            error = FailedError(reason)
            error.__cause__ = self.run.error
            return error
        if reason:
            return self.solver.solution(self.run)
        if self.stream and settles(self.solver.search) and all(ask.role != "scorer" for ask in self.run.requests):
            steps = [node.step.text for node in settled(self.run.tree)[self.told :]]
            self.told += len(steps)
            return steps or None
        return None


class Engine:
    """Takes jobs from any thread; its own thread is the only one that asks models.

    Args:
        live: Searches that are worked on at once.
        queue: Searches that may wait beside them.
    """

    def __init__(self, live: int, queue: int) -> None:
        self.most_live, self.queue = live, queue
        self.jobs: list[Job] = []
        self.waiting: deque[Job] = deque()
        self.closing = False
        self.changed = threading.Condition()
        self.thread = threading.Thread(target=self._work, name="hintree-engine", daemon=True)

    def submit(self, job: Job) -> None:
        """Take a job. Raises FullError or ClosingError."""
        with self.changed:
            if self.closing:
                raise ClosingError
            if len(self.jobs) + len(self.waiting) >= self.most_live + self.queue:
                raise FullError
            self.waiting.append(job)
            self.changed.notify()

    def cancel(self, job: Job) -> None:
        """Let go of a job, done or not; its search ends before the next round."""
        job.cancelled = True
        with self.changed:
            if job in self.waiting:
                self.waiting.remove(job)

    def close(self) -> None:
        """Take no more jobs; those that wait are told so, those that run go on, and then the thread ends."""
        with self.changed:
            self.closing = True
            for job in self.waiting:
                job.tell(ClosingError())
            self.waiting.clear()
            self.changed.notify()

    def _work(self) -> None:
        while self._admit():
            try:
                self._round()
            except Exception as error:  # a bug: no caller is left waiting, and the next ones are served
                logging.getLogger("hintree").exception("the engine has failed")
                for job in self.jobs:
                    job.tell(error)
                self.jobs = []

    def _admit(self) -> bool:
        """Start waiting jobs while there is room, sleeping while there is nothing to do; False when it is all over."""
        with self.changed:
            while not (self.jobs or self.waiting or self.closing):
                self.changed.wait()
            while self.waiting and len(self.jobs) < self.most_live:
                self.jobs.append(self.waiting.popleft())
                self.jobs[-1].start()
            return bool(self.jobs)

    def _round(self) -> None:
        news = [(job, job.advance()) for job in self.jobs]
        going = [job for job in self.jobs if not job.run.stop_reason]
        with self.changed:
            self.jobs = going  # before anyone is told, who may then ask again at once
        for job, event in news:
            if event is not None:
                job.tell(event)
        serve_one_role((job.run, job.solver.handlers) for job in going)
