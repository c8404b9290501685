"""HTTP client for model servers: one overall deadline, a size cap, and retries with backoff for transient faults only.

All requests run on one event loop in a thread of its own. So a deadline covers connecting, headers and body, however
slowly they arrive, and a request can be cancelled. A response is used only if it arrived completely.
"""

import asyncio
import os
import random
import re
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import CancelledError
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx2

from hintree.bounded_files import parse_json
from hintree.errors import CancelledRequestError, ContextError, ModelError, ServerError
from hintree.models.remote.address import TIMEOUT, Address, key_of, key_variable, parse_timeout
from hintree.models.remote.dialect import status_of_error
from hintree.models.remote.transport import (
    ResponseOrder,
    certificate_error,
    connections,
    event_loop,
    hide_in_logs,
    parse_retry_after,
    without_secret,
    without_secrets,
)
from hintree.search.core.scope import current_scope

T = TypeVar("T")
TRANSIENT_STATUSES = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 507, 520, 521, 522, 523, 524, 529})
"""HTTP status codes of transient faults: the same request may succeed later."""
CONTEXT_EXCEEDED = re.compile(rb"context[ _](length|size|window)|max_tokens must be at least 1, got -", re.IGNORECASE)
"""Matches the errors of OpenAI, vLLM, SGLang, llama.cpp and ``hintree serve`` for a text beyond the model's context."""
REFUSED_AS_500 = re.compile(rb"template|jinja|not supported|unsupported|does not support|incompatible", re.IGNORECASE)
"""Matches the errors with status 500 that no further try changes, as llama.cpp sends them."""
MOST_DIGITS = 4300
"""Digits of a whole number in a response, as many as Python reads; ``read_number`` has the ranges."""
COMMENTS = re.compile(rb"\A(?:\s*:[^\n]*\n)+")
"""Matches the comment lines that a proxy writes before a response to keep a connection open."""


class TransientServerError(Exception):
    """Transient fault; ``after`` is the wait in seconds that the server requests, None if it gives none."""

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class MalformedReplyError(TransientServerError):
    """Malformed response; the request is retried."""


class FailedReplyError(Exception):
    """Complete response that says that the request has failed for good; the request is not retried."""


