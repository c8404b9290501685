"""Rows from JSONL, JSON, CSV and Parquet files and from Hugging Face data sets, each with the place where it stands."""

import csv
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from hintree.data.fields import RowError
from hintree.errors import UsageError

NAMES = {
    "openai/gsm8k": {"config": "main", "split": "test"},
    "huggingfaceh4/math-500": {"split": "test"},
    "huggingfaceh4/aime_2024": {"split": "train"},
    "maxwell-jia/aime_2024": {"split": "train"},
    "ai-mo/aimo-validation-aime": {"split": "train"},
    "math-ai/aime25": {"split": "test"},
}
"""Data sets of the Hugging Face hub whose part to use is known, by their name in lower case."""
EXTRA = 'pip install "hintree[data]"'


class Row(NamedTuple):
    """What stands at one place of a source: "line 3" or "row 3"; a RowError where nothing can be read."""

    place: str
    content: object


def file_rows(path: Path) -> Iterator[Row]:
    """The rows of a file, read by its ending. Raises UsageError."""
    ending = path.suffix.lower()
    if ending not in READERS:
        raise UsageError(f"{path}: problems are read from files that end in {', '.join(READERS)}, and from folders")
    try:
        yield from READERS[ending](path)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from error


def lines(path: Path) -> Iterator[Row]:
    """JSON lines; blank ones are left out."""
    with path.open("rb") as file:
        for i, line in enumerate(file, 1):
            if text := line.removeprefix(b"\xef\xbb\xbf").strip():
                yield Row(f"line {i}", parsed(text))


def parsed(text: bytes) -> object:
    """A JSON value, or a RowError."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        return RowError(f"not JSON: {error}")


def whole(path: Path) -> Iterator[Row]:
    """One JSON list of rows, an object that holds one, or JSON lines in spite of the ending."""
    content = parsed(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    if isinstance(content, RowError):
        yield from lines(path)
        return
    if isinstance(content, dict):
        lists = [value for value in content.values() if isinstance(value, list)]
        content = lists[0] if len(lists) == 1 and isinstance((lists[0] or [0])[0], dict) else [content]
    yield from numbered(content if isinstance(content, list) else [content])


def numbered(rows: Iterable[object]) -> Iterator[Row]:
    """Rows that stand on no lines."""
    for i, row in enumerate(rows, 1):
        yield Row(f"row {i}", row)


def table(path: Path) -> Iterator[Row]:
    """CSV, or TSV by its ending; the first line names the fields."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter="\t" if path.suffix.lower() == ".tsv" else ",", strict=True)
        names = next(reader, [])
        start = reader.line_num + 1
        for row in reader:
            wrong = RowError(f"{len(row)} fields, but the first line names {len(names)}")
            if row:
                yield Row(f"line {start}", dict(zip(names, row, strict=True)) if len(row) == len(names) else wrong)
            start = reader.line_num + 1


def parquet(path: Path) -> Iterator[Row]:
    """Parquet, in batches."""
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise UsageError(f"{path}: Parquet needs pyarrow: {EXTRA}") from error
    try:
        with ParquetFile(path) as file:
            yield from numbered(row for batch in file.iter_batches(1000) for row in batch.to_pylist())
    except ArrowException as error:
        raise UsageError(f"{path}: cannot be read as Parquet: {error}") from error


READERS = {".jsonl": lines, ".ndjson": lines, ".json": whole, ".csv": table, ".tsv": table, ".parquet": parquet}


def dataset_rows(name: str, options: dict[str, str]) -> Iterator[Row]:
    """Rows of a folder or hub name that ``datasets`` can load, or that it has saved to disk.

    Args:
        name: A folder, or owner/name.
        options: "config" and "split"; for those that are not given, ``NAMES`` is looked up.

    Raises:
        UsageError: ``datasets`` is not installed or cannot load it, or there is no such split.
    """
    if unknown := set(options) - {"config", "split"}:
        raise UsageError(f"{name}: {min(unknown)!r} is not config or split")
    try:
        import datasets
    except ImportError as error:
        raise UsageError(f"{name}: data sets need the package datasets: {EXTRA}") from error
    options = NAMES.get(name.lower(), {}) | options
    saved = any((Path(name) / file).exists() for file in ("state.json", "dataset_dict.json"))
    try:
        found: Any = datasets.load_from_disk(name) if saved else datasets.load_dataset(name, options.get("config"))
    except Exception as error:
        raise UsageError(f"{name}: cannot be loaded by datasets: {type(error).__name__}: {error}") from error
    yield from numbered(one_split(name, found, options.get("split")))


def one_split(name: str, found: Any, split: str | None) -> Iterable[object]:
    """The split that was asked for; else "test", or the only one."""
    if not isinstance(found, dict):
        if split is not None:
            raise UsageError(f"{name}: has no splits; leave out split={split}")
        return found  # type: ignore[no-any-return]
    chosen = split or ("test" if "test" in found else next(iter(found)) if len(found) == 1 else None)
    if chosen not in found:
        raise UsageError(f"{name}: split {chosen!r} is none of {', '.join(islice(found, 20))}; say {name}?split=...")
    return found[chosen]  # type: ignore[no-any-return]
