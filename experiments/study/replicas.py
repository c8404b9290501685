"""Start replicas of a model server on a Ray cluster, one actor each, and end them together.

The server is any command that serves an OpenAI-compatible API, such as `vllm serve` or `llama-server`. An actor runs it
on its node, on a free port. Workers of studies hold no weights then, and share the replicas (``replicas:NAME``).
"""

import json
import math
import re
import socket
import subprocess
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from hintree.errors import ServerError, UsageError
from hintree.experiments.study.ray_cluster import connect
from hintree.models.remote.address import REPLICAS

if find_spec("ray"):
    import ray

POLL = 0.5
"""Seconds between two looks at a server that is starting."""


@dataclass(frozen=True, slots=True)
class ReplicaPlan:
    """Replicas to start.

    Attributes:
        name: Name of the model in studies: letters, digits and any of ``._-``.
        command: The server's command line; {host} and {port} in it stand for the address to listen on.
        count: Number of replicas.
        cpus: Processors of each, which Ray reserves.
        gpus: GPUs of each; the server sees only these.
        seconds: Time in which a server must answer.
    """

    name: str
    command: Sequence[str]
    count: int = 1
    cpus: float = 1.0
    gpus: float = 0.0
    seconds: float = 600.0


class ModelServer:
    """Ray actor that runs one server as a child process.

    Args:
        command: As in ``ReplicaPlan``.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self.host = ray.util.get_node_ip_address()
        self.port = free_port(self.host)
        known = {"{host}": self.host, "{port}": str(self.port)}
        line = [re.sub(r"\{host\}|\{port\}", lambda found: known[found[0]], part) for part in command]
        self.process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def address(self, seconds: float) -> str:
        """Return the URL with the model's name once the server answers.

        Raises:
            ServerError: The server has ended, or does not answer in time.
        """
        base, end = f"http://{self.host}:{self.port}/v1", time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise ServerError(f"the server on {self.host} ended with exit code {self.process.returncode}")
            try:
                with urllib.request.urlopen(f"{base}/models", timeout=5) as reply:
                    return f"{base}#{json.loads(reply.read(100_000))['data'][0]['id']}"
            except (OSError, ValueError, LookupError, TypeError):  # it is loading
                time.sleep(POLL)
        raise ServerError(f"the server on {self.host} does not answer at {base}/models after {seconds:g} s")

    def stop(self) -> None:
        """End the server, by force after ten seconds."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()


def free_port(host: str) -> int:
    """Return a port of a host that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


class ReplicaGroup:
    """Running replicas; end them with ``close``, or as a context manager.

    Args:
        plan: What to start.
        cluster: Address of a Ray cluster, or "local" to start Ray on this machine.

    Attributes:
        addresses: URL and model name of each replica.
        variable: Environment variable that studies read the addresses from.

    Raises:
        UsageError: Ray is not installed, there is no cluster, or the plan is not accepted.
        ServerError: A server does not start.
    """

    def __init__(self, plan: ReplicaPlan, cluster: str = "auto") -> None:
        check_plan(plan)
        if not ray.is_initialized():
            connect(cluster, "replicas")
        kind: Any = ray.remote(ModelServer).options(
            num_cpus=plan.cpus, num_gpus=plan.gpus, scheduling_strategy="SPREAD", max_concurrency=2
        )
        self.variable = REPLICAS + re.sub(r"[^A-Z0-9]", "_", plan.name.upper())
        self._actors = [kind.remote(list(plan.command)) for _ in range(plan.count)]
        try:
            waiting = [actor.address.remote(plan.seconds) for actor in self._actors]
            self.addresses: list[str] = ray.get(waiting, timeout=plan.seconds + 60)
        except BaseException as error:  # on Ctrl-C too, so that no server is left
            self.close()
            if not isinstance(error, ray.exceptions.RayError | ServerError):
                raise
            cause = getattr(error, "cause", None) or "no node has the processors and GPUs that each needs"
            command = " ".join(plan.command)
            raise ServerError(f"replicas of {plan.name}: {cause}; run `{command}` alone to see why") from error

    def __enter__(self) -> "ReplicaGroup":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End all servers and their actors."""
        ray.wait([actor.stop.remote() for actor in self._actors], num_returns=len(self._actors), timeout=15)
        for actor in self._actors:
            ray.kill(actor)


def check_plan(plan: ReplicaPlan) -> None:
    """Raise UsageError if the plan is not accepted."""
    if not re.fullmatch(r"[A-Za-z0-9._-]+", plan.name):
        raise UsageError(f"replicas: the name {plan.name!r} holds more than letters, digits and ._-")
    if not all(map(math.isfinite, (plan.cpus, plan.gpus, plan.seconds))) or min(plan.cpus, plan.gpus) < 0:
        raise UsageError("replicas: processors and GPUs of each are numbers of at least 0, and seconds a number")
    if not any("{port}" in part for part in plan.command):
        raise UsageError(
            f"replicas: the command {' '.join(plan.command)!r} has no {{port}}; give one such as "
            "`vllm serve MODEL --host {host} --port {port}`"
        )
