"""Dense retrieval: vectors of an embedding model, compared by cosine, opened by memory map."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from hintree.errors import RetrieverError
from hintree.retrieval.bm25 import best

VECTORS = "vectors.npy"
"""File of the vectors of length 1, one row per passage, in float16."""
BATCH = 256
"""Passages that are embedded together."""
BLOCK = 1 << 16
"""Rows of the vectors that are read together."""
SAME_MODEL = 0.99
"""Least cosine of a passage's stored vector and the one that the model computes now."""


class Encoder(Protocol):
    """Embedding model as ``models.local.encoder.TextEncoder`` is one."""

    name: str
    size: int
    parameters: int

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens that are read for a query."""
        ...

    def embed(self, texts: Sequence[str], kind: Any) -> "np.ndarray[Any, Any]":
        """Return vectors of length 1, (texts, ``size``), for the kind "query" or "passage"."""
        ...


class DenseBuilder:
    """Embed passages in batches and write their vectors, one after another."""

    def __init__(self, folder: Path, encoder: Encoder) -> None:
        self.folder, self.encoder, self.count = folder, encoder, 0
        self._waiting: list[str] = []

    def add(self, text: str) -> None:
        """Add the next passage. Raises OSError or ModelError."""
        self._waiting.append(text)
        if len(self._waiting) == BATCH:
            self._embed()

    def save(self, folder: Path, *, progress: bool) -> None:
        """Embed what waits, and give the vectors their final form. Raises OSError or ModelError."""
        del progress
        self._embed()
        raw = folder / f"{VECTORS}.raw"
        rows = np.memmap(raw, np.float16, "r", shape=(self.count, self.encoder.size))
        made = np.lib.format.open_memmap(folder / VECTORS, "w+", np.float16, rows.shape)
        for start in range(0, self.count, BLOCK):
            made[start : start + BLOCK] = rows[start : start + BLOCK]
        made.flush()
        del rows, made
        raw.unlink()

    def _embed(self) -> None:
        if self._waiting:
            vectors = self.encoder.embed(self._waiting, "passage")
            with (self.folder / f"{VECTORS}.raw").open("ab") as file:
                file.write(vectors.astype(np.float16).tobytes())
            self.count += len(self._waiting)
            self._waiting = []


class DenseSearcher:
    """Search the vectors of an index with the model that made them.

    Args:
        folder: The index.
        count: Passages of the index.
        encoder: The model.
        first: Text of the first passage, whose vector tells whether the model is the same.

    Raises:
        RetrieverError: The vectors are damaged, or were made by another model.
    """

    def __init__(self, folder: Path, count: int, encoder: Encoder, first: str) -> None:
        self.encoder = encoder
        try:
            self._vectors = np.load(folder / VECTORS, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise RetrieverError(f"index {folder}: its vectors cannot be read: {error}") from error
        if self._vectors.shape != (count, encoder.size) or self._vectors.dtype != np.float16:
            raise RetrieverError(
                f"index {folder}: its vectors are {self._vectors.shape}, not {(count, encoder.size)} of the model "
                f"{encoder.name}; make it again with `hintree index --dense {encoder.name}`"
            )
        cosine = float(encoder.embed([first], "passage")[0] @ self._vectors[0].astype(np.float32))
        if not cosine >= SAME_MODEL:
            raise RetrieverError(
                f"index {folder}: was made by another model than {encoder.name} (cosine {cosine:.2f} of the first "
                f"passage); make it again with `hintree index --dense {encoder.name}`"
            )

    def search(self, queries: Sequence[str], k: int) -> list[list[tuple[int, float]]]:
        """Return (number, cosine) of the nearest passages for each query."""
        return [best(self.scores(query), k, least=-np.inf) for query in queries]

    def scores(self, query: str) -> "np.ndarray[Any, Any]":
        """Return the cosine of every passage; one query at a time, as a batch would change the last digits."""
        asked = self.encoder.embed([query], "query")[0]
        starts = range(0, len(self._vectors), BLOCK)
        return np.concatenate([self._vectors[start : start + BLOCK].astype(np.float32) @ asked for start in starts])
