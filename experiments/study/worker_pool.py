"""Workers as processes of this machine: started, listened to, killed and replaced."""

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
    """Some workers, numbered from 0 to ``size`` - 1."""

    size: int

    def give(self, worker: int, task: Task) -> None:
        """Give a task to a worker that is idle."""

    def messages(self, seconds: float) -> list[tuple[int, Message]]:
        """Return messages of workers, waiting at most so many seconds for the first; ``Lost`` is a worker's last."""

    def replace(self, worker: int) -> None:
        """Kill a worker, if it lives, and start another in its place."""

    def close(self) -> None:
        """End all workers, whatever they do."""


class Worker(NamedTuple):
    """A worker process, and the way to talk to it."""

    process: SpawnProcess
    pipe: "connection.Connection[Task, Message]"


class ProcessPool:
    """A crew of processes.

    Args:
        job: What they work on.
        size: How many they are; they share the processors.
    """

    def __init__(self, job: Job, size: int) -> None:
        self.job = job
        self.size = size
        os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // size)))
        self._workers = [self._start() for _ in range(size)]

    def give(self, worker: int, task: Task) -> None:
        """Give a task to a worker that is idle."""
        with suppress(BrokenPipeError):  # it is gone, and messages() will say so
            self._workers[worker].pipe.send(task)

    def messages(self, seconds: float) -> list[tuple[int, Message]]:
        """Return the messages that workers have sent, waiting at most ``seconds`` for the first."""
        speaking = {worker.pipe: i for i, worker in enumerate(self._workers) if not worker.pipe.closed}
        return [(speaking[pipe], self._hear(speaking[pipe])) for pipe in connection.wait(speaking, seconds)]  # type: ignore[index]

    def replace(self, worker: int) -> None:
        """Kill a worker and start another in its place."""
        self._end(self._workers[worker])
        self._workers[worker] = self._start()

    def close(self) -> None:
        """Kill all workers: they hold nothing that is not known here."""
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            self._end(worker)

    def _hear(self, worker: int) -> Message:
        process, pipe = self._workers[worker]
        try:
            return pipe.recv()
        except (EOFError, OSError):
            pipe.close()
            process.join(5)
            return Lost(exit_message(process.exitcode))

    def _start(self) -> Worker:
        ours, theirs = SPAWN.Pipe()
        process = SPAWN.Process(target=serve, args=(theirs, self.job), daemon=True)
        with deaf_to_interrupts():
            process.start()
        theirs.close()
        return Worker(process, ours)

    def _end(self, worker: Worker) -> None:
        worker.process.kill()
        worker.process.join()
        worker.pipe.close()


@contextmanager
def deaf_to_interrupts() -> Iterator[None]:
    """Ignore Ctrl-C for a moment: a process that is started then ignores it too, from its first instruction on."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def exit_message(code: int | None) -> str:
    """Why a worker ended, from its exit code."""
    if code is not None and code < 0:
        name = signal.Signals(-code).name
        return f"the worker was killed by {name}" + (" (out of memory?)" if name == "SIGKILL" else "")
    return f"the worker ended with exit code {code}"
