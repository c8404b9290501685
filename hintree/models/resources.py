"""Processors and memory that this process may use, and the limits that a user sets. Imports neither torch nor models.

A container sees all processors and all memory of its machine; what it may use is in its control group (cgroup), of
version 1 or 2. Limits of parent groups hold too.
"""

import math
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Protocol
from weakref import WeakSet

from hintree.errors import UsageError

THREADS = "HINTREE_THREADS"
"""Environment variable: threads of a local model's forward passes."""
CACHE_BYTES = "HINTREE_CACHE_BYTES"
"""Environment variable: bytes that all caches of a process may hold together."""
SPIN_COUNT, WAIT_POLICY = "GOMP_SPINCOUNT", "OMP_WAIT_POLICY"
"""Environment variables of GNU's OpenMP, read when it is loaded: how a thread waits for the others."""
SPINS = "10000"
"""Tries of a waiting thread before it sleeps, 30 times fewer than by default."""
MOST_CACHED = 2**32
"""Largest budget of the caches in bytes, unless the user sets one."""
UNKNOWN_MEMORY = 2**29
"""Budget of the caches in bytes where the available memory is unknown."""
VERDICTS = 2**23
"""Bytes of the budget that are left to the grader's cache of verdicts."""
MOST_THREADS = 512
"""Maximum number of threads; llama.cpp accepts no more."""
UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30}
"""Factors of sizes in bytes, by suffix; GB and GiB are the same as G."""
SIZE = re.compile(r"([0-9]{1,18})([KMG]?)(?:(?<=[KMG])I?B)?", re.IGNORECASE)
UNLIMITED = 2**60
"""Memory limits from here on stand for none; version 1 writes the largest multiple of a page."""


def available_cpus(root: Path = Path("/")) -> int:
    """Return how many processors this process may use: its affinity, and the CPU quota of its cgroup rounded up.

    Args:
        root: Root of the file system, for tests.
    """
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    for folder in cgroup_folders(root, "cpu"):
        first = read_numbers(folder / "cpu.max")
        second = read_numbers(folder / "cpu.cfs_quota_us") + read_numbers(folder / "cpu.cfs_period_us")
        quota, period = next((pair for pair in (first, second) if len(pair) == 2), (0, 0))
        if quota > 0 and period > 0:
            usable = min(usable, math.ceil(quota / period))
    return max(1, usable)


def available_memory(root: Path = Path("/")) -> int:
    """Return the memory that this process may use, in bytes: the machine's, or the limit of its cgroup; 0 if unknown.

    Args:
        root: Root of the file system, for tests.
    """
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        return 0
    for folder in cgroup_folders(root, "memory"):
        for name in ("memory.max", "memory.limit_in_bytes"):
            limits = [limit for limit in read_numbers(folder / name) if 0 < limit < UNLIMITED]
            memory = min([memory, *limits])
    return memory


def cgroup_folders(root: Path, controller: str) -> list[Path]:
    """Return the folders of this process's control group and its parents, for a controller of version 1 and for 2."""
    mounted = root / "sys/fs/cgroup"
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except (OSError, UnicodeDecodeError):
        lines = []
    folders = [mounted, mounted / controller]  # inside a container, its own group is often mounted as the root
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers and controller not in controllers.split(","):
            continue
        top = mounted / controller if controllers else mounted
        own = top / path.strip("/")
        folders += [folder for folder in (own, *own.parents) if folder.is_relative_to(top)]
    return list(dict.fromkeys(folders))


def read_numbers(path: Path) -> tuple[int, ...]:
    """Return the whole numbers in a file of one line; () if it is missing or holds anything else, such as "max"."""
    try:
        return tuple(map(int, path.read_text().split()))
    except (OSError, ValueError):
        return ()


def given_threads() -> int | None:
    """Return the number of threads that the user sets; None without one. Raises UsageError if it is not accepted."""
    text = os.environ.get(THREADS)
    return None if text is None else parse_threads(text)


def given_cache_bytes() -> int | None:
    """Return the cache size that the user sets, in bytes; None without one. Raises UsageError if it is not accepted."""
    text = os.environ.get(CACHE_BYTES)
    return None if text is None else parse_bytes(text)


class BudgetedCache(Protocol):
    """Interface of a cache that takes its part of the budget of all caches."""

    @property
    def in_use(self) -> bool:
        """Tell whether it holds anything."""


_caches: WeakSet[BudgetedCache] = WeakSet()
_caches_lock = Lock()


def cache_budget() -> int:
    """Return the bytes that all caches of this process may hold together.

    That is the user's number, else a tenth of the available memory, at most ``MOST_CACHED``. Raises UsageError.
    """
    return given_cache_bytes() or min(available_memory() // 10, MOST_CACHED) or UNKNOWN_MEMORY


def join_budget(cache: BudgetedCache) -> None:
    """Count a cache among those that share the budget, as long as it exists."""
    with _caches_lock:
        _caches.add(cache)


def share_of_budget(cache: BudgetedCache, budget: int) -> int:
    """Return the bytes that a cache may hold: an equal part for every cache of a model that holds anything.

    A cache that holds more, since another one was empty until now, is cut down when its model is called next.
    """
    with _caches_lock:
        others = sum(other is not cache and other.in_use for other in _caches)
    return max(1, (budget - min(VERDICTS, budget // 8)) // (1 + others))


def parse_threads(text: str | int) -> int:
    """Return a number of threads. Raises UsageError unless it is a whole number from 1 to ``MOST_THREADS``."""
    if not re.fullmatch(r"[0-9]{1,9}", str(text)) or not 1 <= int(text) <= MOST_THREADS:
        raise UsageError(f"threads {str(text)[:40]!r} is not a whole number from 1 to {MOST_THREADS}")
    return int(text)


def parse_bytes(text: str | int) -> int:
    """Return a size in bytes: a whole number, or one with K, M or G, such as 512M or 2GB. Raises UsageError."""
    found = SIZE.fullmatch(str(text))
    if found is None or int(found[1]) < 1:
        raise UsageError(f"cache size {str(text)[:40]!r} is not a number of bytes of at least 1, such as 512M or 2G")
    return int(found[1]) * UNITS[found[2].upper()]


@contextmanager
def limits_in_environment(threads: str | int | None, cache_bytes: str | int | None) -> Iterator[None]:
    """Set the environment variables of the given limits, which worker processes inherit, for the models loaded inside.

    Raises:
        UsageError: A limit is not accepted.
    """
    given = {
        THREADS: None if threads is None else parse_threads(threads),
        CACHE_BYTES: None if cache_bytes is None else parse_bytes(cache_bytes),
    }
    before = {name: os.environ.get(name) for name, value in given.items() if value is not None}
    os.environ.update({name: str(value) for name, value in given.items() if value is not None})
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            os.environ.update({} if value is None else {name: value})


@contextmanager
def brief_spins() -> Iterator[None]:
    """Let the threads of the PyTorch that is imported inside sleep soon where they wait for one another.

    A waiting thread spins by default, and on a busy processor keeps the one that it waits for from running: a forward
    pass has hundreds of such places (docs/runtime.md). The user's own settings stand.
    """
    if SPIN_COUNT in os.environ or WAIT_POLICY in os.environ:
        yield
        return
    os.environ[SPIN_COUNT] = SPINS
    try:
        yield
    finally:
        os.environ.pop(SPIN_COUNT, None)
