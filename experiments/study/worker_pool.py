"""Pool of worker processes on this machine: start, receive messages, kill and replace."""

import os
import queue
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import connection, get_context
from multiprocessing.context import SpawnProcess
from multiprocessing.reduction import ForkingPickler
from typing import Any, NamedTuple, Protocol

from hintree.experiments.study.tasks import Task
from hintree.experiments.study.worker import Job, Lost, Message, serve
from hintree.models.resources import cache_budget

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
    """Worker process, None if it could not be started, and the pipe to it."""

    number: int
    process: SpawnProcess | None
    pipe: "connection.Connection[Any, Message]"


class ProcessPool:
    """Worker pool of processes.

    A thread per worker sends the job and receives messages, so that one that is stopped half-way through a message, or
    before it has read its job, keeps nobody waiting.

    Args:
        job: Study, problems, and the function that makes solvers.
        size: Number of workers, which share the processors and the budget of caches.
    """

    def __init__(self, job: Job, size: int) -> None:
        self.size = size
        self._cache_bytes = max(1, cache_budget() // size)
        self._job = bytes(ForkingPickler.dumps(job))
        self._received: queue.SimpleQueue[tuple[Worker, Message | None]] = queue.SimpleQueue()
        os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // size)))
        self._workers = [self._start(number) for number in range(size)]

    def give(self, worker: int, task: Task) -> None:
        """Send a task to an idle worker."""
        with suppress(OSError):  # the worker has ended; messages() returns Lost
            self._workers[worker].pipe.send(task)

    def messages(self, seconds: float) -> list[tuple[int, Message]]:
        """Return the messages that workers have sent, waiting at most ``seconds`` for the first."""
        found = []
        with suppress(queue.Empty):
            found.append(self._received.get(timeout=seconds))
            while True:
                found.append(self._received.get_nowait())
        current = [(worker, message) for worker, message in found if worker is self._workers[worker.number]]
        return [(w.number, Lost(how_it_ended(w.process)) if m is None else m) for w, m in current]

    def replace(self, worker: int) -> None:
        """Kill a worker and start another in its place."""
        self._end(self._workers[worker])
        self._workers[worker] = self._start(worker)

    def close(self) -> None:
        """Kill all workers; unsent results are lost and computed again on resume."""
        for worker in self._workers:
            if worker.process is not None:
                worker.process.kill()
        for worker in self._workers:
            self._end(worker)

    def _start(self, number: int) -> Worker:
        ours, theirs = SPAWN.Pipe()
        process = SPAWN.Process(target=serve, args=(theirs, number, self._cache_bytes), daemon=True)
        try:
            with ignore_interrupts():
                process.start()
        except OSError as error:  # too many processes, no memory, or killed before it has read its arguments
            ours.close()
            worker = Worker(number, None, ours)
            self._received.put((worker, Lost(f"no process can be started: {error}")))
            return worker
        finally:
            theirs.close()
        worker = Worker(number, process, ours)
        threading.Thread(target=self._talk, args=(worker,), daemon=True).start()
        return worker

    def _talk(self, worker: Worker) -> None:
        """Send the job to a worker and receive its messages until it is gone."""
        with suppress(Exception):  # at its end, or half-way through a message
            worker.pipe.send_bytes(self._job)
            while True:
                self._received.put((worker, worker.pipe.recv()))
        worker.pipe.close()
        self._received.put((worker, None))

    def _end(self, worker: Worker) -> None:
        if worker.process is not None:  # its thread closes the pipe
            worker.process.kill()
            worker.process.join()


@contextmanager
def ignore_interrupts() -> Iterator[None]:
    """Ignore Ctrl-C within the context, so that a process started there ignores it from its first instruction on."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def how_it_ended(process: SpawnProcess | None) -> str:
    """Return the reason why a worker has ended, whose pipe is closed."""
    assert process is not None, "a worker without a process has no thread that could report its end"
    process.join(1)
    return exit_message(process.exitcode)


def exit_message(code: int | None) -> str:
    """Return the reason why a worker ended, from its exit code."""
    if code is not None and code < 0:
        name = signal.Signals(-code).name
        return f"the worker was killed by {name}" + (" (out of memory?)" if name == "SIGKILL" else "")
    return f"the worker ended with exit code {code}"
