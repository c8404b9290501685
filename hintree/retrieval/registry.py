"""Open a retriever by its name: an index, a graph of solved steps, or a URL."""

from pathlib import Path
from urllib.parse import parse_qsl

from hintree.errors import UsageError
from hintree.models import is_address
from hintree.retrieval.base import MOST_PASSAGES, Retriever
from hintree.retrieval.index import Index
from hintree.retrieval.rerank import Reranked
from hintree.retrieval.service import SearchService

FORMS = "an index that `hintree index` made, INDEX?reranker=MODEL, or the URL of a search service"
OPTIONS = ("reranker", "pool")


def open_retriever(name: str, *, device: str = "auto", dtype: str = "auto") -> Retriever:
    """Open a retriever by name.

    Args:
        name: Folder of an index or of a graph of steps, or http://host:9000/search. After a folder may stand
            ``?reranker=MODEL`` with a cross-encoder, and ``&pool=20``, the passages that it ranks for each query.
        device: Device of an embedding model and a reranker.
        dtype: Their number format.

    Raises:
        UsageError: The name has no accepted form, or a package is not installed.
        RetrieverError: The index is missing, damaged, or of another version or model.
        ModelError: A model cannot be loaded.
    """
    if is_address(name):
        return SearchService(name)
    from hintree.retrieval.step_graph import StepGraph, is_graph  # networkx takes a while to import

    place, _, query = (name, "", "") if Path(name).is_dir() else name.partition("?")
    options = dict(parse_qsl(query, keep_blank_values=True))
    if not place or set(options) - {*OPTIONS}:
        raise UsageError(f"retriever {name!r}: give {FORMS}; options are {', '.join(OPTIONS)}")
    found: Retriever = (
        StepGraph.open(Path(place)) if is_graph(Path(place)) else Index(Path(place), device=device, dtype=dtype)
    )
    if model := options.get("reranker"):
        from hintree.models.local.encoder import CrossEncoder

        pool = pool_of(options.get("pool", "20"))
        found = Reranked(found, CrossEncoder(model, device=device, dtype=dtype), pool)
    return found


def pool_of(text: str) -> int:
    """Parse the number of passages that a reranker ranks. Raises UsageError."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MOST_PASSAGES:
        raise UsageError(f"pool={text[:20]!r} is not a whole number from 1 to {MOST_PASSAGES}")
    return int(text)
