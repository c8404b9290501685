"""Names and web pages that may use a server.

A browser lets any page send requests to a local server. Three checks keep pages out: the server answers only under its
own names (against DNS rebinding), a page of another origin is refused unless it is allowed, and bodies are accepted as
JSON only, which a page cannot send without asking first.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from hintree.errors import UsageError
from hintree.serve.errors import ApiError, on_error

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""Names of this machine."""
EVERYWHERE = "*"


@dataclass(frozen=True, slots=True)
class Access:
    """Accepted names of a server, and web pages that may use it.

    Attributes:
        hosts: Names in the Host header, without port; "*" accepts every name.
        origins: Origins of web pages besides the server's own, such as ``http://localhost:3000``; "*" accepts all.

    Raises:
        UsageError: An origin has another form than scheme and host.
    """

    hosts: frozenset[str] = LOOPBACK
    origins: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for origin in self.origins:
            parts = urlsplit(origin)
            right = parts.scheme in ("http", "https") and origin == f"{parts.scheme}://{parts.netloc}"
            if origin != EVERYWHERE and not (right and parts.hostname):
                raise UsageError(f"--allow-origin {origin!r} is not of the form http://HOST:PORT, or * for all")

    def check(self, method: str, headers: Headers) -> None:
        """Raise ApiError for a request under a strange name, from a strange page, or with a body that is not JSON."""
        host = headers.get("host", "")
        name = hostname(host)
        if EVERYWHERE not in self.hosts and name not in self.hosts:
            raise ApiError(421, f"this server has no name {name[:80]!r}; --allow-host NAME adds one", "unknown_host")
        origin = headers.get("origin")
        if origin is not None and not {EVERYWHERE, origin} & set(self.origins) and not same_host(origin, host):
            raise ApiError(
                403, f"web pages of {origin[:80]!r} may not use this server; --allow-origin adds them", "origin"
            )
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if method == "POST" and not (kind == "application/json" or kind.endswith("+json")):
            raise ApiError(415, f"the body is {kind[:40] or 'of no type'}; send it as application/json", "not_json")


class AccessGuard:
    """ASGI middleware that refuses requests by ``Access.check``."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self.app, self.access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass an accepted request on, and respond to any other with its error."""
        if scope["type"] == "http":
            try:
                self.access.check(scope["method"], Headers(scope=scope))
            except ApiError as error:
                response = await on_error(None, error)
                return await response(scope, receive, send)
        await self.app(scope, receive, send)


def same_host(origin: str, host: str) -> bool:
    """Return True if an Origin header names the host of a Host header."""
    try:
        return urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:
        return False


def hostname(host: str) -> str:
    """Return the name of a Host header, in lower case and without its port; "" if it is no name."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""
