"""The server process: socket, signals, shutdown."""

import asyncio
import ipaddress
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from types import FrameType
from typing import Any

import uvicorn

from hintree.errors import UsageError
from hintree.serve.app import make_app
from hintree.serve.connections import BoundedConnection
from hintree.serve.service import Service

SLACK = 5
"""Seconds after the last search to send the last responses."""
OTHER_FILES = 400
"""Open files beside the connections: refused connections, weights, libraries."""


class HttpServer(uvicorn.Server):
    """Run uvicorn with bounded connections and a graceful shutdown of the searches.

    Args:
        service: The server's parts.
    """

    def __init__(self, service: Service) -> None:
        self.service = service
        connection: Any = partial(BoundedConnection, limits=service.limits, clients=Counter())
        super().__init__(
            uvicorn.Config(
                make_app(service),
                http=connection,
                ws="none",
                access_log=False,  # the names of trees in the paths are secrets
                log_level="error",  # a warning per bad request would let strangers fill the log
                server_header=False,
                timeout_keep_alive=service.limits.keep_alive,
                timeout_graceful_shutdown=SLACK,
            )
        )

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Shut down after the first signal; the second one ends the process at once."""
        if self.should_exit:
            signal.signal(sig, signal.SIG_DFL)
            signal.raise_signal(sig)
        elif sig == signal.SIGTERM:
            self.should_exit = True  # the process ends with code 0
        else:
            super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let running searches finish, or end them after the grace time; new requests get status 503 meanwhile."""
        self.service.close()
        end = time.monotonic() + self.service.limits.grace + 1
        while self.service.busy and time.monotonic() < end:
            await asyncio.sleep(0.05)
        await super().shutdown(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and log the address."""
        await super().startup(sockets)
        if sockets and self.started:
            host, port = sockets[0].getsockname()[:2]
            where = f"http://{f'[{host}]' if ':' in host else host}:{port}/v1"
            log(f"serving {', '.join(self.service.solvers)} on {where} (stop with Ctrl-C)")


def bind(host: str, port: int) -> socket.socket:
    """Return a listening socket. Raises UsageError if the address is invalid or in use."""
    if not 0 <= port <= 65535:
        raise UsageError(f"--port {port} is not a number from 0 to 65535")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.getaddrinfo(host or None, port, family)  # raises ValueError for a text that no host name can have
        return socket.create_server((host, port), family=family, backlog=2048)
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot listen on {host} port {port}: {error}; give another --host or --port") from error


def is_loopback(host: str) -> bool:
    """Return True if only this machine can reach the address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def warn_if_unprotected(host: str, keys: Sequence[str]) -> None:
    """Log a warning if a server without a key is reachable from other machines."""
    if not is_loopback(host) and not keys:
        log(f"WARNING: OPEN TO EVERYONE who reaches {host}: no API key is set; see `hintree serve --help`")


def log(line: str) -> None:
    """Print a line to standard error."""
    print(f"hintree: {line}", file=sys.stderr, flush=True)


def allow_open_files(count: int) -> None:
    """Raise the process's limit of open files to ``count``, as far as the system permits."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < highest:
        with suppress(ValueError, OSError):  # the system has a lower bound of its own
            resource.setrlimit(resource.RLIMIT_NOFILE, (highest, hard))


def run(service: Service, listener: socket.socket) -> None:
    """Serve until a signal arrives."""
    allow_open_files(service.limits.connections + OTHER_FILES)
    asyncio.run(HttpServer(service).serve(sockets=[listener]))
