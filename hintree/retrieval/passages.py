"""Passages on disk: one JSON line each, opened by memory map."""

import hashlib
import json
import mmap
from pathlib import Path

import numpy as np

from hintree.bounded_files import parse_json
from hintree.errors import RetrieverError
from hintree.retrieval.base import bounded
from hintree.search.core.actions import Passage

TEXTS, OFFSETS = "passages.jsonl", "offsets.npy"
"""Files of an index: the passages, and the byte at which each begins."""
LONGEST_LINE = 1 << 17
"""Bytes of a passage's line."""


class PassageWriter:
    """Write passages into the folder of an index, as a context manager; ``finish`` writes their offsets.

    Attributes:
        count: Passages so far.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.count = folder, 0
        self._file = (folder / TEXTS).open("wb")
        self._offsets = bytearray(np.uint64(0).tobytes())
        self._hash = hashlib.sha256()

    def add(self, name: str, text: str) -> None:
        """Write one passage. Raises OSError."""
        line = (json.dumps([name, text]) + "\n").encode()
        self._file.write(line)
        self._hash.update(line)
        self._offsets += np.uint64(self._file.tell()).tobytes()
        self.count += 1

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the passages so far, in hexadecimal."""
        return self._hash.hexdigest()

    def __enter__(self) -> "PassageWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def finish(self) -> None:
        """Write what is left of both files. Raises OSError."""
        self._file.close()
        np.save(self.folder / OFFSETS, np.frombuffer(self._offsets, np.uint64))


class PassageFile:
    """The passages of an index by number, read when they are asked for.

    Raises:
        RetrieverError: The files are damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            self._offsets = np.load(folder / OFFSETS, mmap_mode="r", allow_pickle=False)
            with (folder / TEXTS).open("rb") as file:
                self._texts = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError, EOFError) as error:
            raise RetrieverError(f"index {folder}: its passages cannot be read: {error}") from error
        if self._offsets.ndim != 1 or len(self) < 1 or int(self._offsets[-1]) != len(self._texts):
            raise RetrieverError(f"index {folder}: its passages are damaged; make it again with `hintree index`")

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def passage(self, number: int, score: float) -> Passage:
        """Return a passage by number, with the score of a look-up. Raises RetrieverError if it is damaged."""
        start, end = int(self._offsets[number]), int(self._offsets[number + 1])
        try:
            if not 0 <= end - start <= LONGEST_LINE:
                raise ValueError("it has no length of a passage")
            name, text = parse_json(self._texts[start:end])
            if not isinstance(name, str) or not isinstance(text, str):
                raise ValueError("it is no text")
        except (ValueError, TypeError) as error:
            raise RetrieverError(f"index {self.folder}: passage {number} is damaged: {error}") from error
        return bounded(Passage(name, text, score))
