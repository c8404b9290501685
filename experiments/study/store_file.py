"""Connections to a store's file, and SQLite's errors as UsageErrors with a remedy."""

import os
import re
import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hintree.errors import DamagedStoreError, UsageError
from hintree.experiments.study.store_wal import is_cut_off

SCHEMA = 2
"""Version of the tables; a store of a newer version is refused."""
OLDEST = 1
"""Oldest version of the tables that is read; it lacks ``store_study.LATER_TABLES``."""
COMPUTED = re.compile(r"\b(VIRTUAL|GENERATED|AS|CHECK|DEFAULT)\b", re.IGNORECASE)
"""Words of a definition that compute something."""
LONGEST_VALUE = 1 << 27
"""Bytes of a value."""
LOCK_TIMEOUT = 120
"""Seconds to wait for other writers of the same store."""
ADVICE = {
    "SQLITE_FULL": "the disk is full; what was acknowledged is kept: make room, then --resume",
    "SQLITE_READONLY": "cannot be written; check its rights, or give another --out",
    "SQLITE_CANTOPEN": "cannot be opened; check its rights, or give another --out",
    "SQLITE_BUSY": f"another process has kept it locked for {LOCK_TIMEOUT} s; stop that one, then --resume",
    "SQLITE_IOERR": "the disk is full or fails; what was acknowledged is kept: make room, or use a sound disk, then "
    "--resume",
}
"""What to do, by the beginning of SQLite's name of an error; any other error means a damaged file."""


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """Open a connection that begins no transaction implicitly, waits for other writers, and syncs commits.

    Raises:
        UsageError: The file is a link to one in another folder.
    """
    if path.resolve().parent != path.parent.resolve():
        raise UsageError(f"{path}: is a link to another folder; name the folder of the study itself")
    fixed = mode == "ro" and not os.access(path.absolute().parent, os.W_OK)  # WAL needs files beside it, else
    uri = f"{path.absolute().as_uri()}?mode={mode}{'&immutable=1' if fixed else ''}"
    connection = sqlite3.connect(uri, uri=True, timeout=LOCK_TIMEOUT, isolation_level=None)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE)
    connection.execute("PRAGMA trusted_schema=OFF")
    if mode == "rw":
        if is_cut_off(path):
            warnings.warn(f"{path}: its last write was cut off; what it lacks is computed again", stacklevel=2)
        connection.execute("PRAGMA synchronous=FULL")
    return connection


def check_version(path: Path, connection: sqlite3.Connection) -> None:
    """Raise UsageError if the tables are of another schema version."""
    ((version,),) = connection.execute("PRAGMA user_version")
    if version > SCHEMA:
        raise UsageError(f"{path} was written by a newer hintree (schema {version}, this one reads {SCHEMA}): update")
    if version < OLDEST:
        raise UsageError(
            f"{path} is of schema {version}, and this hintree reads {SCHEMA}: it is no study, was cut off while it was "
            "made, or is from an older hintree; give another --out"
        )


def check_tables(path: Path, connection: sqlite3.Connection) -> None:
    """Raise UsageError if the file defines more than plain tables, since views and triggers are programs."""
    for kind, name, sql in connection.execute("SELECT type, name, sql FROM sqlite_master"):
        if kind not in ("table", "index") or (kind == "index" and sql is not None) or COMPUTED.search(str(sql)):
            raise UsageError(f"{path}: {kind} {str(name)[:40]!r} is not of a study, so nothing of the file is read")


def check_pages(path: Path, connection: sqlite3.Connection) -> None:
    """Raise UsageError if SQLite's quick check finds damaged pages or an index that does not match its table."""
    ((found,),) = connection.execute("PRAGMA integrity_check(1)")
    if found != "ok":
        raise damaged(path, found)


def damaged(path: Path, what: str) -> DamagedStoreError:
    """Return the error for a damaged store, with the command that saves the intact rows."""
    what = " ".join(what.split())
    return DamagedStoreError(
        f"{path} is damaged ({what}): save its good rows with `hintree merge {path.parent} --out NEW`, then compute "
        "the others with `hintree run STUDY --out NEW --resume`"
    )


def of_another_study(path: Path, where: str) -> UsageError:
    """Return the error for a store that a study cannot continue."""
    return UsageError(f"{path} is of another study ({where}): give another --out, or the study that made it")


@contextmanager
def reported(path: Path) -> Iterator[None]:
    """Convert SQLite's errors, and those of values that cannot be read, to UsageErrors with a remedy."""
    try:
        yield
    except UsageError:
        raise
    except (sqlite3.Error, ValueError) as error:
        name = getattr(error, "sqlite_errorname", "")
        found = next((advice for start, advice in ADVICE.items() if name.startswith(start)), None)
        raise UsageError(f"{path}: {found} ({error})") if found else damaged(path, str(error)) from error


def has_table(connection: sqlite3.Connection, name: str) -> bool:
    """Tell whether a store has a table of this name; stores of earlier versions lack some."""
    query = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?"
    return bool(connection.execute(query, (name,)).fetchone()[0])
