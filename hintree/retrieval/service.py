"""A search service at a URL: plain JSON, within the limits of all servers.

It is sent ``{"queries": [TEXT, ...], "k": N}`` by POST, and responds with ``{"results": [[{"id": TEXT, "text": TEXT,
"score": NUMBER}, ...], ...]}``, one list per query, best passage first. A score may be left out.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from hintree.errors import CancelledRequestError, ModelError, RetrieverError
from hintree.models.remote.address import parse_address
from hintree.models.remote.client import Limits, MalformedReplyError, Server, usual_limits
from hintree.retrieval.base import bounded
from hintree.search.core.actions import Passage

SECONDS, TRIES = 30.0, 3
"""Deadline of one try in seconds where no timeout is set, and the tries of one request."""


class SearchService:
    """Look passages up at a URL; safe to use from several threads.

    Args:
        url: Where queries are sent to, such as http://host:9000/search.
        limits: Limits of each request; those of servers with fewer tries if None.

    Raises:
        UsageError: It is no URL, or holds a user, password or query.
    """

    def __init__(self, url: str, limits: Limits | None = None) -> None:
        self.name = url
        address = parse_address(url)._replace(model="retriever")
        self._url = address.base
        self._server = Server(address, limits or own_limits())

    def search(self, queries: Sequence[str], k: int) -> list[list[Passage]]:
        """Return at most ``k`` passages for each query. Raises RetrieverError if the service gives no whole response.

        Raises:
            CancelledRequestError: The search that asked has ended.
        """
        body = {"queries": list(queries), "k": k}
        try:
            return self._server.run(self._server.request(self._url, body, lambda data: read(data, len(queries), k)))
        except CancelledRequestError:
            raise
        except ModelError as error:
            raise RetrieverError(str(error)) from error


def own_limits() -> Limits:
    """Return the limits of a request: shorter than those of models, unless a timeout is set."""
    usual = usual_limits()
    if usual != Limits():
        return usual
    return Limits(seconds=SECONDS * TRIES, try_seconds=SECONDS, tries=TRIES)


def read(data: Any, count: int, k: int) -> list[list[Passage]]:
    """Return the passages of a response to ``count`` queries. Raises MalformedReplyError."""
    rows = data.get("results") if isinstance(data, Mapping) else None
    if not isinstance(rows, list) or len(rows) != count or not all(isinstance(row, list) for row in rows):
        raise MalformedReplyError(f"its response has no list of {count} results")
    return [[read_passage(one) for one in row[:k]] for row in rows]


def read_passage(data: Any) -> Passage:
    """Return one passage of a response. Raises MalformedReplyError."""
    fields = data if isinstance(data, Mapping) else {}
    name, text, score = fields.get("id"), fields.get("text"), fields.get("score", 0.0)
    number = isinstance(score, int | float) and not isinstance(score, bool) and math.isfinite(score)
    if not isinstance(name, str | int) or not isinstance(text, str) or not number:
        raise MalformedReplyError("its response has no id, text and score for a passage")
    return bounded(Passage(str(name), text, float(score)))
