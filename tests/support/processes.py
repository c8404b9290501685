"""Processes of this machine as /proc shows them: who descends from whom, and whether one still runs."""

import time
from pathlib import Path


def running():
    """Return the parent and the command line of every process by its id; zombies are left out."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state != "Z":
            found[int(entry.name)] = int(parent), command
    return found


def descendants(parent, name=""):
    """Return the processes below one whose command line holds ``name``, in order of their ids."""
    found = running()

    def descends(pid):
        while pid in found and pid != parent:
            pid = found[pid][0]
        return pid == parent

    return sorted(pid for pid, (_, command) in found.items() if pid != parent and name in command and descends(pid))


def wait_for(condition, seconds=120):
    """Return the first true value of a condition, which is polled; fails after ``seconds``."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.02)
    return value
