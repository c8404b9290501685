"""The server's process: its socket, its signals, its end."""

import asyncio
import ipaddress
import socket
import sys
from collections.abc import Sequence

import uvicorn

from hintree.errors import UsageError
from hintree.serve.app import make_app
from hintree.serve.service import Service

SLACK = 10
"""Seconds after the grace time in which answers are sent off."""


class Server(uvicorn.Server):
    """uvicorn's server, which lets searches finish when it is stopped.

    Args:
        service: What is served.
    """

    def __init__(self, service: Service) -> None:
        self.service = service
        super().__init__(
            uvicorn.Config(
                make_app(service),
                access_log=False,  # the names of trees are secrets
                log_level="warning",
                server_header=False,
                timeout_graceful_shutdown=int(service.limits.grace) + SLACK,
            )
        )

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let what runs finish, or end it after the grace time."""
        self.service.close()
        await super().shutdown(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say where."""
        await super().startup(sockets)
        if sockets and self.started:
            host, port = sockets[0].getsockname()[:2]
            where = f"http://{f'[{host}]' if ':' in host else host}:{port}/v1"
            tell(f"serving {', '.join(self.service.solvers)} on {where} (stop with Ctrl-C)")


def listen(host: str, port: int) -> socket.socket:
    """A socket on that address. Raises UsageError if there is none to be had."""
    if not 0 <= port <= 65535:
        raise UsageError(f"--port {port} is not a number from 0 to 65535")
    try:
        return socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=2048
        )
    except OSError as error:
        raise UsageError(f"cannot listen on {host} port {port}: {error}; give another --host or --port") from error


def local(host: str) -> bool:
    """Whether only this machine can reach the address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def warn_if_open(host: str, keys: Sequence[str]) -> None:
    """Say loudly that everyone may ask, where this is so."""
    if not local(host) and not keys:
        tell(f"WARNING: OPEN TO EVERYONE who reaches {host}: no API key is set; see `hintree serve --help`")


def tell(line: str) -> None:
    """Say something to the operator."""
    print(f"hintree: {line}", file=sys.stderr, flush=True)


def run(service: Service, listener: socket.socket) -> None:
    """Serve until a signal comes."""
    asyncio.run(Server(service).serve(sockets=[listener]))
