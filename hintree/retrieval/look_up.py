"""The handler of the retriever: queries of the requests, one batched search, passages within bounds."""

import logging
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import islice, zip_longest
from math import isfinite, nan
from typing import Any

from hintree.errors import CancelledRequestError, ModelError, RetrieverError
from hintree.retrieval.base import MOST_PASSAGES, Retriever, bounded, one_line
from hintree.retrieval.deadline import SECONDS, Patience
from hintree.search import Response, RetrievalRequest, Usage
from hintree.search.core.actions import Action, Passage, Yield, last_wording

log = logging.getLogger(__name__)

LONGEST_QUERY, MOST_QUERIES = 4000, 16
"""Characters of a query, of which the last ones are kept, and queries of one look-up."""
FoundRow = tuple[list[Passage] | RetrieverError, int]
"""Passages of one query or its error, and the tokens that models read for it."""
LOOK_UP = Action("look_up", Yield.PASSAGES, author="retriever")
"""The look-up of a request without an action."""


class LookUp:
    """Handle ``RetrievalRequest``s with a retriever.

    Attributes:
        retriever: The retriever.
        patience: Limits the time that it gets.
    """

    def __init__(self, retriever: Retriever) -> None:
        self.retriever = retriever
        self.patience = Patience(getattr(retriever, "seconds", SECONDS))

    def __call__(self, requests: Sequence[RetrievalRequest]) -> list[Response[Any] | Exception]:
        """Return the passages of each request, its action's ``k`` at most.

        An error of the retriever, whatever its class, takes the place of all responses of the batch, which fails these
        look-ups and nothing else. An error that it returns for one query fails the look-ups of that query only.
        """
        try:
            found: dict[int, Response[Any] | Exception] = {}
            for k in sorted({action_of(request).k for request in requests}):  # so that no other k changes a response
                same = [i for i, request in enumerate(requests) if action_of(request).k == k]
                found |= zip(same, self.responses([queries_of(requests[i]) for i in same], k), strict=True)
            return [found[i] for i in range(len(requests))]
        except (MemoryError, CancelledRequestError):
            raise
        except Exception as error:
            say_failed(f"{type(error).__name__}: {str(error)[:300]}")
            return [error if isinstance(error, ModelError) else failed(error) for _ in requests]

    def responses(self, asked: Sequence[Sequence[str]], k: int) -> list[Response[Any] | Exception]:
        """Return the response to each look-up, from its queries, with at most ``k`` passages; errors in their place."""
        rows = iter(self.rows([query for queries in asked for query in queries], min(k, MOST_PASSAGES)))
        return [response([next(rows) for _ in queries], k) for queries in asked]

    def rows(self, queries: Sequence[str], k: int) -> list[FoundRow]:
        """Return the passages of each query or its error, and the tokens that models read for it.

        Raises:
            RetrieverError: The retriever breaks its contract.
        """
        counted = getattr(self.retriever, "search_counted", None)
        if not queries:
            return []
        search = counted or (lambda queries, k: ((row, None) for row in self.retriever.search(queries, k)))
        count = getattr(self.retriever, "count_tokens", lambda query: 0)

        def read() -> list[FoundRow]:  # rows may be iterators, which take their time as they are read
            found = list(islice(search(queries, k), len(queries) + 1))
            if len(found) != len(queries):
                few = len(found) < len(queries)
                raise RetrieverError(
                    f"the retriever gave {len(found) if few else 'more'} lists of passages for {len(queries)} queries"
                )
            return [
                (row, 0) if isinstance(row, RetrieverError) else (checked(row, k), count(query) if n is None else n)
                for query, (row, n) in zip(queries, found, strict=True)
            ]

        return self.patience.call(read)


def checked(row: Iterable[object], k: int) -> list[Passage] | RetrieverError:
    """Return the first ``k`` passages that a retriever gave for a query, or the error of one that is none."""
    found: list[Passage] = []
    for one in islice(row, k):
        if not (isinstance(one, Passage) and isinstance(one.id, str) and isinstance(one.text, str)):
            return RetrieverError(f"the retriever gave {one!r:.100} in place of a Passage with an id and a text")
        try:
            score = float(one.score)
        except (TypeError, ValueError, OverflowError):
            score = nan
        if not isfinite(score):
            return RetrieverError(f"the retriever gave the passage {one.id[:100]!r} the score {one.score!r:.40}")
        found.append(Passage(one.id, one.text, score))
    return found


def response(rows: Sequence[FoundRow], k: int) -> Response[Any] | Exception:
    """Return the response to one look-up with at most ``k`` passages, or the error of its first query that failed."""
    for row, _ in rows:
        if isinstance(row, RetrieverError):
            say_failed(str(row)[:300])
            return row
    passages = [row for row, _ in rows if not isinstance(row, RetrieverError)]
    return Response(merged(passages, k), usage_of(tokens for _, tokens in rows))


def usage_of(tokens: Iterable[int]) -> Usage:
    """Return the cost of one look-up from the tokens that models read for each of its queries."""
    whole = sum(tokens)
    return Usage(1, whole, whole, 0)


def failed(error: Exception) -> RetrieverError:
    """Return the error of a retriever of the user's, with its class."""
    return RetrieverError(f"{type(error).__name__}: {' '.join(str(error).split())[:300]}")


@lru_cache(maxsize=64)
def say_failed(reason: str) -> None:
    """Log an error of the retriever once."""
    log.warning("a look-up failed, and the search goes on without its passages: %s", reason)


def action_of(request: RetrievalRequest) -> Action:
    """Return the action of a request."""
    return request.action or LOOK_UP


def queries_of(request: RetrievalRequest) -> list[str]:
    """Return the queries of a request, each as one line of bounded length; () if there is nothing to look up."""
    path = request.node.path()
    texts = action_of(request).queries(last_wording(request.tree.problem.question, path), path)
    flat = (one_line(text[-4 * LONGEST_QUERY :])[-LONGEST_QUERY:] for text in texts)
    return list(dict.fromkeys(filter(None, flat)))[:MOST_QUERIES]


def merged(rows: Sequence[Sequence[Passage]], k: int) -> tuple[Passage, ...]:
    """Return at most ``k`` passages, the best of every query in turn, each id once."""
    found: dict[str, Passage] = {}
    for rank in zip_longest(*rows):
        for one in filter(None, rank):
            found.setdefault(one.id, bounded(one))
    return tuple(found.values())[:k]
