"""Keep a folder of recordings to one process at a time."""

import os
from pathlib import Path
from threading import Lock

from hintree.errors import UsageError

try:
    import fcntl
except ImportError:  # Windows has none, so that nothing is locked there
    fcntl = None  # type: ignore[assignment]

NAME = ".lock"
"""File in the folder that is locked; it stays, and is empty."""
_locked: dict[tuple[int, Path], int] = {}
_locking = Lock()


def lock_folder(folder: Path) -> None:
    """Lock a folder until this process ends; all threads of the process may use it.

    Raises:
        UsageError: Another process has locked it.
        OSError: It cannot be locked.
    """
    with _locking:
        place = folder.resolve()
        if fcntl is None or (os.getpid(), place) in _locked:
            return
        file = os.open(place / NAME, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # a lock of the process, which its children do not hold
        except OSError as error:
            os.close(file)
            if isinstance(error, BlockingIOError | PermissionError):
                raise UsageError(
                    f"another run records in the folder {folder}: wait for its end, or record in another folder"
                ) from error
            raise
        _locked[os.getpid(), place] = file
