"""A tree while it grows: redrawn in a terminal, or one plain line for every step where there is none."""

import time
from collections.abc import Sequence
from typing import Any, Self

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from hintree.search import Handler, Node, Response, Tree
from hintree.solver import Solution, Solver
from hintree.view.layout import preorder
from hintree.view.text import one_line

COLOURS = {"reasoner": "cyan", "teacher": "magenta"}
STYLES = {"rejected": "strike dim", "pruned": "dim", "failed": "dim"}
REDRAWS = 10
"""At most so many in a second."""


def watched(solver: Solver, question: str) -> Solution:
    """Solve a question while its tree is shown on standard error."""
    with Watch(Console(stderr=True, highlight=False)) as watch:
        solver.handlers = {role: watch.wrap(handler) for role, handler in solver.handlers.items()}
        return solver.solve(question)


class Watch:
    """What one growing tree is shown on; use it in a ``with`` statement, and wrap the answerers in it.

    Args:
        console: Where it is shown: redrawn if it is a terminal, else line by line.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self.live = Live(console=console, auto_refresh=False, transient=True) if console.is_terminal else None
        self.tree: Tree | None = None
        self.told = 1
        self.drawn = 0.0

    def __enter__(self) -> Self:
        if self.live:
            self.live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.tree is not None:
            if self.live:  # a short search may be over before a second redraw was due
                self.live.update(self.picture(self.tree), refresh=True)
            else:
                self.tell(self.tree, len(self.tree))
        if self.live:
            self.live.stop()

    def wrap(self, handler: Handler) -> Handler:
        """An answerer that shows the tree as it is whenever it is asked."""

        def answer(requests: Sequence[Any]) -> Sequence[Response[Any] | Exception]:
            self.show(requests[0].tree, requests[0].role)
            return handler.handle(requests)

        return handler._replace(handle=answer)

    def show(self, tree: Tree, role: str) -> None:
        """Show the tree before the role is asked about it; steps that wait for their score are told of later."""
        self.tree = tree
        if self.live is None:
            settled = len(tree) if role != "scorer" else next((n.id for n in tree.nodes[1:] if waits(n)), len(tree))
            self.tell(tree, settled)
        elif time.monotonic() - self.drawn > 1 / REDRAWS:
            self.drawn = time.monotonic()
            self.live.update(self.picture(tree), refresh=True)

    def tell(self, tree: Tree, end: int) -> None:
        """Print the steps that were not yet printed, up to the id ``end``."""
        for node in tree.nodes[self.told : end]:
            assert node.parent is not None
            text = one_line(node.step.text)
            fate = f"  [{node.status}: {node.reason}]" if node.reason else ""
            line = f"step {node.id} after {node.parent.id}: {note(node)} {text}{fate}"
            self.console.print(line, markup=False, soft_wrap=True)
        self.told = max(self.told, end)

    def picture(self, tree: Tree) -> Group:
        """As much of the tree as fits, around the newest step, each step under the one before it."""
        nodes = [node for node in preorder(tree) if node.parent is not None]
        high, newest = max(3, self.console.height - 2), len(tree) - 1
        at = next((i for i, node in enumerate(nodes) if node.id == newest), 0)
        first = max(0, min(at - high // 2, len(nodes) - high))
        head = Text(
            f"{newest} steps: {one_line(tree.problem.question)}", style="bold", no_wrap=True, overflow="ellipsis"
        )
        return Group(head, *(row(node) for node in nodes[first : first + high]))


def waits(node: Node) -> bool:
    """Whether a step may still be judged."""
    return node.score is None and node.status in ("open", "terminal")


def note(node: Node) -> str:
    """Author and score of a step."""
    return f"{node.author} {'-' if node.score is None else f'{node.score:.2f}'}"


def row(node: Node) -> Text:
    """A step as a line of the picture."""
    text = Text("  " * min(node.depth - 1, 30), no_wrap=True, overflow="ellipsis")
    text.append(note(node), style=COLOURS.get(node.author, ""))
    return text.append(f" {one_line(node.step.text)}", style=STYLES.get(node.status, ""))
