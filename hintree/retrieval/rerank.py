"""Reranking: look up more passages than are needed, and keep those that a scorer ranks first.

KARD (arXiv 2305.18395) trains its reranker on rationales; here any cross-encoder or function is one.
"""

from collections.abc import Callable, Sequence

from hintree.errors import RetrieverError
from hintree.retrieval.base import MOST_PASSAGES, Retriever
from hintree.search.core.actions import Passage

PairScorer = Callable[[str, Sequence[str]], Sequence[float]]
"""Scores of texts for a query, higher is better: the method ``score`` of a ``CrossEncoder``, or a function."""


class Reranked:
    """Search a retriever, and rank its passages again by a scorer of (query, passage).

    Attributes:
        retriever: The retriever whose passages are ranked.
        scorer: The scorer; its scores replace the retriever's.
        pool: Passages that are ranked for each query, at least those that are asked for.
    """

    def __init__(self, retriever: Retriever, scorer: PairScorer, pool: int = 20) -> None:
        self.retriever, self.scorer, self.pool = retriever, scorer, pool

    @property
    def name(self) -> str:
        """Return the name of the retriever."""
        return str(getattr(self.retriever, "name", type(self.retriever).__name__))

    def search(self, queries: Sequence[str], k: int) -> list[list[Passage]]:
        """Return the ``k`` passages of highest score for each query; ties keep the retriever's order.

        Raises:
            RetrieverError: The retriever fails, or the scorer gives another number of scores.
        """
        found = self.retriever.search(queries, min(MOST_PASSAGES, max(self.pool, k)))
        return [self.ranked(query, row)[:k] for query, row in zip(queries, found, strict=True)]

    def ranked(self, query: str, passages: Sequence[Passage]) -> list[Passage]:
        """Return the passages by the scorer's scores, highest first."""
        scores = [float(score) for score in self.scorer(query, [one.text for one in passages])]
        if len(scores) != len(passages) or any(score != score for score in scores):
            raise RetrieverError(f"the reranker gave {len(scores)} scores for {len(passages)} passages, or NaN")
        order = sorted(range(len(scores)), key=lambda i: (-scores[i], i))
        return [Passage(passages[i].id, passages[i].text, scores[i]) for i in order]
