"""Read the intact rows of a damaged store."""

import sqlite3
import zlib
from collections.abc import Iterator

from hintree.errors import UsageError
from hintree.experiments.study.store import Store
from hintree.experiments.study.store_rows import COLUMNS, Result, as_result, checksum_of, unpack_tree
from hintree.experiments.study.verdicts import StoredVerdict


def good_rows(store: Store) -> Iterator[tuple[Result, bytes | None]]:
    """Yield all intact results (readable, checksum matches) with their packed trees.

    A result with a damaged tree is skipped.
    """
    for rowid in range(1, last_row(store) + 1):
        try:
            row = store._connection.execute(f"SELECT {COLUMNS}, checksum FROM results WHERE rowid=?", (rowid,))
            *values, checksum = row.fetchone() or (None,)
            if checksum is not None and checksum_of(values) == checksum:
                result = as_result(values, store._names)
                tree = store.packed_tree(result.arm, result.problem, result.seed)
                if tree is None or unpack_tree(tree):
                    yield result, tree
        except (sqlite3.Error, UsageError, ValueError, zlib.error, KeyError, TypeError):
            continue


def good_verdicts(store: Store) -> list[StoredVerdict]:
    """Return the verdicts of a store; none if they cannot be read, since answers can be graded again."""
    try:
        return list(store.verdicts().values())
    except UsageError:
        return []


def last_row(store: Store) -> int:
    """Return an upper bound of the row numbers of results."""
    try:
        return int(store._connection.execute("SELECT coalesce(max(rowid), 0) FROM results").fetchone()[0])
    except sqlite3.Error:
        return 4 * len(store._names) * len(store.problems()) * len(store.study["seeds"])
