"""Rows from files by their ending, and from Hugging Face data sets, each with the place where it stands."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from hintree.data.json_files import read_json, read_lines
from hintree.data.known_sets import KNOWN_SETS
from hintree.data.parquet import EXTRA, read_parquet
from hintree.data.place import Place, numbered
from hintree.data.tables import read_table
from hintree.errors import UsageError


def file_rows(path: Path) -> Iterator[Place]:
    """Yield the rows of a file, read by its ending. Raises UsageError."""
    ending = path.suffix.lower()
    if ending not in READERS:
        raise UsageError(f"{path}: problems are read from files that end in {', '.join(READERS)}, and from folders")
    last = "the start"
    try:
        for place in READERS[ending](path):
            last = place.name
            yield place
    except UnicodeError as error:
        raise UsageError(f"{path}: cannot be read as text after {last}: {error}") from error
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error}") from error


READERS = {
    ".jsonl": read_lines,
    ".ndjson": read_lines,
    ".json": read_json,
    ".csv": read_table,
    ".tsv": read_table,
    ".parquet": read_parquet,
}


def dataset_rows(name: str, options: dict[str, str]) -> Iterator[Place]:
    """Yield the rows of a folder or hub name that ``datasets`` can load, or that it has saved to disk.

    Args:
        name: A folder, or owner/name.
        options: "config" and "split"; for those that are not given, ``KNOWN_SETS`` is looked up.

    Raises:
        UsageError: ``datasets`` is not installed or cannot load it, or there is no such split.
    """
    if unknown := set(options) - {"config", "split"}:
        raise UsageError(f"{name}: {min(unknown)!r} is not config or split")
    try:
        import datasets
    except ImportError as error:
        raise UsageError(f"{name}: data sets need the package datasets: {EXTRA}") from error
    options = KNOWN_SETS.get(name.lower(), {}) | options
    saved = any((Path(name) / file).exists() for file in ("state.json", "dataset_dict.json"))
    try:
        found: Any = datasets.load_from_disk(name) if saved else datasets.load_dataset(name, options.get("config"))
    except Exception as error:
        detail = " ".join(str(error).split())
        raise UsageError(f"{name}: cannot be loaded by datasets: {type(error).__name__}: {detail}") from error
    rows = one_split(name, found, options.get("split"))
    try:
        yield from numbered(rows)
    except Exception as error:  # such as an image that needs another package to be decoded
        detail = " ".join(str(error).split())
        raise UsageError(f"{name}: cannot be read by datasets: {type(error).__name__}: {detail}") from error


def one_split(name: str, found: Any, split: str | None) -> Iterable[object]:
    """Return the requested split, else "test", or the only one. Raises UsageError."""
    if not isinstance(found, dict):
        if split is not None:
            raise UsageError(f"{name}: has no splits; leave out split={split}")
        return found  # type: ignore[no-any-return]
    chosen = split or ("test" if "test" in found else next(iter(found)) if len(found) == 1 else None)
    if chosen not in found:
        raise UsageError(f"{name}: split {chosen!r} is none of {', '.join(islice(found, 20))}; say {name}?split=...")
    return found[chosen]  # type: ignore[no-any-return]
