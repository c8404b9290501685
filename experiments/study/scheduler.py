"""Run the tasks of a study with a pool, and keep every result in its store. One process writes: this one."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hintree.errors import HintreeError
from hintree.experiments.study.store import Result, Store
from hintree.experiments.study.tasks import ATTEMPTS, Task, TaskQueue
from hintree.experiments.study.verdicts import StoredVerdict
from hintree.experiments.study.worker import Alive, Done, End, Lost, Message, Ready, Refused
from hintree.experiments.study.worker_pool import WorkerPool
from hintree.search.core.ledger import Ledger

POLL = 1.0
"""Seconds between two looks at workers that say nothing."""


@dataclass
class Work:
    """A task under way: the problems that have no result yet, why some failed, and the last sign of life."""

    task: Task
    left: list[str]
    reasons: dict[str, str] = field(default_factory=dict)
    heard: float = field(default_factory=time.monotonic)


class Scheduler:
    """A study that is being run.

    Args:
        store: Where results go.
        tasks: What is to be done.
        pool: Who does it.
        kept: Called with results that are on the disk.
        heartbeat_timeout: Seconds without a word after which a worker is killed and its task is tried again.
    """

    def __init__(
        self,
        store: Store,
        tasks: Sequence[Task],
        pool: WorkerPool,
        kept: Callable[[Sequence[Result]], None],
        heartbeat_timeout: float,
    ) -> None:
        self.store = store
        self.schedule = TaskQueue(tasks)
        self.pool = pool
        self.kept = kept
        self.heartbeat_timeout = heartbeat_timeout
        self.started: set[int] = set()
        self.busy: dict[int, Work] = {}
        self.fresh: list[tuple[Result, bytes | None]] = []
        self.verdicts: list[StoredVerdict] = []

    def run(self) -> None:
        """Do all tasks.

        Raises:
            UsageError: The store cannot be written any more.
            HintreeError: No worker can be started, or an arm cannot be had.
        """
        self.hand_out()
        while self.busy or self.schedule.waiting:
            for worker, message in self.pool.messages(POLL):
                self.hear(worker, message)
            for worker, work in list(self.busy.items()):
                if time.monotonic() - work.heard > self.heartbeat_timeout:
                    self.give_up(worker, f"the worker was silent for {self.heartbeat_timeout:g} s")
            self.keep()
            self.hand_out()

    def hand_out(self) -> None:
        """Give every idle worker a task."""
        for worker in sorted(self.started - set(self.busy)):
            if (task := self.schedule.next()) is not None:
                self.busy[worker] = Work(task, list(task.problems))
                self.pool.give(worker, task)

    def hear(self, worker: int, message: Message) -> None:
        """Do what a worker's message asks for."""
        work = self.busy.get(worker)
        match message:
            case Ready():
                self.started.add(worker)
            case Refused(reason):
                raise HintreeError(reason)
            case Lost(reason) if worker not in self.started:
                raise HintreeError(f"no worker can be started: {reason}")
            case Lost(reason):
                self.give_up(worker, reason)
            case End(reason) if work is not None:
                self.close(self.busy.pop(worker), reason)
            case Done(result, tree, verdicts) if work is not None:
                work.heard = time.monotonic()
                self.verdicts += verdicts
                self.take(work, result, tree)
            case Alive() if work is not None:
                work.heard = time.monotonic()

    def take(self, work: Work, result: Result, tree: bytes) -> None:
        """Keep a result, unless the problem failed and has attempts left."""
        if result.status == "failed" and work.task.attempt < ATTEMPTS:
            work.reasons[result.problem] = result.reason
            return
        work.left.remove(result.problem)
        self.fresh.append((result, tree))

    def give_up(self, worker: int, reason: str) -> None:
        """Replace a worker, and try its task again."""
        self.started.discard(worker)
        if (work := self.busy.pop(worker, None)) is not None:
            self.close(work, reason)
        self.pool.replace(worker)

    def close(self, work: Work, reason: str) -> None:
        """Try again what a task has left, or record why it failed."""
        if not work.left or self.schedule.again(work.task, work.left):
            return
        arm, seed = work.task.arm, work.task.seed
        for problem in work.left:
            why = f"failed: {work.reasons.get(problem) or reason}"
            lost = Result(arm, problem, seed, "failed", why, None, False, Ledger(), {}, work.task.attempt)
            self.fresh.append((lost, None))

    def keep(self) -> None:
        """Write what is new."""
        if self.fresh:
            self.store.add(self.fresh, self.verdicts)
            self.kept([result for result, _ in self.fresh])
            self.fresh, self.verdicts = [], []
