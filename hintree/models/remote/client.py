"""Asking a server: one deadline over everything, a size cap, patience with what passes, none with what does not.

All requests run on one event loop in a thread of its own, so that a deadline holds for connecting, headers and body
alike, however slowly they drip, and a call can be called off. Nothing is believed that has not come whole.
"""

import asyncio
import atexit
import json
import os
import random
import re
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, TypeVar

import httpx2

from hintree.errors import ContextError, ModelError, ServerError
from hintree.models.remote.address import Address, key_of, key_variable
from hintree.search.core.scope import current_scope

T = TypeVar("T")
PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 507, 520, 521, 522, 523, 524, 529})
"""Status codes after which the same request may well succeed."""
FULL = re.compile(rb"context[ _](length|size|window)|max_tokens must be at least 1, got -", re.IGNORECASE)
"""What OpenAI, vLLM, SGLang, llama.cpp and ``hintree serve`` say of a text that is too long for the model."""


class Passing(Exception):
    """A fault that may pass; ``after`` is how many seconds the server asks to wait, None if it does not say."""

    def __init__(self, what: str, after: float | None = None) -> None:
        super().__init__(what)
        self.after = after


class Garbled(Passing):
    """An answer that cannot be right; the request is made again."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one answer may take.

    Attributes:
        seconds: All tries and the waiting between them, together, from when there is a place at the host.
        try_seconds: One try, from connecting to the last byte.
        tries: How often it is asked for.
        wait: Longest wait after the first try, in seconds; it doubles with each one. The wait is drawn from 0 to it.
        longest_wait: Cap of it, and of what a server may ask for with Retry-After.
        bytes: Size of an answer.
        at_once: Requests under way at one host, of all models together.
    """

    seconds: float = 600.0
    try_seconds: float = 180.0
    tries: int = 6
    wait: float = 1.0
    longest_wait: float = 30.0
    bytes: int = 2**23
    at_once: int = 16


