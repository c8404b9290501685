"""Step rule: where a generated step ends."""

import re
from dataclasses import dataclass
from typing import Literal, get_args

from hintree.errors import UsageError

Ends = Literal["text", "pattern", "sentence", "line", "tokens"]
SENTENCE = (
    r"(?:(?<!\A\d)(?<!\A\d\d)(?<!\n\d)(?<!\n\d\d)[.!?][\"')\]*]{0,3}(?=\s)"
    r"|[\u3002\uff01\uff1f\u0964\u061f])"
)
"""Matches the end of a sentence; a full stop counts only before a blank (3.50 has none), and not in "2." of a list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRule:
    r"""Where a step ends.

    Attributes:
        by: "text" (one of ``ends``), "pattern" (a match of ``pattern``, which belongs to the step), "sentence", "line"
            (a line break), or "tokens" (after ``max_tokens``).
        ends: Stop texts; none of them is part of a step.
        pattern: Regular expression of Python.
        joint: Text between two steps; None for the first of ``ends``, or for the line break. Steps that end
            otherwise have none: the blanks between two belong to the second.
        min_tokens: Ends that appear before this many tokens are ignored, at least 0.
        max_tokens: A step is cut here, and the next one continues it, at least 1.
    """

    by: Ends = "text"
    ends: tuple[str, ...] = ("\n\n",)
    pattern: str = ""
    joint: str | None = None
    min_tokens: int = 0
    max_tokens: int = 512

    def __post_init__(self) -> None:
        if self.by not in get_args(Ends):
            raise UsageError(f"step by={self.by!r} is not one of {', '.join(get_args(Ends))}")
        if self.by == "text" and not all(self.ends):
            raise UsageError("step ends: a stop text is empty; give at least one character")
        if (self.by == "pattern") != bool(self.pattern):
            raise UsageError("step pattern goes with by: pattern, and only with it")
        try:
            re.compile(self.pattern)
        except re.error as error:
            raise UsageError(f"step pattern {self.pattern!r} is no regular expression: {error}") from error
        if not (0 <= self.min_tokens <= self.max_tokens and self.max_tokens >= 1):
            raise UsageError(f"step min_tokens={self.min_tokens} is not from 0 to max_tokens={self.max_tokens}")

    @property
    def stops(self) -> tuple[str, ...]:
        """Return the stop texts of a step."""
        return {"text": self.ends, "line": ("\n",)}.get(self.by, ())

    @property
    def stop_pattern(self) -> str:
        """Return the regular expression whose match ends a step; "" for none."""
        return {"pattern": self.pattern, "sentence": SENTENCE}.get(self.by, "")

    @property
    def between(self) -> str:
        """Return the text between two steps; "" where the blanks between them belong to the next step."""
        if self.joint is not None:
            return self.joint
        return {"line": "\n", "text": (*self.ends, "")[0]}.get(self.by, "")

    @property
    def trims(self) -> bool:
        """Tell whether blanks around a step are no part of it."""
        return self.by in ("text", "line")
