"""Bounds on connections: their number, the time for headers, and clients that do not read.

uvicorn bounds idle connections and the size of headers. Its limit on concurrency does not count a connection without
a request, and responds in plain text. So its protocol for HTTP/1.1 is extended here. The body's time and size are
bounded where it is read (hintree/serve/app.py).
"""

import asyncio
import json
import socket
import struct
from collections import Counter
from contextlib import suppress
from typing import Any

import h11
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn import Config
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol
from uvicorn.server import ServerState

from hintree.serve.errors import ApiError
from hintree.serve.service import ServerLimits

LINGER = 2.0
"""Seconds to discard the rest of a refused request, in which its client reads the response."""
REFUSED = 100
"""Maximum number of connections beyond the limit that get a response; any further one is dropped without."""
RETRY = {"Retry-After": "2"}
"""Header of responses to connections beyond the limits."""


class BoundedConnection(H11Protocol):
    """One connection of a client, under the limits of the server.

    Args:
        config, server_state, app_state, _loop: Arguments of uvicorn.
        limits: Limits of the server.
        clients: Number of open connections by client address, shared by all connections of the server.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        limits: ServerLimits,
        clients: Counter[str],
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.limits, self.clients, self.address = limits, clients, ""
        self.closing = False
        self.timers: dict[str, asyncio.TimerHandle] = {}
        self.unsent, self.blocked_since = 0, 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count the connection, and refuse it beyond the limits."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(0)  # so that every unsent byte counts as blocked
        self.address = self.client[0] if self.client else ""
        self.clients[self.address] += 1
        if self.clients.total() > self.limits.connections + REFUSED:
            transport.abort()
        elif self.clients.total() > self.limits.connections:
            self.refuse(ApiError(503, "the server has too many connections", "too_many_connections", headers=RETRY))
        elif self.clients[self.address] > self.limits.client_connections:
            self.refuse(ApiError(429, "you have too many connections", "too_many_connections", headers=RETRY))
        else:
            self._start("head", self.limits.header_seconds, self._head_is_late)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timers, and count the connection no more."""
        self.clients[self.address] -= 1
        if not self.clients[self.address]:
            del self.clients[self.address]
        for name in list(self.timers):
            self._stop(name)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Handle received bytes; the time for the headers runs while they are incomplete."""
        if self.closing:
            return
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop("head")
        elif "head" not in self.timers and not self.closing:
            self._start("head", self.limits.header_seconds, self._head_is_late)

    def on_response_complete(self) -> None:
        """Keep the connection for further requests, unless the body of this one is endless."""
        super().on_response_complete()
        if self.conn.their_state is h11.SEND_BODY and not self.transport.is_closing():
            self.linger()

    def send_400_response(self, msg: str) -> None:
        """Refuse a request that is not valid HTTP."""
        self.refuse(ApiError(400, "this is not HTTP/1.1, or the headers are longer than 16 KiB", "invalid_http"))

    def refuse(self, error: ApiError) -> None:
        """Respond with an error instead of the application, and close the connection."""
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return self.transport.abort()
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        body = json.dumps(error.to_json()).encode()
        headers = {"Content-Type": "application/json", "Connection": "close", "Content-Length": str(len(body))}
        fields = [(name.encode(), value.encode()) for name, value in (headers | (error.headers or {})).items()]
        head = h11.Response(status_code=error.status, headers=fields, reason=STATUS_PHRASES[error.status])
        for event in (head, h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.linger()

    def linger(self) -> None:
        """Send no more, discard what the client still sends, and close soon.

        To close at once would reset the connection, and the client would lose the response.
        """
        self.closing = True
        self._unset_keepalive_if_required()
        self._stop("head")
        self.flow.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._start("linger", LINGER, self.transport.abort)

    def pause_writing(self) -> None:
        """Watch a client that does not read its response."""
        super().pause_writing()
        self.blocked_since = self.loop.time()
        self._watch_reader()

    def resume_writing(self) -> None:
        """Go on, as the client has read everything."""
        super().resume_writing()
        self._stop("reader")

    def _watch_reader(self) -> None:
        self.unsent = self.transport.get_write_buffer_size()
        self._start("reader", self.limits.pause_seconds, self._check_reader)

    def _check_reader(self) -> None:
        """End the connection if nothing was read since the last check, or if reading takes longer than a request."""
        late = self.loop.time() - self.blocked_since > self.limits.seconds
        if not late and self.transport.get_write_buffer_size() < self.unsent:
            return self._watch_reader()
        reset = struct.pack("ii", 1, 0)  # drops the megabytes that the system would go on offering to the client
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
        self.transport.abort()

    def _head_is_late(self) -> None:
        """End a connection without a request; one that has begun a request gets an error."""
        if not self.conn.trailing_data[0]:
            return self.transport.abort()
        limit = f"{self.limits.header_seconds:g} seconds"
        self.refuse(ApiError(408, f"the headers took longer than {limit}", "timeout"))

    def _start(self, name: str, seconds: float, callback: Any) -> None:
        self._stop(name)
        self.timers[name] = self.loop.call_later(seconds, callback)

    def _stop(self, name: str) -> None:
        if timer := self.timers.pop(name, None):
            timer.cancel()


class RestOfBody:
    """ASGI middleware that discards the rest of a body before the response, for at most ``LINGER`` seconds.

    A client that still sends when its connection ends would lose the response. A client that waits for permission to
    send its body, or that was too slow, is not read any further.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and note how much of its body was read."""
        more = scope["type"] == "http" and not any(name == b"expect" for name, _ in scope["headers"])

        async def read() -> Message:
            nonlocal more
            message = await receive()
            more = message.get("more_body", False)
            return message

        async def respond(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] != 408:
                with suppress(TimeoutError):
                    async with asyncio.timeout(LINGER):
                        while more:
                            await read()
            await send(message)

        await self.app(scope, read, respond)
