"""Write files whole or not at all, so that a full disk or a power loss takes nothing that was there before."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

NO_ROOM = frozenset((errno.ENOSPC, errno.EFBIG, *([errno.EDQUOT] if hasattr(errno, "EDQUOT") else [])))
"""Numbers of the errors of a disk, a quota or a file that is full."""
NO_RIGHT = frozenset((errno.EROFS, errno.EACCES, errno.EPERM))
"""Numbers of the errors of a file or disk that may not be written or read."""
DISK_ERRORS = NO_ROOM | NO_RIGHT | {errno.EIO, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP}
"""Numbers of the errors that users can mend: of disks, rights and paths."""

LEAST_ROOM = 1 << 20
"""Free bytes of a disk below which an error of a library that writes means that it is full."""


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file into a draft beside it, which is synced and then takes its place; text is written as UTF-8.

    A device, a pipe, and a file in a folder that may not be written are written as they are.

    Raises:
        OSError: It cannot be written; a file that was there is as it was.
    """
    data = content if isinstance(content, bytes) else content.encode("utf-8")
    path = path.resolve()
    if (path.exists() and not path.is_file()) or not os.access(path.parent, os.W_OK):
        path.write_bytes(data)
        return
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~current_umask()
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name[:99]}.", suffix=".part", dir=path.parent)
    draft = Path(name)
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
        draft.chmod(mode)
        put_in_place(draft, path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def put_in_place(draft: Path, path: Path) -> None:
    """Sync a complete draft and give it the name of a file in the same folder. Raises OSError."""
    sync(draft)
    draft.replace(path)
    with suppress(OSError):  # not every file system syncs folders
        sync(path.parent)


def sync(path: Path) -> None:
    """Write a file or folder to its disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def full_disk_reported(folder: Path) -> Iterator[None]:
    """Raise OSError in place of the errors that PyTorch and safetensors raise on a full disk."""
    try:
        yield
    except Exception as error:
        if shutil.disk_usage(folder).free >= LEAST_ROOM:
            raise
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder)) from error


def cut_torn_line(path: Path) -> None:
    """Cut off what follows the last line break of a file, so that lines can be appended; a missing file stays away."""
    if path.is_file():
        os.truncate(path, path.read_bytes().rfind(b"\n") + 1)


def current_umask() -> int:
    """Return the permissions that new files of this process lack."""
    umask = os.umask(0o077)
    os.umask(umask)
    return umask


def disk_error_line(error: OSError) -> str:
    """Return an error of ``DISK_ERRORS`` as one line with what to do."""
    remedy = "make room, and give the same command again" if error.errno in NO_ROOM else "give another path"
    return f"{error.filename or 'a file'}: cannot be written or read: {error.strerror}; {remedy}"
