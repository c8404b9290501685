"""A process that runs one tokenizer and is ended when a text takes too long."""

import json
import os
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
"""Requests that may exceed their limits before every later one has a tenth of the CPU time: slow texts cost little."""
MOST_ANSWER = 1 << 26
"""Characters of an answer."""
ADVICE = "change the text, or use a model from a source that you trust"
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
        self._exceeded = self._number = 0
        self._lock, self._owner = Lock(), os.getpid()

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to a request of ``tokenizer_process``.

        Raises:
            CheckpointError: The tokenizer fails, or exceeds its limits; the process is ended then.
        """
        if self._owner != os.getpid():
            self._leave_to_parent()
        with self._lock:
            self._number += 1
            share = 1.0 if self._exceeded < TRIES else 0.1
            line = json.dumps(request | {"number": self._number, "share": share}) + "\n"
            found = self._exchange(line) or self._exchange(line)  # a process that was ended from outside gets another
            if not found:
                self._exceeded += 1
                raise CheckpointError(
                    f"the tokenizer ends the process that runs it at a text, or lacks memory; {ADVICE}"
                )
            answer: dict[str, Any] = json.loads(found)
            if answer.get("number") != self._number:
                self.close()
                raise CheckpointError("the tokenizer's process answered another request; try again")
        if "error" in answer:
            raise failure(answer["error"])
        return answer

    def _exchange(self, line: str) -> str:
        """Write a line to the process and return its answer; "" if it ends instead.

        Raises:
            CheckpointError: It has exceeded its time.
        """
        found, late = "", list[bool]()
        try:
            first = "" if self._process else json.dumps(self._description) + "\n"
            process = self._process or self._start()
            timer = Timer(TIMEOUT, end_late, (process, late))
            timer.start()
            try:
                found = answer_of(process, first + line)
            finally:
                timer.cancel()
        finally:
            if not found:  # after an interruption too: a late answer must not be taken for that of the next request
                self.close()
        if found:
            return found
        if late or process.returncode == OUT_OF_TIME:
            self._exceeded += 1
            raise CheckpointError(f"the tokenizer takes too long at a text; {ADVICE}")
        return ""

    def _start(self) -> "subprocess.Popen[str]":
        """Start the process, which waits for the tokenizer's description. Raises CheckpointError."""
        command = [sys.executable, "-I", str(PROGRAM)]
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
        except OSError as error:  # no open file or memory is left
            raise CheckpointError(f"no process can be started for the tokenizer: {error}") from error
        self._process, self._end = process, finalize(self, end, process)
        return process

    def _leave_to_parent(self) -> None:
        """After a fork, leave the process to the parent, so that two do not read from one pipe."""
        if self._process is not None:
            self._process = None
            self._end.detach()
        self._lock, self._owner = Lock(), os.getpid()

    def close(self) -> None:
        """End the process; the next request starts another."""
        if self._process is not None:
            self._process = None
            self._end()


def failure(reason: object) -> CheckpointError:
    """Return the error for a text at which the library fails, with its reason as one line."""
    return CheckpointError(f"the tokenizer fails at a text: {' '.join(str(reason).split())[:200]}; {ADVICE}")


def end_late(process: "subprocess.Popen[str]", late: list[bool]) -> None:
    """End a process that has not answered in time, and note that."""
    late.append(True)
    process.kill()


def answer_of(process: "subprocess.Popen[str]", line: str) -> str:
    """Write a line to a process and return the line that it answers; "" if it ends before, or the line is too long."""
    assert process.stdin and process.stdout
    try:
        process.stdin.write(line)
        process.stdin.flush()
        found = process.stdout.readline(MOST_ANSWER)
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
