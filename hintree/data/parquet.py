"""Rows from Parquet, within limits on what a file declares and on what its rows take when they are decoded."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hintree.bounded_files import MEBIBYTE, MOST_DEPTH
from hintree.data.place import Place, numbered
from hintree.errors import UsageError

EXTRA = 'pip install "hintree[data]"'
MOST_COLUMNS, MOST_GROUPS = 10_000, 100_000
"""Columns and row groups of a file."""
LARGEST_GROUP = 4096 * MEBIBYTE
"""Bytes of a row group, uncompressed, as the file declares them."""
BATCH, LARGEST_BATCH = 100, 512 * MEBIBYTE
"""Rows that are decoded at a time, and bytes that they may take; a few bytes of a file can repeat a long text."""
LONGEST_TEXT, LONGEST_LIST = 64 * MEBIBYTE, 1_000_000
"""Bytes of a text, and entries of a list, in the description at the file's end."""


def read_parquet(path: Path) -> Iterator[Place]:
    """Yield the rows of a file, in batches.

    Raises:
        OSError: The file cannot be read.
        UsageError: It is not Parquet, is beyond a limit, or pyarrow is not installed.
    """
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise UsageError(f"{path}: Parquet needs pyarrow: {EXTRA}") from error
    limits = {"thrift_string_size_limit": LONGEST_TEXT, "thrift_container_size_limit": LONGEST_LIST}
    try:
        with ParquetFile(path, **limits) as file:
            check_extent(path, file.metadata)
            yield from numbered(row for batch in file.iter_batches(BATCH) for row in checked_rows(path, batch))
    except UsageError:
        raise
    except (ArrowException, ValueError, OverflowError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:  # of the disk, not of pyarrow
            raise
        raise UsageError(f"{path}: cannot be read as Parquet: {' '.join(str(error).split())}") from error


def check_extent(path: Path, metadata: Any) -> None:
    """Raise UsageError if a file declares more columns, levels, row groups or bytes than are read."""
    schema, groups = metadata.schema, metadata.num_row_groups
    limits = [("columns", metadata.num_columns, MOST_COLUMNS), ("row groups", groups, MOST_GROUPS)]
    if metadata.num_columns <= MOST_COLUMNS and groups <= MOST_GROUPS:
        levels = max((schema.column(i).max_definition_level for i in range(metadata.num_columns)), default=0)
        size = max((metadata.row_group(i).total_byte_size for i in range(groups)), default=0)
        limits += [("levels inside one another", levels, MOST_DEPTH), ("bytes in a row group", size, LARGEST_GROUP)]
    for what, found, most in limits:
        if not 0 <= found <= most:
            raise UsageError(f"{path}: holds {found:,} {what}, and at most {most:,} are read; write it as JSON lines")


def checked_rows(path: Path, batch: Any) -> list[Any]:
    """Return the rows of a batch. Raises UsageError if they take too many bytes."""
    if batch.nbytes > LARGEST_BATCH:
        raise UsageError(f"{path}: {len(batch)} rows of it take {batch.nbytes:,} bytes, more than {LARGEST_BATCH:,}")
    return list(batch.to_pylist())
