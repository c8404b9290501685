"""Open hostile files by the command line, each in a process of its own, and measure what it costs.

    python -m tests.support.hostile_run [--count N] [--seed SEED] [--kind KIND]

The processes are forks of one that has loaded all that a command loads, so a file costs no start-up. What is opened
outside is seen by the kernel's inotify. Linux only.
"""

import argparse
import ctypes
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Self

from tests.support.hostile_files import OUTSIDE, HostileFile, hostile_files, makers

GUARD = 90
"""Seconds of CPU time and of wall-clock time after which a process is taken to hang."""
CPU_SECONDS, MEGABYTES = 5, 300
"""CPU seconds, and MB beyond the start, that a file may cost."""
ROOM = 3 << 30
"""Bytes of address space beyond those after the start; a guard for the machine."""
IN_ACCESS, IN_OPEN = 1, 0x20


class HostileOutcome(NamedTuple):
    """Outcome of opening one file.

    code: Exit code; negative for a signal.
    errors: Lines of standard error.
    seconds: Wall-clock time.
    cpu: CPU seconds, of its child processes too.
    megabytes: Peak memory beyond the start.
    opened: 1 if a file outside was opened.
    """

    file: HostileFile
    code: int
    errors: list[str]
    seconds: float
    cpu: float
    megabytes: int
    opened: int

    def complaint(self) -> str:
        """Return what is wrong with it, "" if it is one line of error."""
        if self.code != 2:
            return f"exit code {self.code}"
        if not is_one_error(self.errors):
            return f"{len(self.errors)} lines of error"
        return "opened a file outside" if self.opened else ""


def is_one_error(lines: Sequence[str]) -> bool:
    """Return True for one line of error, beside warnings and notes on what a slow command is at."""
    errors = [line for line in lines if line.startswith("hintree: error: ")]
    return len(errors) == 1 and all(line.startswith("hintree: ") for line in lines)


def warm_up() -> None:
    """Load what commands load."""
    from hintree.cli import main

    with tempfile.TemporaryDirectory() as folder:
        question = "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"
        quietly(["solve", question, "--preset", "greedy", "--tree", f"{folder}/tree.json"])
        quietly(["view", f"{folder}/tree.json", "--to", f"{folder}/tree.html"])
    import hintree.experiments.report.write
    import hintree.experiments.study.run
    import hintree.scorers

    hintree.scorers.load_prm("embedded:prm")
    assert main


def quietly(command: list[str]) -> int:
    """Run a command without output."""
    from contextlib import redirect_stderr, redirect_stdout
    from io import StringIO

    from hintree.cli import main

    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        return main(command)


class Watch:
    """Tell whether files of a folder are opened, by any library, while a ``with`` block runs.

    Attributes:
        opened: True if one was, once the block is left.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.opened = folder, False
        self._libc = ctypes.CDLL(None, use_errno=True)

    def __enter__(self) -> Self:
        self._events = self._libc.inotify_init1(os.O_NONBLOCK)
        self._libc.inotify_add_watch(self._events, str(self.folder).encode(), IN_ACCESS | IN_OPEN)
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(BlockingIOError):  # no event
            self.opened = bool(os.read(self._events, 1 << 16))
        os.close(self._events)


def open_all(files: Iterable[HostileFile], outside: Path) -> Iterator[HostileOutcome]:
    """Open files, one after the other."""
    for file in files:
        with Watch(outside) as watch:
            outcome = open_one(file)
        yield outcome._replace(opened=int(watch.opened))


def open_one(file: HostileFile) -> HostileOutcome:
    """Open a file in a fork of this process."""
    with tempfile.TemporaryFile() as errors, tempfile.TemporaryFile() as figures:
        start = time.monotonic()
        pid = os.fork()
        if not pid:
            child(file.command, errors.fileno(), figures.fileno())
        code, cpu = wait(pid)
        seconds = time.monotonic() - start
        errors.seek(0)
        figures.seek(0)
        lines = errors.read().decode("utf-8", "replace").splitlines()
        return HostileOutcome(file, code, lines, seconds, cpu, int(figures.read() or b"0"), 0)


def wait(pid: int) -> tuple[int, float]:
    """Return the exit code and the CPU seconds of a process, which is killed if it hangs."""
    end = time.monotonic() + GUARD
    while time.monotonic() < end:
        done, status, used = os.wait4(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime
        time.sleep(0.01)
    os.kill(pid, 9)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), GUARD


def child(command: list[str], errors: int, figures: int) -> None:
    """Run a command, write its peak memory, and end this process."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream, target in ((0, null), (1, null), (2, errors)):
        os.dup2(target, stream)
    sys.stdout, sys.stderr = os.fdopen(1, "w", closefd=False), os.fdopen(2, "w", buffering=1, closefd=False)
    start = memory("VmRSS")
    size = (memory("VmSize") << 10) + ROOM
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_CPU, (GUARD, GUARD))
    code = 1
    try:
        from hintree.cli import main

        code = main(command)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os.write(figures, str(max(0, memory("VmHWM") - start) >> 10).encode())
        os._exit(code)


def memory(name: str) -> int:
    """Return a figure of this process's memory in KiB, by its name in /proc."""
    text = Path("/proc/self/status").read_text()
    return int(text.partition(f"{name}:")[2].split()[0])


def main() -> int:
    """Open hostile files and print what they did; return 1 if one was not refused in one line and within limits."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kind", default="", help="only shapes whose kind and name hold this text")
    args = parser.parse_args()
    warm_up()
    with tempfile.TemporaryDirectory() as folder:
        shapes = [pair for pair in sorted(makers()) if args.kind in " ".join(pair)]
        files = hostile_files(Path(folder), args.seed, args.count, shapes)
        outcomes = []
        for outcome in open_all(files, Path(folder) / OUTSIDE):
            outcomes.append(outcome)
            name, said = f"{outcome.file.kind}, {outcome.file.shape}", outcome.complaint() or "refused"
            cost = f"{outcome.seconds:.2f} s, CPU {outcome.cpu:.2f} s, {outcome.megabytes} MB"
            print(f"{name}: {said}, {cost}", flush=True)
            if said != "refused":
                print("    " + "\n    ".join(outcome.errors[-6:]))
        bad, opened = sum(bool(one.complaint()) for one in outcomes), sum(one.opened for one in outcomes)
        seconds, cpu = max(one.seconds for one in outcomes), max(one.cpu for one in outcomes)
        most = max(one.megabytes for one in outcomes)
        print(f"{len(outcomes)} files, {bad} not refused in one line, {opened} opened a file outside")
        print(f"at most {seconds:.1f} s, {cpu:.1f} s of CPU time, {most} MB beyond the start")
        return int(bool(bad or opened) or cpu > CPU_SECONDS or most > MEGABYTES)


if __name__ == "__main__":
    sys.exit(main())