class RejectedRequestError(ServerError):
    """Request that a server rejects, such as for a field that it does not know.

    Attributes:
        status: HTTP status of the response, 300 to 599.
        detail: Body of the response, at most 4,000 characters.
    """

    status = 0
    detail = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of time, retries, size and concurrency for one request.

    Attributes:
        seconds: Deadline in seconds over all tries and the waits between them, counted from when the request is sent
            (after the wait for a free slot at the host).
        try_seconds: Deadline of one try in seconds, from connecting to the last byte.
        tries: Maximum number of tries, >= 1.
        wait: Longest wait after the first try, in seconds; it doubles with each try. The wait is drawn uniformly from
            0 to it.
        longest_wait: Cap in seconds of that wait, and of a server's Retry-After.
        bytes: Largest response body in bytes.
        at_once: Maximum number of concurrent requests to one host, over all models there, >= 1.
    """

    seconds: float = 600.0
    try_seconds: float = 180.0
    tries: int = 6
    wait: float = 1.0
    longest_wait: float = 30.0
    bytes: int = 2**23
    at_once: int = 16


def usual_limits() -> Limits:
    """Return the limits of requests whose caller gives none: the defaults, with the time of ``HINTREE_TIMEOUT``.

    All tries together get as many times the deadline of one try as in the defaults.

    Raises:
        UsageError: The variable is no number of seconds above 0.
    """
    given = os.environ.get(TIMEOUT, "")
    if not given:
        return Limits()
    seconds = parse_timeout(given)
    return Limits(seconds=seconds * Limits().seconds / Limits().try_seconds, try_seconds=seconds)


class Server:
    """Connection to the server of one model; safe to use from several threads.

    Args:
        address: Parsed name of the model. The server's API key is read from the environment here and sent to no other
            host.
        limits: Limits of each request; those of ``usual_limits`` if None.
    """

    def __init__(self, address: Address, limits: Limits | None = None) -> None:
        self.address = address
        self.limits = limits or usual_limits()
        self._key = key_of(address.base)
        hide_in_logs(self._key)

    async def request(
        self,
        url: str,
        body: dict[str, Any] | None,
        parse: Callable[[Any], T],
        *,
        tries: int | None = None,
        sent: Callable[[], object] = lambda: None,
    ) -> T:
        """Send a request, retry transient faults, and return the parsed response.

        Args:
            url: URL of an endpoint on the server's own origin.
            body: JSON to send with POST; None sends a GET.
            parse: Converts the decoded JSON; raises MalformedReplyError, which is retried.
            tries: Maximum number of tries, instead of the limits' number.
            sent: Called before each try.

        Raises:
            ServerError: The server refused, or gave no complete response within the limits.
            RejectedRequestError: It rejects the request as it is.
            ContextError: The text exceeds the model's context.
        """
        tries, last = tries or self.limits.tries, "no response"
        client, slots = connections(self.address.origin, self.limits.at_once, os.getpid())
        try:
            async with slots, asyncio.timeout(self.limits.seconds):
                for attempt in range(tries):
                    sent()
                    try:
                        return parse(await self._send_once(client, url, body))
                    except FailedReplyError as error:
                        raise self._error(url, str(error)) from error
                    except TransientServerError as error:
                        last = str(error)
                        if attempt + 1 < tries:
                            await asyncio.sleep(self._backoff(attempt, error.after))
        except TimeoutError:
            raise self._error(url, f"no complete response within {self.limits.seconds:g} s; last: {last}") from None
        raise self._error(url, f"{last} ({tries} tries)")

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine of requests on the event loop and wait for it; the end of this thread's scope cancels it.

        Raises:
            CancelledRequestError: The requests were cancelled, as their search has ended.
        """
        future = asyncio.run_coroutine_threadsafe(work, event_loop(os.getpid()))
        try:
            with current_scope().cancelling(future.cancel):
                return future.result()
        except CancelledError:
            raise self._error(self.address.base, "cancelled, as its search has ended", CancelledRequestError) from None
        except BaseException:
            future.cancel()
            raise

    def _backoff(self, attempt: int, after: float | None) -> float:
        """Return the seconds until the next try: Retry-After, or exponential backoff with full jitter; both capped."""
        if after is not None:
            return min(after, self.limits.longest_wait) + random.uniform(0, self.limits.wait / 4)
        return random.uniform(0, min(self.limits.longest_wait, self.limits.wait * 2.0**attempt))

    async def _send_once(self, client: httpx2.AsyncClient, url: str, body: dict[str, Any] | None) -> Any:
        """Send a request once and return the parsed JSON of a complete response."""
        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        method, order = "GET" if body is None else "POST", ResponseOrder()
        more: dict[str, Any] = {"json": body, "headers": headers, "extensions": {"trace": order.trace}}
        try:
            async with asyncio.timeout(self.limits.try_seconds):
                async with client.stream(method, url, **more) as response:
                    if order.early:
                        raise MalformedReplyError("it sent more than one response to an earlier request")
                    body_bytes = await self._read_body(response)
        except TimeoutError:
            raise TransientServerError(f"no complete response within {self.limits.try_seconds:g} s") from None
        except httpx2.HTTPError as error:
            if self.address.start and isinstance(error, httpx2.ConnectError):
                raise self._error(url, f"nothing listens there; {self.address.start}") from error
            if reason := certificate_error(error):
                what = f"its certificate is not accepted ({reason})"
                raise self._error(url, f"{what}; SSL_CERT_FILE names further ones to accept") from error
            what = f"{type(error).__name__}: {error}".removesuffix(": ")
            remedy = "; start the server, or correct host and port" if isinstance(error, httpx2.ConnectError) else ""
            raise TransientServerError(what + remedy) from error
        except (httpx2.InvalidURL, UnicodeError) as error:
            raise self._error(url, f"cannot be requested: {error}") from error
        self._raise_for_status(url, response.status_code, body_bytes, response.headers)
        try:
            found = parse_json(COMMENTS.sub(b"", body_bytes), digits=MOST_DIGITS, constant=reject_constant)
        except ValueError as error:
            raise MalformedReplyError(f"its response is no JSON ({error}): {self._shown(body_bytes)[:60]!r}") from error
        data = without_secrets(found, self._key)
        if status := status_of_error(data):
            self._raise_for_status(url, status, body_bytes, response.headers)
        return data

    async def _read_body(self, response: httpx2.Response) -> bytes:
        """Read the body of a response, up to the size cap; it is never decompressed."""
        text = bytearray()
        if (form := response.headers.get("content-encoding", "")).lower() not in ("", "identity"):
            form = without_secret(form, self._key)[:20]
            raise MalformedReplyError(f"its response is compressed ({form!r}), which was not requested")
        async for piece in response.aiter_raw():
            text += piece
            if len(text) > self.limits.bytes:
                raise TransientServerError(f"its response has more than {self.limits.bytes} bytes")
        return bytes(text)

    def _shown(self, body: bytes) -> str:
        """Return the text of a response for errors, without the key."""
        return without_secret(body.decode("utf-8", "replace"), self._key)

    def _raise_for_status(self, url: str, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        """Raise the error that a status other than 200 stands for."""
        if status == 200:
            return
        shown = self._shown(body)
        detail = f"HTTP {status} {shown[:300]!r}"
        if status in TRANSIENT_STATUSES and not (status == 500 and REFUSED_AS_500.search(body)):
            raise TransientServerError(detail, parse_retry_after(headers.get("retry-after", "")))
        if 300 <= status < 400:
            target = without_secret(headers.get("location", ""), self._key)[:200]
            reason = "is not followed, as prompts would be sent there; name that URL"
            raise self._error(url, f"HTTP {status} to {target!r} {reason}")
        if status in (401, 403):
            detail += f"; its key is read from {key_variable(self.address.base)}, which is "
            detail += "set" if self._key else "not set"
        if status < 500 and CONTEXT_EXCEEDED.search(body):
            raise self._error(url, detail, ContextError)
        error = self._error(url, detail, RejectedRequestError)
        if isinstance(error, RejectedRequestError):
            error.status, error.detail = status, shown[:4000]
        raise error

    def _error(self, url: str, message: str, kind: type[ModelError] = ServerError) -> ModelError:
        """Return an error that names URL and model; the API key is removed, even if the server repeats it."""
        message = without_secret(message.replace(self._key, "...") if self._key else message, self._key)
        return kind(f"server {url}, model {self.address.model or '(its only one)'!r}: {message}")


def reject_constant(name: str) -> None:
    """Refuse NaN and Infinity, which JSON does not have."""
    raise ValueError(f"{name} is not JSON")
