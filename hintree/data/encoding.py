"""Text files in the encodings that people have: UTF-8, UTF-16 and UTF-32 with or without a mark, Windows-1252."""

import codecs
from collections.abc import Iterator
from pathlib import Path

from hintree.bounded_files import read_bytes

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
NO_TEXT = frozenset(b"\x00\x81\x8d\x8f\x90\x9d\xfe\xff")
"""Bytes that no Windows-1252 text is taken to have: undefined ones, NUL, and those of a byte order mark."""
CHUNK = 1 << 20
LONGEST_LINE = 1 << 24
"""Characters of a line; a longer one is a bad row."""


def encoding_of(path: Path) -> str:
    """Return the name of a file's encoding; "utf-8" for one that is neither that nor Windows-1252.

    The file is read once in pieces, and never held as a whole.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        start = file.read(4096)
        marked = next((name for mark, name in MARKS if start.startswith(mark)), None)
        if marked is not None or not start:
            return marked or "utf-8"
        even, odd = start[::2].count(0), start[1::2].count(0)
        if 3 * max(even, odd) > len(start) // 2 and 8 * min(even, odd) < len(start):
            return "utf-16-le" if odd > even else "utf-16-be"
        decoder = codecs.getincrementaldecoder("utf-8")()
        strange, multibyte, plain = False, False, True
        file.seek(0)
        while block := file.read(CHUNK):
            plain = plain and NO_TEXT.isdisjoint(block)
            try:
                text = decoder.decode(block)
                multibyte = multibyte or not text.isascii()
            except UnicodeDecodeError:
                multibyte = multibyte or not block.decode("utf-8", "ignore").isascii()
                strange = True
                decoder.reset()
        return "cp1252" if strange and plain and not multibyte else "utf-8"


def errors_of(encoding: str) -> str:
    """Return how bytes that are no text are kept: as halves of surrogate pairs, so that their row alone is bad."""
    return {"utf-8": "surrogateescape", "cp1252": "replace"}.get(encoding.removesuffix("-sig"), "surrogatepass")


def lines_of(path: Path, encoding: str) -> Iterator[tuple[int, str | None]]:
    """Yield number and text of every line, None for one that is too long; see ``errors_of``.

    Raises:
        OSError: The file cannot be read.
        UnicodeDecodeError: It ends within a character of UTF-16 or UTF-32.
    """
    with path.open(encoding=encoding, errors=errors_of(encoding), newline="\n") as file:
        number = 0
        while line := file.readline(LONGEST_LINE):
            number += 1
            whole = line.endswith("\n") or len(line) < LONGEST_LINE
            yield number, line if whole else None
            while not whole:
                rest = file.readline(LONGEST_LINE)
                whole = rest.endswith("\n") or not rest


def read_whole(path: Path, longest: int) -> str:
    """Return the text of a file of at most ``longest`` bytes.

    Raises:
        OSError: It cannot be read.
        ValueError: It is longer, or ends within a character of UTF-16 or UTF-32.
    """
    if path.stat().st_size > longest:
        raise ValueError(f"it has more than {longest >> 20} MiB; JSON lines (.jsonl) are read one by one")
    encoding = encoding_of(path)
    return read_bytes(path, longest).decode(encoding, errors_of(encoding))
