"""Run workers as Ray actors, on this machine or on a cluster.

Each holds the models of the study that run in its process; a model on a server it shares with others.

Ray reports the death of an actor. One that finishes no problem within the progress timeout is replaced.
"""

import os
import time
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import Any

from hintree.experiments.study.ray_cluster import connect
from hintree.experiments.study.tasks import Task
from hintree.experiments.study.worker import Alive, Job, Lost, Message, Ready, perform
from hintree.models.remote.address import REPLICAS, WORKER

if find_spec("ray"):
    import ray


class Replica:
    """Ray actor that does tasks.

    Args:
        job: Study, problems, and the function that makes solvers.
        number: Number of the worker.
        addresses: Environment variables with the addresses of models' replicas.
    """

    def __init__(self, job: Job, number: int, addresses: Mapping[str, str]) -> None:
        os.environ.update({WORKER: str(number), **addresses})
        self.job = job
        self.prepare = job.make(job.study, list(job.cases.values()))

    def ready(self) -> Iterator[Message]:
        """Yield one message when the actor has started."""
        yield Ready()

    def perform(self, task: Task) -> Iterator[Message]:
        """Do a task and stream its messages."""
        yield from perform(self.job, self.prepare, task, lambda: None)


class ActorPool:
    """Worker pool of Ray actors.

    Args:
        job: Study, problems, and the function that makes solvers.
        size: Number of actors.
        address: Address of a cluster, or "local" to start Ray on this machine.

    Raises:
        UsageError: Ray is not installed, or there is no cluster at the address.
    """

    def __init__(self, job: Job, size: int, address: str) -> None:
        connect(address, "--ray", num_cpus=size)
        self.size = size
        self._job = ray.put(job)
        self._replica: Any = ray.remote(Replica)
        self._actors: list[Any] = [None] * size
        self._streams: dict[int, Any] = {}
        for worker in range(size):
            self._start(worker)

    def give(self, worker: int, task: Task) -> None:
        """Send a task to an idle worker."""
        self._streams[worker] = self._actors[worker].perform.options(num_returns="streaming").remote(task)

    def messages(self, seconds: float) -> list[tuple[int, Message]]:
        """Return the messages that workers have sent, waiting at most ``seconds`` for the first."""
        waiting = {stream: worker for worker, stream in self._streams.items()}
        if not waiting:
            time.sleep(seconds)
            return []
        ready, silent = ray.wait(list(waiting), num_returns=1, timeout=seconds)
        received = [(waiting[stream], self._receive(waiting[stream])) for stream in ready]
        received += [(waiting[stream], Alive()) for stream in silent]  # Ray itself reports those that are gone
        return [(worker, message) for worker, message in received if message is not None]

    def replace(self, worker: int) -> None:
        """Kill a worker and start another in its place."""
        ray.kill(self._actors[worker])
        self._start(worker)

    def close(self) -> None:
        """End all actors, and Ray where it was started here."""
        for actor in self._actors:
            ray.kill(actor)
        ray.shutdown()

    def _start(self, worker: int) -> None:
        addresses = {name: value for name, value in os.environ.items() if name.startswith(REPLICAS)}
        self._actors[worker] = self._replica.remote(self._job, worker, addresses)
        self._streams[worker] = self._actors[worker].ready.options(num_returns="streaming").remote()

    def _receive(self, worker: int) -> Message | None:
        try:
            message: Message = ray.get(next(self._streams[worker]))
            return message
        except StopIteration:
            del self._streams[worker]
            return None
        except ray.exceptions.RayError as error:
            del self._streams[worker]
            return Lost(f"the actor was lost: {' '.join(str(error).split())[:300]}")
