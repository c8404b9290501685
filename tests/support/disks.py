"""Small disks for tests of full and read-only ones: a file system in memory, which only root may mount."""

import subprocess
from contextlib import contextmanager


@contextmanager
def small_disk(folder, size):
    """Mount a disk of some bytes in a new folder; yields False for a plain folder where that is not allowed."""
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True)
    try:
        yield done.returncode == 0
    finally:
        if done.returncode == 0:
            subprocess.run(["umount", "-l", folder], check=True)


def fill(file):
    """Write a file until its disk is full."""
    with file.open("wb", buffering=0) as out:
        try:
            while out.write(bytes(4096)):
                pass
        except OSError:
            return