class Server:
    """One model's server.

    Args:
        address: Where it is. The key is read from the environment here, and sent nowhere else.
        limits: What one answer may take.
    """

    def __init__(self, address: Address, limits: Limits | None = None) -> None:
        self.address = address
        self.limits = limits or Limits()
        self._key = key_of(address.base)

    async def ask(
        self, url: str, body: dict[str, Any] | None, read: Callable[[Any], T], *, tries: int | None = None
    ) -> T:
        """What ``read`` makes of the JSON that answers a request; it raises Garbled if that cannot be right.

        Args:
            url: Where; of the server's own origin.
            body: What to send; None asks with GET.
            read: From parsed JSON to the answer.
            tries: Instead of the limits'.

        Raises:
            ServerError: Refused, or no whole answer within the limits.
        """
        tries, last = tries or self.limits.tries, "nothing came"
        client, places = connections(self.address.origin, self.limits.at_once, os.getpid())
        try:
            async with places, asyncio.timeout(self.limits.seconds):
                for turn in range(tries):
                    try:
                        return read(await self._once(client, url, body))
                    except Passing as error:
                        last = str(error)
                        if turn + 1 < tries:
                            await asyncio.sleep(self._pause(turn, error.after))
        except TimeoutError:
            raise self._error(url, f"no whole answer within {self.limits.seconds:g} s; last: {last}") from None
        raise self._error(url, f"{last} ({tries} tries)")

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Run requests to their end; called off when the scope of this thread ends.

        Raises:
            ServerError: They were called off.
        """
        future = asyncio.run_coroutine_threadsafe(work, event_loop(os.getpid()))
        try:
            with current_scope().calling_off(future.cancel):
                return future.result()
        except CancelledError:
            raise self._error(self.address.base, "called off, as its search has ended") from None
        except BaseException:
            future.cancel()
            raise

    def _pause(self, turn: int, after: float | None) -> float:
        """Seconds until the next try: what the server asks for, or a random share of a doubling wait; both capped."""
        longest = self.limits.longest_wait
        if after is not None:
            return min(after, longest) + random.uniform(0, self.limits.wait / 4)
        return random.uniform(0, min(longest, self.limits.wait * 2.0**turn))

    async def _once(self, client: httpx2.AsyncClient, url: str, body: dict[str, Any] | None) -> Any:
        """One try: the parsed JSON of a whole answer."""
        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        method = "GET" if body is None else "POST"
        try:
            async with asyncio.timeout(self.limits.try_seconds):
                async with client.stream(method, url, json=body, headers=headers) as reply:
                    text = await self._body(reply)
        except TimeoutError:
            raise Passing(f"no whole answer within {self.limits.try_seconds:g} s") from None
        except httpx2.HTTPError as error:
            raise Passing(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__) from error
        except (httpx2.InvalidURL, UnicodeError) as error:
            raise self._error(url, f"cannot be asked: {error}") from error
        self._check(url, reply, text)
        try:
            return json.loads(text, parse_constant=no_constant)
        except (ValueError, RecursionError) as error:
            raise Garbled(f"its answer is no JSON ({error}): {text[:60]!r}") from error

    async def _body(self, reply: httpx2.Response) -> bytes:
        """The body, as far as it may be long."""
        text = bytearray()
        async for piece in reply.aiter_raw():
            text += piece
            if len(text) > self.limits.bytes:
                raise Passing(f"its answer has more than {self.limits.bytes} bytes")
        return bytes(text)

    def _check(self, url: str, reply: httpx2.Response, text: bytes) -> None:
        """Raise what a status other than 200 means."""
        status = reply.status_code
        if status == 200:
            return
        said = f"HTTP {status} {text[:300].decode('utf-8', 'replace')!r}"
        if status in PASSING:
            raise Passing(said, seconds_of(reply.headers.get("retry-after", "")))
        if 300 <= status < 400:
            to = reply.headers.get("location", "")[:200]
            raise self._error(url, f"HTTP {status} to {to!r} is not followed, as prompts would go there; name that URL")
        if status in (401, 403):
            said += f"; its key is read from {key_variable(self.address.base)}, which is "
            said += "set" if self._key else "not set"
        raise self._error(url, said, ContextError if status < 500 and FULL.search(text) else ServerError)

    def _error(self, url: str, what: str, kind: type[ModelError] = ServerError) -> ModelError:
        """The error, which names URL and model and never the key, even if the server repeats it."""
        what = what.replace(self._key, "...") if self._key else what
        return kind(f"server {url}, model {self.address.model or '(its only one)'!r}: {what}")


def seconds_of(retry_after: str) -> float | None:
    """What Retry-After says, if that is a number of seconds."""
    try:
        seconds = float(retry_after)
    except ValueError:
        return None
    return seconds if 0 <= seconds < 1e6 else None


def no_constant(name: str) -> None:
    """JSON has no NaN and no Infinity."""
    raise ValueError(f"{name} is not JSON")


@lru_cache
def event_loop(process: int) -> asyncio.AbstractEventLoop:
    """The loop on which this process asks servers, in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="hintree-servers", daemon=True)
    thread.start()

    def close() -> None:
        if process == os.getpid():
            loop.call_soon_threadsafe(loop.stop)
            thread.join(2)

    atexit.register(close)
    return loop


@cache
def connections(origin: str, at_once: int, process: int) -> tuple[httpx2.AsyncClient, asyncio.Semaphore]:
    """The connections to one host, shared by all models there, and its free places."""
    client = httpx2.AsyncClient(
        timeout=httpx2.Timeout(None, connect=20.0),
        limits=httpx2.Limits(max_connections=at_once),
        follow_redirects=False,
        headers={"User-Agent": "hintree", "Accept": "application/json", "Accept-Encoding": "identity"},
    )
    return client, asyncio.Semaphore(at_once)
