"""Connections to model servers: one event loop per process, one pool per host, and checks of what comes back."""

import asyncio
import atexit
import html
import logging
import os
import re
import ssl
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache, lru_cache
from typing import Any

import httpx2

from hintree.errors import UsageError

SHORTEST_SECRET = 12
"""Least length of a key that is removed from response bodies; a shorter one may be a word of the text."""
LOGGERS = ("httpx2", *(f"httpcore2.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")))
"""Loggers of HTTP, whose lines hold status lines and headers of responses, and what is no HTTP."""


class ResponseOrder:
    """Detect a response that was received before its request was sent.

    A server that sends two responses to one request leaves the second in the connection's buffer, and the next request
    would be answered by it. Such a response is read without waiting for the network, so before the event loop runs
    its next callbacks.
    """

    def __init__(self) -> None:
        self.early = False
        self._waited = False

    async def trace(self, event: str, _: Mapping[str, Any]) -> None:
        """Follow the events of a connection, as the extension ``trace`` of httpx2 reports them."""
        if event.endswith(".receive_response_headers.started"):
            self._waited = False
            asyncio.get_running_loop().call_soon(self._note_wait)
        elif event.endswith(".receive_response_headers.complete"):
            self.early = not self._waited

    def _note_wait(self) -> None:
        self._waited = True


def certificate_error(error: BaseException | None) -> str:
    """Return why a server's certificate was rejected; "" if an exception has another cause."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return error.verify_message
        error = error.__cause__ or error.__context__
    return ""


@cache
def hide_in_logs(secret: str) -> None:
    """Remove a key from the logs of HTTP."""
    if len(secret) < SHORTEST_SECRET:
        return

    def redact(record: logging.LogRecord) -> bool:
        record.msg, record.args = without_secret(record.getMessage(), secret), ()
        return True

    for name in LOGGERS:
        logging.getLogger(name).addFilter(redact)


def without_secret(text: str, secret: str) -> str:
    """Return the text with a key that the server repeats removed, also where JSON, a URL or HTML escapes its letters.

    A key in base64 or in parts is not found.
    """
    if len(secret) < SHORTEST_SECRET:
        return text
    text = text.replace(secret, "...")
    return spellings(secret).sub("...", text) if any(mark in text for mark in "\\%&") else text


def without_secrets(value: Any, secret: str) -> Any:
    """Return a JSON value with the key removed from all its strings and names."""
    if isinstance(value, str):
        return without_secret(value, secret)
    if isinstance(value, list):
        return [without_secrets(item, secret) for item in value]
    if isinstance(value, dict):
        return {without_secret(name, secret): without_secrets(item, secret) for name, item in value.items()}
    return value


@lru_cache
def spellings(secret: str) -> re.Pattern[str]:
    """Return the pattern of a key whose letters may be escaped once or several times."""
    return re.compile(r"(?<!\\)" + "".join(map(escaped, secret)))


def escaped(letter: str) -> str:
    r"""Return the pattern of one letter in all spellings: as it is, ``\/``, ``\u002f``, ``%2F``, ``&#x2f;``, ``&amp;``.

    No two alternatives match the same text, so that a key takes linear time.
    """
    code = ord(letter)
    forms = [rf"\\++(?:{re.escape(letter)}|(?i:u00|x)(?i:{code:02x}))"]
    forms += [rf"%(?:25)*(?i:{code:02x})", rf"&#(?i:x0*{code:x}|0*{code});"]
    forms += map(re.escape, {letter, html.escape(letter)})
    return f"(?:{'|'.join(forms)})"


def parse_retry_after(retry_after: str) -> float | None:
    """Parse a Retry-After header, a number of seconds or a date; None if it is neither or out of range."""
    try:
        seconds = float(retry_after)
    except ValueError:
        try:
            date = parsedate_to_datetime(retry_after)
        except (ValueError, OverflowError):
            return None
        seconds = max(0.0, (date.replace(tzinfo=date.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
    return seconds if 0 <= seconds < 1e6 else None


@lru_cache
def event_loop(process: int) -> asyncio.AbstractEventLoop:
    """Start the event loop of this process's requests in a thread of its own, once per process."""
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
    """Open the connection pool of one host, shared by all models there, and the semaphore that bounds its requests.

    Raises:
        UsageError: The environment's proxies or certificates cannot be used. Its text repeats none of their values, as
            the URL of a proxy may hold a password.
    """
    try:
        client = httpx2.AsyncClient(
            timeout=httpx2.Timeout(None, connect=20.0),
            limits=httpx2.Limits(max_connections=at_once),
            follow_redirects=False,
            headers={"User-Agent": "hintree", "Accept": "application/json", "Accept-Encoding": "identity"},
        )
    except (ValueError, OSError, ImportError, httpx2.InvalidURL) as error:
        what = "HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, SSL_CERT_FILE, SSL_CERT_DIR"
        kind = type(error).__name__
        raise UsageError(f"server {origin}: one of {what} cannot be used ({kind}); correct or unset it") from None
    return client, asyncio.Semaphore(at_once)
