"""BM25 (Robertson et al. 1994) over the passages of an index, by the package bm25s."""

import re
from array import array
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hintree.errors import RetrieverError, UsageError

if TYPE_CHECKING:
    import bm25s

WORD = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af]|[^\W_\u2e80-\u9fff\uac00-\ud7af]+")
"""A word, a number, or one character of a script that is written without blanks."""
FOLDER = "bm25"
EXTRA = 'pip install "hintree[retrieval]"'
DAMAGED = (OSError, ValueError, TypeError, LookupError, AttributeError, EOFError, ImportError)
"""Errors of bm25s and numpy for files that are not theirs, or name a backend that is not installed."""


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case, numbers included."""
    return WORD.findall(text.lower())


def library() -> Any:
    """Import bm25s. Raises UsageError if it is not installed."""
    try:
        import bm25s
    except ImportError as error:
        raise UsageError(f"BM25 needs the package bm25s: {EXTRA}") from error
    return bm25s


class BM25Builder:
    """Count the words of passages, one after another; ``save`` computes the scores and writes them."""

    def __init__(self) -> None:
        self._library = library()
        self._words: dict[str, int] = {}
        self._passages: list[array[int]] = []

    def add(self, text: str) -> None:
        """Count the words of the next passage."""
        number = self._words.setdefault
        self._passages.append(array("I", [number(word, len(self._words)) for word in words_of(text)]))

    def save(self, folder: Path, *, progress: bool) -> None:
        """Write the index of all passages. Raises UsageError if they hold no word."""
        if not self._words:
            raise UsageError("the passages hold no word to look up")
        engine = self._library.BM25(csc_backend="scipy" if has_scipy() else "numpy")
        engine.index((self._passages, self._words), show_progress=progress)
        engine.save(folder / FOLDER, show_progress=False)


def has_scipy() -> bool:
    """Tell whether scipy is installed, which builds a large index in less memory."""
    return find_spec("scipy") is not None


class BM25Searcher:
    """Search the BM25 scores of an index, opened by memory map.

    Raises:
        UsageError: bm25s is not installed.
        RetrieverError: The files are damaged.
    """

    def __init__(self, folder: Path, count: int) -> None:
        self.folder, self.count = folder, count
        module: Any = library()
        try:
            self._engine: bm25s.BM25 = module.BM25.load(folder / FOLDER, mmap=True, show_progress=False)
            found = self._engine.scores["num_docs"]
        except DAMAGED as error:
            raise self.damaged(error) from error
        if found != count:
            raise self.damaged(f"scores of {found} passages, but {count} passages")

    def damaged(self, reason: object) -> RetrieverError:
        """Return the error for files that cannot be searched."""
        return RetrieverError(f"index {self.folder}: cannot be searched ({reason}); make it again with `hintree index`")

    def search(self, queries: Sequence[str], k: int) -> list[list[tuple[int, float]]]:
        """Return (number, score) of the best passages for each query, those that share a word with it."""
        try:
            return [best(self.scores(query), k) for query in queries]
        except DAMAGED as error:
            raise self.damaged(error) from error

    def scores(self, query: str) -> "np.ndarray[Any, Any]":
        """Return the score of every passage, 0 for those without a word of the query."""
        known = self._engine.get_tokens_ids(list(dict.fromkeys(words_of(query))))
        return self._engine.get_scores_from_ids(known) if known else np.zeros(self.count, np.float32)


def best(scores: "np.ndarray[Any, Any]", k: int, least: float = 0.0) -> list[tuple[int, float]]:
    """Return (number, score) of the ``k`` highest scores above ``least``; ties go to the earlier number."""
    k = min(k, len(scores))
    border = np.partition(scores, -k)[-k] if k else np.inf
    above = np.flatnonzero(scores > border)
    ties = np.flatnonzero(scores == border)[: k - len(above)]
    ranked = sorted((-float(scores[i]), int(i)) for i in (*above, *ties) if scores[i] > least)
    return [(i, -score) for score, i in ranked]
