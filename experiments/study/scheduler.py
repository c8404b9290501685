"""Run the tasks of a study with a pool and write every result to its store. Only this process writes the store."""

import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hintree.errors import HintreeError
from hintree.experiments.study.store import Result, Store
from hintree.experiments.study.tasks import ATTEMPTS, Task, TaskQueue
from hintree.experiments.study.verdicts import StoredVerdict
from hintree.experiments.study.worker import Alive, Done, End, Lost, Message, Ready, Refused, Warned
from hintree.experiments.study.worker_pool import WorkerPool
from hintree.search.core.ledger import Ledger

POLL = 1.0
"""Seconds between two checks of workers that send nothing."""


@dataclass
class Work:
    """Running task: the problems without a result, the reasons of failures, and the time of the last message."""

    task: Task
    left: list[str]
    reasons: dict[str, str] = field(default_factory=dict)
    last_message: float = field(default_factory=time.monotonic)


class Scheduler:
    """Scheduler of a running study.

    Args:
        store: Store that results are written to.
        tasks: Tasks to run.
        pool: Workers that run them.
        kept: Called with results once they are on the disk.
        heartbeat_timeout: Seconds without a message after which a worker is killed and its task is retried.
        warned: Called with the text of every warning of a worker.
    """

    def __init__(
        self,
        store: Store,
        tasks: Sequence[Task],
        pool: WorkerPool,
        kept: Callable[[Sequence[Result]], None],
        heartbeat_timeout: float,
        warned: Callable[[str], None] = warnings.warn,
    ) -> None:
        self.store = store
        self.schedule = TaskQueue(tasks)
        self.pool = pool
        self.kept = kept
        self.heartbeat_timeout = heartbeat_timeout
        self.warned = warned
        self.started: set[int] = set()
        self.busy: dict[int, Work] = {}
        self.unwritten: list[tuple[Result, bytes | None]] = []
        self.verdicts: list[StoredVerdict] = []

    def run(self) -> None:
        """Run all tasks.

        Raises:
            UsageError: The store cannot be written any more.
            HintreeError: No worker can be started, or an arm's models cannot be loaded.
        """
        self.assign_tasks()
        while self.busy or self.schedule.waiting:
            for worker, message in self.pool.messages(POLL):
                self.handle(worker, message)
            for worker, work in list(self.busy.items()):
                if time.monotonic() - work.last_message > self.heartbeat_timeout:
                    self.replace_worker(worker, f"the worker was silent for {self.heartbeat_timeout:g} s")
            self.write_results()
            self.assign_tasks()

    def assign_tasks(self) -> None:
        """Send every idle worker a task."""
        for worker in sorted(self.started - set(self.busy)):
            if (task := self.schedule.next()) is not None:
                self.busy[worker] = Work(task, list(task.problems))
                self.pool.give(worker, task)

    def handle(self, worker: int, message: Message) -> None:
        """Process a worker's message."""
        work = self.busy.get(worker)
        match message:
            case Ready():
                self.started.add(worker)
            case Warned(text):
                self.warned(text)
            case Refused(reason):
                raise HintreeError(reason)
            case Lost(reason) if worker not in self.started:
                raise HintreeError(f"no worker can be started: {reason}")
            case Lost(reason):
                self.replace_worker(worker, reason)
            case End(reason) if work is not None:
                self.retry_or_fail(self.busy.pop(worker), reason)
            case Done(result, tree, verdicts) if work is not None:
                work.last_message = time.monotonic()
                self.verdicts += verdicts
                self.queue_result(work, result, tree)
            case Alive() if work is not None:
                work.last_message = time.monotonic()

    def queue_result(self, work: Work, result: Result, tree: bytes) -> None:
        """Queue a result for writing, unless the problem failed and has attempts left."""
        if result.status == "failed" and work.task.attempt < ATTEMPTS:
            work.reasons[result.problem] = result.reason
            return
        work.left.remove(result.problem)
        self.unwritten.append((result, tree))

    def replace_worker(self, worker: int, reason: str) -> None:
        """Replace a worker and retry its task."""
        self.started.discard(worker)
        if (work := self.busy.pop(worker, None)) is not None:
            self.retry_or_fail(work, reason)
        self.pool.replace(worker)

    def retry_or_fail(self, work: Work, reason: str) -> None:
        """Retry the unfinished problems of a task, or record why they failed."""
        if not work.left or self.schedule.again(work.task, work.left):
            return
        arm, seed = work.task.arm, work.task.seed
        for problem in work.left:
            why = f"failed: {work.reasons.get(problem) or reason}"
            lost = Result(arm, problem, seed, "failed", why, None, False, Ledger(), {}, work.task.attempt)
            self.unwritten.append((lost, None))

    def write_results(self) -> None:
        """Write the queued results to the store."""
        if self.unwritten:
            self.store.add(self.unwritten, self.verdicts)
            self.kept([result for result, _ in self.unwritten])
            self.unwritten, self.verdicts = [], []
