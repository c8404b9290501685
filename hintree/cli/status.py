"""The line on standard error that says what ``hintree solve`` is doing, while nothing else is printed."""

import logging
import sys
import threading
import time
from typing import TYPE_CHECKING, Self, TextIO

if TYPE_CHECKING:
    from hintree.solver.progress import SolveEvent, StepLines

FIRST, EVERY, LONGEST_GAP = 1.0, 1.0, 60.0
"""Seconds until the first line, between two on a terminal, and at most between two elsewhere."""
LOADING = "hintree.solver.roles"
"""Logger that names each model before it is loaded."""


class Status(logging.Handler):
    """Say every second on a terminal, and ever more rarely elsewhere, what is going on; use it in a ``with`` statement.

    Args:
        stream: Where to write; standard error by default.

    Attributes:
        lines: Writes each step as a line as well; None for no steps.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__(logging.INFO)
        self.stream = stream or sys.stderr
        self.doing = "starting"
        self.steps = 0
        self.lines: StepLines | None = None
        self._begun = time.monotonic()
        self._ended = threading.Event()
        self._shown = 0
        self._thread = threading.Thread(target=self._run, name="hintree-status", daemon=True)

    def __enter__(self) -> Self:
        logger = logging.getLogger(LOADING)
        logger.addHandler(self)
        self._level, logger.level = logger.level, logging.INFO
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        logger = logging.getLogger(LOADING)
        logger.removeHandler(self)
        logger.setLevel(self._level)
        self.end()

    def end(self) -> None:
        """Clear the line of a terminal, and write no more."""
        self._ended.set()
        self._thread.join()
        if self._shown and self.stream.isatty():
            self.stream.write("\r\x1b[K")
            self.stream.flush()
        self._shown = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Take the name of a model that is being loaded."""
        from hintree.view.text import one_line

        if record.levelno == logging.INFO:
            self.doing = one_line(record.getMessage())

    def on_event(self, event: "SolveEvent") -> None:
        """Take an event of the search."""
        if self.lines is not None:
            self.lines(event)
        if event.kind == "step":
            self.steps += 1
        elif event.kind == "request":
            self.doing = f"solving: {self.steps} steps written, {event.role} at work"

    def write_line(self, line: str) -> None:
        """Write a line of text above the status."""
        self.stream.write(f"\r\x1b[K{line}\n" if self.stream.isatty() else f"{line}\n")
        self.stream.flush()

    def _run(self) -> None:
        gap = FIRST
        while not self._ended.wait(gap):
            self._show()
            gap = EVERY if self.stream.isatty() else min(2 * gap, LONGEST_GAP)

    def _show(self) -> None:
        """Write the line; a terminal's is replaced."""
        line = f"hintree: {self.doing}, {time.monotonic() - self._begun:.0f} s"
        self._shown += 1
        self.stream.write(f"\r\x1b[K{line}" if self.stream.isatty() else f"{line}\n")
        self.stream.flush()
