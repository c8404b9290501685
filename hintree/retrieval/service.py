"""A search service at a URL: plain JSON, within the limits of all servers.

It is sent ``{"queries": [TEXT, ...], "k": N}`` by POST, and responds with ``{"results": [[{"id": TEXT, "text": TEXT,
"score": NUMBER}, ...], ...]}``, one list per query, best passage first. A score may be left out.
"""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from hintree.errors import CancelledRequestError, ModelError, RetrieverError
from hintree.models.remote.address import parse_address
from hintree.models.remote.client import Limits, MalformedReplyError, Server, usual_limits
from hintree.models.remote.numbers import read_number
from hintree.retrieval.base import bounded
from hintree.search.core.actions import Passage

SECONDS, TRIES = 30.0, 3
"""Deadline of one try in seconds where no timeout is set, and the tries of one request."""
LARGEST_SCORE, LARGEST_ID = sys.float_info.max, 2**64
"""Largest score of a passage, and largest whole number that is accepted as its id."""


class SearchService:
    """Look passages up at a URL; safe to use from several threads.

    Args:
        url: Where queries are sent to, such as http://host:9000/search.
        limits: Limits of each request; those of servers with fewer tries if None.

    Raises:
        UsageError: It is no URL, or holds a user, password or query.
    """

    seconds: None = None  # a call has no limit: its requests have their own

    def __init__(self, url: str, limits: Limits | None = None) -> None:
        self.name = url
        address = parse_address(url)._replace(model="retriever")
        self._url = address.base
        self._server = Server(address, limits or own_limits())

    def search(self, queries: Sequence[str], k: int) -> list[list[Passage] | RetrieverError]:
        """Return at most ``k`` passages for each query, or the error of a query whose passages are malformed.

        A malformed passage is requested again, as any malformed response is. After the last try it fails its own query.

        Raises:
            RetrieverError: The service gives no list of results for all queries.
            CancelledRequestError: The search that asked has ended.
        """
        body, last = {"queries": list(queries), "k": k}, list[list[list[Passage] | MalformedReplyError]]()

        def parse(data: Any) -> list[list[Passage] | RetrieverError]:
            last[:] = [read(data, len(queries), k)]
            return [whole(row) for row in last[0]]

        try:
            return self._server.run(self._server.request(self._url, body, parse))
        except CancelledRequestError:
            raise
        except ModelError as error:
            failure = RetrieverError(str(error))
            if not last:
                raise failure from error
            return [failure if isinstance(row, MalformedReplyError) else row for row in last[0]]


def own_limits() -> Limits:
    """Return the limits of a request: shorter than those of models, unless a timeout is set."""
    usual = usual_limits()
    if usual != Limits():
        return usual
    return Limits(seconds=SECONDS * TRIES, try_seconds=SECONDS, tries=TRIES)


def read(data: Any, count: int, k: int) -> list[list[Passage] | MalformedReplyError]:
    """Return the passages of a response for each of ``count`` queries, or the error of those that are malformed.

    Raises:
        MalformedReplyError: The response has no list of results for each query.
    """
    rows = data.get("results") if isinstance(data, Mapping) else None
    if not isinstance(rows, list) or len(rows) != count or not all(isinstance(row, list) for row in rows):
        raise MalformedReplyError(f"its response has no list of {count} results")
    return [read_row(row[:k]) for row in rows]


def read_row(row: Sequence[Any]) -> list[Passage] | MalformedReplyError:
    """Return the passages of one query, or the error of a malformed one."""
    try:
        return [read_passage(one) for one in row]
    except MalformedReplyError as error:
        return error


def whole(row: list[Passage] | MalformedReplyError) -> list[Passage]:
    """Return the passages of one query. Raises MalformedReplyError if one was malformed."""
    if isinstance(row, MalformedReplyError):
        raise row
    return row


def read_passage(data: Any) -> Passage:
    """Return one passage of a response. Raises MalformedReplyError."""
    fields = data if isinstance(data, Mapping) else {}
    name, text = fields.get("id"), fields.get("text")
    if isinstance(name, int):
        read_number(name, "id of a passage", -LARGEST_ID, LARGEST_ID, whole=True)
        name = str(name)  # not the float, which lacks the last digits of a long number
    if not isinstance(name, str) or not isinstance(text, str):
        raise MalformedReplyError("its response has no id and text for a passage")
    score = read_number(fields.get("score", 0.0), "score of a passage", -LARGEST_SCORE, LARGEST_SCORE)
    return bounded(Passage(name, text, score))
