"""Reranking: look up more passages than are needed, and keep those that a scorer ranks first.

KARD (arXiv 2305.18395) trains its reranker on rationales; here any cross-encoder or function is one.
"""

from collections.abc import Callable, Sequence
from typing import Any

from hintree.errors import RetrieverError
from hintree.retrieval.base import MOST_PASSAGES, Retriever
from hintree.search.core.actions import Passage

PairScorer = Callable[[str, Sequence[str]], Sequence[float]]
"""Scores of texts for a query, higher is better."""


class Reranked:
    """Search a retriever, and rank its passages again by a scorer of (query, passage).

    Attributes:
        retriever: The retriever whose passages are ranked.
        scorer: A ``CrossEncoder``, or a function (``PairScorer``); its scores replace the retriever's.
        pool: Passages that are ranked for each query, at least those that are asked for.
    """

    seconds: None = None  # a call has no limit: it computes here

    def __init__(self, retriever: Retriever, scorer: Any, pool: int = 20) -> None:
        self.retriever, self.scorer, self.pool = retriever, scorer, pool
        self._score: PairScorer = getattr(scorer, "score", scorer)

    @property
    def name(self) -> str:
        """Return the name of the retriever."""
        return str(getattr(self.retriever, "name", type(self.retriever).__name__))

    @property
    def parameters(self) -> int:
        """Return the weights of the larger of both models, so that the FLOPs of a look-up are an upper bound."""
        return max(getattr(part, "parameters", 0) for part in (self.retriever, self.scorer))

    def search(self, queries: Sequence[str], k: int) -> list[list[Passage] | RetrieverError]:
        """Return the ``k`` passages of highest score for each query; as ``search_counted`` without the tokens."""
        return [passages for passages, _ in self.search_counted(queries, k)]

    def search_counted(self, queries: Sequence[str], k: int) -> list[tuple[list[Passage] | RetrieverError, int]]:
        """Return the ``k`` passages of highest score for each query, and the tokens that both models read for it.

        Passages of equal score keep the retriever's order. A query that fails in the retriever keeps its error.

        Raises:
            RetrieverError: The retriever fails, or the scorer gives another number of scores.
        """
        found = self.retriever.search(queries, min(MOST_PASSAGES, max(self.pool, k)))
        return [
            (row, 0) if isinstance(row, RetrieverError) else (self.ranked(query, row)[:k], self.tokens(query, row))
            for query, row in zip(queries, found, strict=True)
        ]

    def ranked(self, query: str, passages: Sequence[Passage]) -> list[Passage]:
        """Return the passages by the scorer's scores, highest first."""
        scores = [float(score) for score in self._score(query, [one.text for one in passages])]
        if len(scores) != len(passages) or any(score != score for score in scores):
            raise RetrieverError(f"the reranker gave {len(scores)} scores for {len(passages)} passages, or NaN")
        order = sorted(range(len(scores)), key=lambda i: (-scores[i], i))
        return [Passage(passages[i].id, passages[i].text, scores[i]) for i in order]

    def tokens(self, query: str, ranked: Sequence[Passage]) -> int:
        """Return the tokens that an embedding model reads for a query, and the reranker for it with each passage."""
        count, pairs = (getattr(part, "count_tokens", None) for part in (self.retriever, self.scorer))
        return (count(query) if count else 0) + (pairs(query, [one.text for one in ranked]) if pairs else 0)
