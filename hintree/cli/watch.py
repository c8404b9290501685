"""The growing tree of ``hintree solve --watch``: redrawn in a terminal, else printed as one line per step."""

import time
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from hintree.search import Handler, Node, Tree
from hintree.solver import Solution, Solver
from hintree.solver.progress import before_batches
from hintree.solver.solution_tree import step_line
from hintree.view.layout import byline, preorder
from hintree.view.text import one_line

COLOURS = {"reasoner": "cyan", "teacher": "magenta"}
STYLES = {"rejected": "strike dim", "pruned": "dim", "failed": "dim"}
REDRAWS = 10
"""Maximum number of redraws per second."""


def watched(solver: Solver, question: str) -> Solution:
    """Solve a question and show its growing tree on standard error."""
    with Watch(Console(stderr=True, highlight=False)) as watch:
        solver.handlers = {role: watch.wrap(handler) for role, handler in solver.handlers.items()}
        return solver.solve(question)


class Watch:
    """Show one growing tree; use it in a ``with`` statement, and wrap the handlers of all roles.

    Args:
        console: Output: a terminal is redrawn, anything else gets one line per step.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self.live = Live(console=console, auto_refresh=False, transient=True) if console.is_terminal else None
        self.tree: Tree | None = None
        self.printed = 1
        self.redrawn = 0.0

    def __enter__(self) -> Self:
        if self.live:
            self.live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.tree is not None:
            if self.live:  # a short search may be over before a second redraw was due
                self.live.update(self.picture(self.tree), refresh=True)
            else:
                self.print_steps(self.tree, len(self.tree))
        if self.live:
            self.live.stop()

    def wrap(self, handler: Handler) -> Handler:
        """Return a handler that shows the tree before each batch."""
        return before_batches(handler, self.show)

    def show(self, tree: Tree, role: str) -> None:
        """Show the tree before a batch of the role; a step that waits for its score is printed after it."""
        self.tree = tree
        if self.live is None:
            end = len(tree) if role != "scorer" else next((n.id for n in tree.nodes[1:] if waits(n)), len(tree))
            self.print_steps(tree, end)
        elif time.monotonic() - self.redrawn > 1 / REDRAWS:
            self.redrawn = time.monotonic()
            self.live.update(self.picture(tree), refresh=True)

    def print_steps(self, tree: Tree, end: int) -> None:
        """Print the steps that were not yet printed and whose id is below ``end``."""
        for node in tree.nodes[self.printed : end]:
            self.console.print(step_line(node), markup=False, soft_wrap=True)
        self.printed = max(self.printed, end)

    def picture(self, tree: Tree) -> Group:
        """Return the part of the tree around the newest step that fits into the terminal, in depth-first order."""
        nodes = [node for node in preorder(tree) if node.parent is not None]
        high, newest = max(3, self.console.height - 2), len(tree) - 1
        at = next((i for i, node in enumerate(nodes) if node.id == newest), 0)
        first = max(0, min(at - high // 2, len(nodes) - high))
        head = Text(
            f"{newest} steps: {one_line(tree.problem.question)}", style="bold", no_wrap=True, overflow="ellipsis"
        )
        return Group(head, *(row(node) for node in nodes[first : first + high]))


def waits(node: Node) -> bool:
    """Return True if a step may still get a score."""
    return node.score is None and node.status in ("open", "terminal")


def note(node: Node) -> str:
    """Return author, action and score of a step, such as "reasoner 0.98" or "hinter ask 0.80"."""
    return f"{byline(node)} {'-' if node.score is None else f'{node.score:.2f}'}"


def row(node: Node) -> Text:
    """Return a step as one indented line."""
    text = Text("  " * min(node.depth - 1, 30), no_wrap=True, overflow="ellipsis")
    text.append(note(node), style=COLOURS.get(node.author, ""))
    return text.append(f" {one_line(node.step.text)}", style=STYLES.get(node.status, ""))
