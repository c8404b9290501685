"""The page of ``hintree solve --page``: written again and again while the search runs, and once more at its end."""

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Self

from hintree.search import Handler, Tree, choose, from_dict, to_dict
from hintree.search.core.events import events_to_list
from hintree.solver.progress import before_batches
from hintree.view import page
from hintree.view.shown_tree import ShownTree
from hintree.view.story import Story
from hintree.whole_files import write_whole

EVERY = 2
"""Seconds between two pages, and between two readings by the browser."""
SHARE = 10
"""A page that took long is followed by the next after so many times as long."""


class LivePage:
    """Page of one growing tree; use it in a ``with`` statement around the search, with the handlers of ``wrap``.

    Args:
        path: File of the page.
        method: What the story strip says of the method, such as the preset.

        opened: Called with the path once the first page is there.

    Attributes:
        tree: The tree; None until a model is asked.
    """

    def __init__(self, path: Path, method: Mapping[str, str], opened: Callable[[Path], object] | None = None) -> None:
        self.path = path
        self.method = method
        self.opened = opened
        self.tree: Tree | None = None
        self._due = 0.0
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and self.tree is not None:
            self._write(self.tree, "failed: the search was interrupted", live=0)

    def wrap(self, handlers: Mapping[str, Handler]) -> dict[str, Handler]:
        """Return handlers that bring the page up to date before each batch."""
        return {role: before_batches(handler, self.show) for role, handler in handlers.items()}

    def show(self, tree: Tree, _role: str = "") -> None:
        """Write the page if one is due; a thread that finds another one writing goes on."""
        self.tree = tree
        if time.monotonic() >= self._due and self._lock.acquire(blocking=False):
            begun = time.monotonic()
            try:
                self._write(tree, "running", live=EVERY)
            finally:
                ended = time.monotonic()
                self._due = ended + max(EVERY, SHARE * (ended - begun))
                self._lock.release()

    def _write(self, tree: Tree, status: str, live: int) -> None:
        """Write the page of the tree as it is; a disk that is full now may have room for the last page."""
        copy = snapshot(tree)
        choice = choose(copy)
        story = Story(choice.answer, None, status, self.method)
        with suppress(OSError):
            write_whole(self.path, page([ShownTree(copy, choice.node, "", story)], live=live))
            if self.opened is not None:
                self.opened(self.path)
                self.opened = None


def snapshot(tree: Tree) -> Tree:
    """Return a copy of a tree that another thread may be growing."""
    events = list(tree.events)
    data = to_dict(tree)
    known = [event for event in events if event.node < len(data["nodes"])]
    return from_dict({**data, "events": events_to_list(known)})
