"""A process that runs one tokenizer and is ended when a text takes too long."""

import json
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import Lock, Timer
from typing import Any
from weakref import finalize

from hintree.errors import CheckpointError

TIMEOUT = 60.0
"""Maximum seconds of wall-clock time for a request, beside the limit of CPU time in ``tokenizer_process``."""
TRIES = 2
"""Requests that may exceed their CPU time before longer ones than half of the shortest are refused."""
PROGRAM = Path(__file__).with_name("tokenizer_process.py")
OUT_OF_TIME = -int(getattr(signal, "SIGPROF", 999))
"""Exit code of a process that has exceeded its CPU time, where the system limits it."""


class TokenizerProcess:
    """A process that runs one tokenizer; it is started by the first request, and again after it was ended.

    Args:
        description: The tokenizer as the JSON text of the library ``tokenizers``.
    """

    def __init__(self, description: str) -> None:
        self._description = description
        self._process: subprocess.Popen[str] | None = None
        self._exceeded: list[int] = []
        self._lock = Lock()

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to a request of ``tokenizer_process``.

        Raises:
            CheckpointError: The tokenizer fails, or exceeds its limits; the process is ended then.
        """
        line = json.dumps(request) + "\n"
        with self._lock:
            if len(self._exceeded) >= TRIES and len(line) > min(self._exceeded) / 2:
                raise CheckpointError("the tokenizer has exceeded its CPU time at texts no longer than this one")
            found = self._exchange(line) or self._exchange(line)  # a process that was ended from outside gets another
        if not found:
            raise CheckpointError("the tokenizer ends the process that runs it at a text, or lacks memory")
        answer: dict[str, Any] = json.loads(found)
        if "error" in answer:
            raise CheckpointError(f"the tokenizer fails at a text: {' '.join(answer['error'].split())[:200]}")
        return answer

    def _exchange(self, line: str) -> str:
        """Write a line to the process and return its answer; "" if it ends instead.

        Raises:
            CheckpointError: It has exceeded its time.
        """
        process, found = self._process or self._start(), ""
        timer = Timer(TIMEOUT, process.kill)
        timer.start()
        try:
            found = answer_of(process, line)
        finally:
            late = timer.finished.is_set()
            timer.cancel()
            if not found:  # after an interruption too: a late answer must not be taken for that of the next request
                self.close()
        if found:
            return found
        if process.returncode == OUT_OF_TIME:
            self._exceeded.append(len(line))
        if late or process.returncode == OUT_OF_TIME:
            raise CheckpointError("the tokenizer takes too long at a text; use a model from a source that you trust")
        return ""

    def _start(self) -> "subprocess.Popen[str]":
        command = [sys.executable, "-I", str(PROGRAM)]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self._process, self._end = process, finalize(self, end, process)
        answer_of(process, json.dumps(self._description) + "\n")
        return process

    def close(self) -> None:
        """End the process; the next request starts another."""
        if self._process is not None:
            self._process = None
            self._end()


def answer_of(process: "subprocess.Popen[str]", line: str) -> str:
    """Write a line to a process and return the line that it answers; "" if it ends before."""
    assert process.stdin and process.stdout
    try:
        process.stdin.write(line)
        process.stdin.flush()
        found = process.stdout.readline()
    except OSError:
        return ""
    return found if found.endswith("\n") else ""


def end(process: "subprocess.Popen[str]") -> None:
    """End a process, unless it has ended by itself, and close its streams."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(0.05 if process.poll() is None else None)
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        with suppress(OSError):  # what was not written is lost with the process
            if stream:
                stream.close()
