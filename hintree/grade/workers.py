"""The parent's side of the workers: as many as are needed at once, each asked by one thread at a time.

A worker is started with ``python -c``, so it never imports the caller's main module: no ``if __name__ == "__main__"``
is needed. Its deadline here is a socket's, without signals: that works in every thread, in asyncio (there best with
``asyncio.to_thread``) and in Ray's workers. Linux and macOS.
"""

import atexit
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from importlib.util import find_spec
from typing import Any

from hintree.grade.errors import GraderError
from hintree.grade.verdict import Verdict

SECONDS = 10.0
"""Limit on the CPU time of one question, far above what the limits on work allow."""
FIRST = 0.4
"""CPU time after which a question is asked again of a fresh child, which counts steps."""
PATIENCE = 300.0
"""Seconds of wall clock after which a worker that does not answer is taken to hang, and is replaced."""
START = 300.0
"""Seconds in which a worker must have loaded math-verify, which takes about one."""
MOST = min(4, os.cpu_count() or 1)
"""Workers that run at once; more threads than these wait for each other."""
CODE = "import sys; sys.path[:] = {path!r}; from hintree.grade.worker import main; main({seconds}, {first})"


class GradingWorker:
    """A worker process and the channel to it."""

    def __init__(self) -> None:
        self.channel, theirs = socket.socketpair()
        code = CODE.format(path=[os.path.abspath(folder) for folder in sys.path], seconds=SECONDS, first=FIRST)
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-B", "-s", "-c", code],
                env=os.environ | {"PYTHONHASHSEED": "0"},  # sets have the same order in every worker
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C in a terminal is for the parent; a group that can be killed as one
            )
        self.numbers = itertools.count(1)
        self.ready = False

    def ask(self, question: tuple[str, str, str]) -> str:
        """Return "right", "wrong", "ungraded", or "lost". Raises OSError if it is gone or does not answer in time."""
        if not self.ready:
            message = self._receive(time.monotonic() + START)
            if "error" in message:
                raise GraderError(f"the grader cannot load math-verify: {message['error']}")
            self.ready = True
        verdict = self._question(question, fresh=False)
        return self._question(question, fresh=True) if verdict == "slow" else verdict

    def _question(self, question: tuple[str, str, str], *, fresh: bool) -> str:
        """Send one question and return its verdict; a fresh child counts the steps."""
        number, end = next(self.numbers), time.monotonic() + PATIENCE
        self.channel.sendall(json.dumps([number, fresh, *question]).encode() + b"\n")
        while (message := self._receive(end))["number"] != number:
            pass  # a child that was killed while it was idle
        return str(message["verdict"])

    def _receive(self, end: float) -> dict[str, Any]:
        """Return one message; raises OSError if it has not come at ``end``, a time of the monotonic clock."""
        line = b""
        while not line.endswith(b"\n"):
            self.channel.settimeout(max(0.001, end - time.monotonic()))
            part = self.channel.recv(4096)
            if not part:
                raise ConnectionError("the worker is gone")
            line += part
        message: dict[str, Any] = json.loads(line.splitlines()[-1])
        return message

    def close(self) -> None:
        """End the worker and its child, whatever they do."""
        self.channel.close()
        with suppress(ProcessLookupError, PermissionError):  # they may have ended by themselves
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def forget(self) -> None:
        """Leave it to the process that started it; this one is a fork of that."""
        self.channel.close()
        self.process.returncode = 0  # not ours to wait for


class Workers:
    """All workers of this process: those that are idle, and those that are asked."""

    def __init__(self) -> None:
        self._empty()

    def _empty(self) -> None:
        self.idle: list[GradingWorker] = []
        self.all: set[GradingWorker] = set()
        self.slots = threading.Semaphore(MOST)

    def ask(self, kind: str, reference: str, answer: str) -> Verdict:
        """Return a worker's verdict. A worker or a child that is killed or hangs is replaced, once.

        Args:
            kind: "value" or "equation".
            reference: The reference in normal spelling.
            answer: The answer in normal spelling.

        Raises:
            GraderError: math-verify is not installed, no worker can be started, or two in a row are gone.
        """
        if find_spec("math_verify") is None:
            raise GraderError('comparing expressions needs math-verify: pip install "hintree[study]"')
        lost = 0
        with self.slots:
            for _ in range(2):
                with suppress(OSError):
                    verdict = self._ask_one((kind, reference, answer))
                    if verdict != "lost":
                        return Verdict(verdict)
                    lost += 1
        if lost:
            return Verdict.UNGRADED
        raise GraderError("two workers of the grader were killed or did not answer; is the machine out of memory?")

    def _ask_one(self, question: tuple[str, str, str]) -> str:
        """Take a worker, ask it, and put it back; one that was interrupted is in no known state, and is closed."""
        try:
            worker = self.idle.pop()
        except IndexError:
            self.all.add(worker := GradingWorker())
        try:
            verdict = worker.ask(question)
        except BaseException:
            worker.close()
            self.all.discard(worker)
            raise
        self.idle.append(worker)
        return verdict

    def close(self) -> None:
        """End all worker processes and wait for them."""
        for worker in list(self.all):
            worker.close()
        self._empty()

    def forget(self) -> None:
        """Leave the workers to the process that this one was forked from."""
        for worker in self.all:
            worker.forget()
        self._empty()


WORKERS = Workers()
atexit.register(WORKERS.close)
os.register_at_fork(after_in_child=WORKERS.forget)
