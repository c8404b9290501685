"""Pool of worker processes on this machine: start, receive messages, kill and replace."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import connection, get_context
from multiprocessing.context import SpawnProcess
from typing import NamedTuple, Protocol

from hintree.experiments.study.tasks import Task
from hintree.experiments.study.worker import Job, Lost, Message, serve

SPAWN = get_context("spawn")
"""Fork would copy the threads' locks of torch without their threads."""


class WorkerPool(Protocol):
    """Interface of a pool of workers, numbered from 0 to ``size`` - 1."""

    size: int

    def give(self, worker: int, task: Task) -> None:
        """Send a task to an idle worker."""

    def messages(self, seconds: float) -> list[tuple[int, Message]]:
        """Return messages of workers, waiting at most ``seconds`` for the first; a worker's last one is ``Lost``."""

    def replace(self, worker: int) -> None:
        """Kill a worker, if it is running, and start another in its place."""

    def close(self) -> None:
        """Kill all workers, also busy ones."""


class Worker(NamedTuple):
    """Worker process and the pipe to it."""

    process: SpawnProcess
    pipe: "connection.Connection[Task, Message]"


class ProcessPool:
    """Worker pool of processes.

    Args:
        job: Study, problems, and the function that makes solvers.
        size: Number of workers, which share the processors.
    """

    def __init__(self, job: Job, size: int) -> None:
        self.job = job
        self.size = size
        os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // size)))
        self._workers = [self._start(worker) for worker in range(size)]

    def give(self, worker: int, task: Task) -> None:
        """Send a task to an idle worker."""
        with suppress(BrokenPipeError):  # the worker has ended; messages() returns Lost
            self._workers[worker].pipe.send(task)

    def messages(self, seconds: float) -> list[tuple[int, Message]]:
        """Return the messages that workers have sent, waiting at most ``seconds`` for the first."""
        by_pipe = {worker.pipe: i for i, worker in enumerate(self._workers) if not worker.pipe.closed}
        return [(by_pipe[pipe], self._receive(by_pipe[pipe])) for pipe in connection.wait(by_pipe, seconds)]  # type: ignore[index]

    def replace(self, worker: int) -> None:
        """Kill a worker and start another in its place."""
        self._end(self._workers[worker])
        self._workers[worker] = self._start(worker)

    def close(self) -> None:
        """Kill all workers; unsent results are lost and computed again on resume."""
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            self._end(worker)

    def _receive(self, worker: int) -> Message:
        process, pipe = self._workers[worker]
        try:
            return pipe.recv()
        except (EOFError, OSError):
            pipe.close()
            process.join(5)
            return Lost(exit_message(process.exitcode))

    def _start(self, worker: int) -> Worker:
        ours, theirs = SPAWN.Pipe()
        process = SPAWN.Process(target=serve, args=(theirs, self.job, worker), daemon=True)
        with ignore_interrupts():
            process.start()
        theirs.close()
        return Worker(process, ours)

    def _end(self, worker: Worker) -> None:
        worker.process.kill()
        worker.process.join()
        worker.pipe.close()


@contextmanager
def ignore_interrupts() -> Iterator[None]:
    """Ignore Ctrl-C within the context, so that a process started there ignores it from its first instruction on."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def exit_message(code: int | None) -> str:
    """Return the reason why a worker ended, from its exit code."""
    if code is not None and code < 0:
        name = signal.Signals(-code).name
        return f"the worker was killed by {name}" + (" (out of memory?)" if name == "SIGKILL" else "")
    return f"the worker ended with exit code {code}"
