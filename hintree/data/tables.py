"""Rows from CSV and TSV: any of the usual delimiters, with or without a first line of names."""

import csv
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from hintree.data.case import RowError
from hintree.data.encoding import LONGEST_LINE, encoding_of, errors_of, lines_of
from hintree.data.json_files import guess
from hintree.data.names import ANSWER, CHAT, QUESTION, SOLUTION, normal
from hintree.data.place import Place

DELIMITERS = ",;\t|"
LONGEST_FIELD = 1 << 24
"""Characters of a field; a longer one is a bad row."""
LONGEST_HEAD = 100_000
"""Characters of the first line that the delimiter is guessed from."""
MOST_FIELDS = 10_000
"""Fields of a row; more are a bad row."""
QUOTE = '"'
TOLD = re.compile(r"sep=(.)")
"""First line that names the delimiter for Excel."""
NUMBER = re.compile(r"[-+]?[$€£]?\d[\d,.]{0,40}%?")
"""An answer after which a first line without names is known."""


def read_table(path: Path) -> Iterator[Place]:
    """Yield the rows of a table; the first line names the fields, unless it is a question with its answer.

    Raises:
        OSError: The file cannot be read.
        UnicodeDecodeError: It is in no known encoding.
    """
    encoding = encoding_of(path)
    first = next((line for _, line in islice(lines_of(path, encoding), 1) if line is not None), "").lstrip("\ufeff")
    first = first[:LONGEST_HEAD]
    declared = TOLD.fullmatch(first.strip("\r\n"))
    delimiter = declared[1] if declared else delimiter_of(first, path.suffix.lower() == ".tsv")
    plain = delimiter == "\t" and same_tabs(path, encoding)
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST_FIELD))
    rows = plain_rows(path, encoding) if plain else quoted_rows(path, encoding, delimiter)
    names: list[str] | None = None
    for line, row in rows:
        if not isinstance(row, RowError) and len(row) > MOST_FIELDS:
            row = RowError(f"{len(row)} fields, more than {MOST_FIELDS}")
        if isinstance(row, RowError):
            yield Place(f"line {line}", row)
            continue
        if not row or (declared and line == 1):
            continue
        if names is None:
            names = names_without_header(row)
            if names is None:
                names = row
                continue
        yield Place(f"line {line}", as_row(names, row), guess(encoding))


def as_row(names: list[str], row: list[str]) -> object:
    """Return the row as names and values, or a RowError."""
    if len(row) != len(names):
        return RowError(f"{len(row)} fields, but the first line names {len(names)}")
    if any(not field.isascii() and not is_text(field) for field in row):
        return RowError("a field is not text in the encoding of the file")
    return dict(zip(names, row, strict=True))


def is_text(field: str) -> bool:
    """Return False for a field with bytes that could not be decoded."""
    try:
        field.encode()
    except UnicodeEncodeError:
        return False
    return True


def quoted_rows(path: Path, encoding: str, delimiter: str) -> Iterator[tuple[int, Any]]:
    """Yield the line where a row starts, and its fields or a RowError; quoted fields may span lines."""
    with path.open(encoding=encoding, errors=errors_of(encoding), newline="") as file:
        reader = csv.reader((line.removeprefix("\ufeff") for line in bounded(file)), delimiter=delimiter, strict=True)
        while True:
            start = reader.line_num + 1
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield start, RowError(f"cannot be read: {error}")
                continue
            yield start, row


def bounded(file: Any) -> Iterator[str]:
    """Yield the lines of a file in pieces of bounded length."""
    while line := file.readline(LONGEST_LINE):
        yield line


def plain_rows(path: Path, encoding: str) -> Iterator[tuple[int, Any]]:
    """Yield number and fields of every line of a table without quoted line breaks."""
    for number, line in lines_of(path, encoding):
        text = "" if line is None else line.strip("\ufeff\r\n")
        if text.strip():
            yield number, [unquoted(field) for field in text.split("\t")]


def unquoted(field: str) -> str:
    """Return a field without the quotes around it, if those inside are doubled."""
    inner = field[1:-1].replace(QUOTE * 2, "")
    if len(field) > 1 and field[0] == field[-1] == QUOTE and QUOTE not in inner:
        return field[1:-1].replace(QUOTE * 2, QUOTE)
    return field


def same_tabs(path: Path, encoding: str) -> bool:
    """Return True if every line has as many tabs as the first: then a quotation mark is a mark like any other."""
    counts = {line.count("\t") for _, line in lines_of(path, encoding) if line is not None and line.strip()}
    return len(counts) == 1 and min(counts) > 0


def delimiter_of(line: str, tabs: bool) -> str:
    """Return the delimiter that makes most known names, else most fields, of the first line."""

    def priority(mark: str) -> tuple[int, int, int]:
        try:
            fields = next(csv.reader([line], delimiter=mark), [])
        except csv.Error:
            fields = []
        return sum(known(field) for field in fields), int(tabs and mark == "\t" and len(fields) > 1), len(fields)

    return max("\t" + DELIMITERS if tabs else DELIMITERS, key=priority)


def known(field: str) -> bool:
    """Return True for a name that a question or an answer may have."""
    return normal(field) in QUESTION + CHAT + ANSWER + SOLUTION


def names_without_header(row: list[str]) -> list[str] | None:
    """Return names for a table whose first line is a row: question and answer (MGSM), or with options between (MMLU).

    None if the first line names the fields, as far as can be recognised.
    """
    if any(known(field) for field in row):
        return None
    letters = ascii_uppercase[: len(row) - 2]
    if len(row) > 3 and row[-1].strip().upper() in tuple(letters) and len(letters) == len(row) - 2:
        return ["question", *letters, "answer"]
    pair = len(row) == 2 and len(row[0]) > 15 and NUMBER.fullmatch(row[1].strip()) is not None
    return ["question", "answer"] if pair else None
