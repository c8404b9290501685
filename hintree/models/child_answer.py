"""The answer of a process that opens a stranger's file before this one does."""

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any


def answer_of(arguments: Sequence[str], timeout: float) -> dict[str, Any] | None:
    """Return the JSON object that an isolated interpreter prints; None if it ends otherwise or takes too long.

    Args:
        arguments: Arguments of the interpreter: a program, and the file that it opens.
        timeout: Maximum seconds of wall-clock time.
    """
    command = [sys.executable, "-I", *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=timeout)
        answer: dict[str, Any] | None = json.loads(done.stdout) if done.returncode == 0 else None
    except (subprocess.TimeoutExpired, ValueError):
        return None
    return answer
