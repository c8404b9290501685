"""Run the tasks of a study with a pool and write every result to its store. Only this process writes the store."""

import time
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hintree.errors import HintreeError
from hintree.experiments.study.losses import Loss
from hintree.experiments.study.store import Result, Store
from hintree.experiments.study.tasks import ATTEMPTS, Task, TaskQueue
from hintree.experiments.study.verdicts import StoredVerdict
from hintree.experiments.study.worker import Alive, Done, End, Lost, Message, Ready, Refused, Warned
from hintree.experiments.study.worker_pool import WorkerPool
from hintree.search.core.ledger import Ledger

POLL = 1.0
"""Seconds between two checks of workers that send nothing."""
START = 300.0
"""Seconds in which a worker that starts must send its first sign of life."""
STARTS = 3
"""Failed starts in a row after which a place in the pool counts as dead; a study ends when all are."""
LONGEST_DELAY = 60.0
"""Most seconds before a worker that failed to start is started again; they double with each failure."""


@dataclass
class Work:
    """Running task: the problems without a result, the reasons of failures, and its progress so far."""

    task: Task
    left: list[str]
    answered: int
    reasons: dict[str, str] = field(default_factory=dict)
    last_progress: float = field(default_factory=time.monotonic)


class Scheduler:
    """Scheduler of a running study.

    Args:
        store: Store that results are written to.
        tasks: Tasks to run.
        pool: Workers that run them.
        kept: Called with results once they are on the disk.
        heartbeat_timeout: Seconds without a message after which a worker is killed and its task is retried: its process
            is stopped, or does not get the processor.
        warned: Called with the text of every warning of a worker.
        progress_timeout: Seconds in which no model answers a batch after which the same is done: a problem hangs.
    """

    def __init__(
        self,
        store: Store,
        tasks: Sequence[Task],
        pool: WorkerPool,
        kept: Callable[[Sequence[Result]], None],
        heartbeat_timeout: float,
        warned: Callable[[str], None] = warnings.warn,
        progress_timeout: float = float("inf"),
    ) -> None:
        self.store = store
        self.schedule = TaskQueue(tasks)
        self.pool = pool
        self.kept = kept
        self.heartbeat_timeout = heartbeat_timeout
        self.progress_timeout = progress_timeout
        self.warned = warned
        self.checked = time.monotonic()
        self.last_message = dict.fromkeys(range(pool.size), self.checked)
        self.answered = dict.fromkeys(range(pool.size), -1)
        self.failed_starts: Counter[int] = Counter()
        self.start_again: dict[int, float] = {}
        self.started: set[int] = set()
        self.busy: dict[int, Work] = {}
        self.working_arms: set[str] = set()
        self.unwritten: list[tuple[Result, bytes | None]] = []
        self.verdicts: list[StoredVerdict] = []
        self.losses: list[Loss] = []

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
            self.check_workers()
            self.write_results()
            self.assign_tasks()

    def assign_tasks(self) -> None:
        """Send every idle worker a task."""
        for worker in sorted(self.started - set(self.busy)):
            if (task := self.schedule.next()) is not None:
                self.busy[worker] = Work(task, list(task.problems), self.answered[worker])
                self.pool.give(worker, task)

    def handle(self, worker: int, message: Message) -> None:
        """Process a worker's message."""
        work = self.busy.get(worker)
        self.last_message[worker] = time.monotonic()
        match message:
            case Ready():
                self.started.add(worker)
                self.failed_starts[worker] = 0
            case Warned(text):
                self.warned(text)
            case Refused(reason, may_pass):
                self.refuse(worker, reason, may_pass=may_pass)
            case Lost(reason):
                self.replace_worker(worker, reason)
            case End(reason) if work is not None:
                self.retry_or_fail(self.busy.pop(worker), reason)
            case Done(result, tree, verdicts) if work is not None:
                work.last_progress = time.monotonic()
                self.verdicts += verdicts
                self.queue_result(work, result, tree)
            case Alive(answered):
                self.answered[worker] = answered
                if work is not None and answered != work.answered:
                    work.answered, work.last_progress = answered, time.monotonic()

    def check_workers(self) -> None:
        """Replace workers that are silent or make no progress, and start those again that failed to start.

        Time in which this process itself was stopped or waited for its disk is not counted.
        """
        now = time.monotonic()
        if now - self.checked > 10 * POLL:
            self.last_message = dict.fromkeys(self.last_message, now)
            for work in self.busy.values():
                work.last_progress += now - self.checked
        self.checked = now
        for worker, last in list(self.last_message.items()):
            limit = self.heartbeat_timeout if self.answered[worker] >= 0 else max(START, self.heartbeat_timeout)
            if worker in self.start_again:
                if now >= self.start_again[worker]:
                    self.start_worker(worker)
            elif now - last > limit:
                self.replace_worker(worker, f"the worker was silent for {limit:g} s")
            elif worker in self.busy and now - self.busy[worker].last_progress > self.progress_timeout:
                self.replace_worker(worker, f"no model answered the worker for {self.progress_timeout:g} s")

    def refuse(self, worker: int, reason: str, *, may_pass: bool) -> None:
        """End the study for a fault of an arm, unless the arm worked before, or the fault may pass with a retry.

        Raises:
            HintreeError: The arm's models cannot be loaded, or nothing can be graded.
        """
        work = self.busy.get(worker)
        known = work is not None and (work.task.arm in self.working_arms or work.task.attempt < ATTEMPTS)
        if work is None or not (may_pass and known):
            raise HintreeError(reason)
        self.retry_or_fail(self.busy.pop(worker), reason)

    def queue_result(self, work: Work, result: Result, tree: bytes) -> None:
        """Queue a result for writing, unless the problem failed and has attempts left."""
        if result.status == "failed" and work.task.attempt < ATTEMPTS:
            work.reasons[result.problem] = result.reason
            return
        if result.status != "failed":
            self.working_arms.add(result.arm)
        work.left.remove(result.problem)
        self.unwritten.append((result, tree))

    def replace_worker(self, worker: int, reason: str) -> None:
        """Replace a lost worker and retry its task; one that failed to start is started again after a while.

        Raises:
            HintreeError: No worker can be started.
        """
        if worker in self.start_again:
            return
        work = self.busy.pop(worker, None)
        self.losses.append(Loss(reason, "" if work is None else work.task.arm))
        self.warned(f"{reason}; " + ("its problems are tried again" if work and work.left else "another is started"))
        if work is not None:
            self.retry_or_fail(work, reason)
        if worker in self.started:
            self.start_worker(worker)
            return
        self.failed_starts[worker] += 1
        if all(self.failed_starts[other] >= STARTS for other in range(self.pool.size)):
            raise HintreeError(f"no worker can be started: {reason}")
        delay = min(LONGEST_DELAY, 2.0 ** self.failed_starts[worker])
        self.start_again[worker] = time.monotonic() + delay

    def start_worker(self, worker: int) -> None:
        """Start a worker in the place of one that is lost."""
        self.started.discard(worker)
        self.start_again.pop(worker, None)
        self.pool.replace(worker)
        self.answered[worker], self.last_message[worker] = -1, time.monotonic()

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
        """Write the queued results and losses to the store."""
        if self.unwritten or self.losses:
            self.store.add(self.unwritten, self.verdicts, self.losses)
            self.kept([result for result, _ in self.unwritten])
            self.unwritten, self.verdicts, self.losses = [], [], []
