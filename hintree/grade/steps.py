"""Counting the steps of algebra: calls of Python functions, whose number does not depend on the load of the machine."""

import sys
from types import FrameType

MOST = 1_500_000
"""Calls in one comparison: about a second on an idle core."""


class Stopped(BaseException):
    """A limit on work is reached. No handler of Exception in a library takes it for its own."""


class Steps:
    """A counter of function calls of this thread, which raises Stopped after the last that is allowed."""

    def __init__(self, most: int = MOST) -> None:
        self.left = most

    def start(self) -> None:
        """Start counting the calls of this thread."""
        sys.settrace(self._called)

    def _called(self, frame: FrameType, event: str, argument: object) -> None:
        self.left -= 1
        if self.left < 0:
            raise Stopped


def stop() -> None:
    """Stop counting calls and return to full speed."""
    sys.settrace(None)
