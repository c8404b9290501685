"""Passages of a folder of texts, or of a file of rows."""

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from hintree.bounded_files import read_text
from hintree.data.case import RowError
from hintree.data.files import READERS, file_rows
from hintree.errors import UsageError
from hintree.retrieval.base import LONGEST_ID, LONGEST_PASSAGE, one_line

log = logging.getLogger(__name__)
TEXT_FILES = (".txt", ".md", ".rst")
"""Endings of files that hold one text each."""
LONGEST_FILE = 1 << 30
"""Bytes of a text file."""
PARAGRAPH = re.compile(r"\n\s*\n")
TEXT_FIELDS = ("text", "passage", "contents", "content", "body", "document")
"""Usual names of the field of a row's text, first the most common one."""
ID_FIELDS = ("id", "_id", "docid", "doc_id", "title")
"""Usual names of the field of a row's id."""


class SourceText(NamedTuple):
    """A passage of a source: its id, its text, and whether a longer text was cut to it."""

    name: str
    text: str
    cut: bool = False


@dataclass(frozen=True, slots=True)
class PassageSource:
    """A folder or file of passages.

    Attributes:
        path: A folder of texts (.txt, .md, .rst) and of files of rows, or one such file.
        text_field: Field of a row's text; "" for the usual names.
        id_field: Field of a row's id; "" for the usual names, else "p" and the row's number.
        size: Most characters of a passage; texts are divided between paragraphs, sentences or words.

    Raises:
        UsageError: A value is outside its range.
    """

    path: Path
    text_field: str = ""
    id_field: str = ""
    size: int = 1000

    def __post_init__(self) -> None:
        if not 50 <= self.size <= LONGEST_PASSAGE:
            raise UsageError(f"passage size {self.size} is not from 50 to {LONGEST_PASSAGE} characters")

    def read(self) -> Iterator[SourceText]:
        """Yield the passages, in the order of the files' names.

        A text in a folder that cannot be read is left out with a warning; a file of rows is an error.

        Raises:
            UsageError: The file, or a file of rows in the folder, cannot be read.
        """
        files = [self.path]
        if self.path.is_dir():
            files = sorted(f for f in self.path.rglob("*") if f.suffix.lower() in (*TEXT_FILES, *READERS))
        for file in files:
            name = file.name if file == self.path else str(file.relative_to(self.path))
            if file.suffix.lower() in TEXT_FILES:
                try:
                    yield from self.read_text(file, name)
                except UsageError as error:
                    if file == self.path:
                        raise
                    log.warning("left out: %s", error)
            else:
                yield from self.read_rows(file, "" if file == self.path else f"{name}:")

    def read_text(self, file: Path, name: str) -> Iterator[SourceText]:
        """Yield the passages of one text. Raises UsageError."""
        try:
            text = read_text(file, LONGEST_FILE)
        except (OSError, ValueError) as error:
            raise UsageError(f"{file}: cannot be read as UTF-8 text: {error}") from error
        for number, part in enumerate(divided(text, self.size), 1):
            yield SourceText(f"{name}#{number}"[-LONGEST_ID:], part)

    def read_rows(self, file: Path, prefix: str) -> Iterator[SourceText]:
        """Yield the passage of every row; a text of more than ``LONGEST_PASSAGE`` characters is cut."""
        for number, place in enumerate(file_rows(file), 1):
            row = place.content
            if isinstance(row, str):
                row = {"text": row}
            if isinstance(row, RowError) or not isinstance(row, Mapping):
                raise UsageError(f"{file}, {place.name}: no row with a text: {row!r:.100}")
            text = field_of(row, self.text_field, TEXT_FIELDS)
            if text is None:
                wanted = self.text_field or ", ".join(TEXT_FIELDS)
                raise UsageError(
                    f"{file}, {place.name}: has no text under {wanted}, but {', '.join(map(str, row))[:200]}; name the "
                    "field with --text-field"
                )
            name = field_of(row, self.id_field, ID_FIELDS) or f"p{number}"
            flat = one_line(text[: 4 * LONGEST_PASSAGE])
            whole = len(text) <= 4 * LONGEST_PASSAGE and len(flat) <= LONGEST_PASSAGE
            yield SourceText(f"{prefix}{name}"[:LONGEST_ID], flat[:LONGEST_PASSAGE], not whole)


def field_of(row: Mapping[str, object], given: str, usual: tuple[str, ...]) -> str | None:
    """Return the text of a row's field, of the given name or of the usual ones; None if it has none."""
    for name in [given] if given else usual:
        value = row.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool):
            return str(value)
    return None


def divided(text: str, size: int) -> Iterator[str]:
    """Yield a text in parts of at most ``size`` characters, divided between paragraphs, else sentences, else words."""
    part = ""
    for paragraph in filter(None, map(one_line, paragraphs(text))):
        for piece in [paragraph] if len(paragraph) <= size else pieces(paragraph, size):
            if part and len(part) + 1 + len(piece) > size:
                yield part
                part = ""
            part = f"{part} {piece}" if part else piece
    if part:
        yield part


def paragraphs(text: str) -> Iterator[str]:
    """Yield the paragraphs of a text, without a list of all of them, which would double the memory of a long text."""
    start = 0
    for gap in PARAGRAPH.finditer(text):
        yield text[start : gap.start()]
        start = gap.end()
    yield text[start:]


def pieces(paragraph: str, size: int) -> Iterator[str]:
    """Yield a long paragraph in parts, each cut after the last sentence or word that fits."""
    start = 0
    while len(paragraph) - start > size:
        window = paragraph[start : start + size]
        end = max(window.rfind(". "), window.rfind("? "), window.rfind("! ")) + 1 or window.rfind(" ") or size
        end = end if end > 0 else size
        yield window[:end].strip()
        start += end
    yield paragraph[start:].strip()
