"""The tree of a solution, with the views of it that notebooks and scripts want."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any, Self

from hintree.errors import UsageError
from hintree.export import render
from hintree.export.files import write
from hintree.search import Node, Tree
from hintree.view.layout import byline, preorder
from hintree.view.shown_tree import ShownTree
from hintree.view.text import one_line


class SolutionTree(Tree):
    """Tree of one search, which can show and save itself.

    Attributes:
        outcome: The tree with its chosen path and story; None until the search has ended.
    """

    outcome: ShownTree | None = None

    @classmethod
    def of(cls, tree: Tree) -> Self:
        """Return a tree as one of this class that shares its nodes; one of this class as it is."""
        if isinstance(tree, cls):
            return tree
        made = cls.__new__(cls)
        made.__dict__ = tree.__dict__
        return made

    def show(self) -> None:
        """Show the picture of the tree in a notebook; elsewhere print one line per step."""
        if in_notebook():
            display: Any = import_module("IPython.display")
            display.display(display.SVG(render(self._shown(), ".svg")))
            return
        for node in preorder(self):
            if node.parent is not None:
                print("  " * min(node.depth - 1, 30) + step_line(node))

    def save(self, path: str | Path) -> None:
        """Write the tree in the format of the file's ending, one of ``hintree.export.files.WRITERS``.

        Raises:
            UsageError: No tree is written with that ending, or the file cannot be written.
        """
        write(self._shown(), Path(path))

    def to_json(self) -> str:
        """Return the tree as JSON text, as a ``.json`` file holds it."""
        return render(self._shown(), ".json").decode()

    def to_frame(self) -> Any:
        """Return a pandas frame with one row per step, in the order in which they were written.

        Raises:
            UsageError: pandas is not installed.
        """
        try:
            pandas: Any = import_module("pandas")
        except ModuleNotFoundError as error:
            raise UsageError("to_frame needs pandas: pip install pandas") from error
        path = set() if self.outcome is None else {node.id for node in self.outcome.chosen.path()}
        rows = [row_of(node, chosen=node.id in path) for node in self.nodes[1:]]
        return pandas.DataFrame(rows, columns=list(row_of(self.root, chosen=False))).set_index("id")

    def _shown(self) -> ShownTree:
        """Return the tree as exports take it."""
        return self.outcome or ShownTree(self, self.root)


def row_of(node: Node, *, chosen: bool) -> dict[str, Any]:
    """Return a step as one row of a table."""
    return {
        "id": node.id,
        "parent": None if node.parent is None else node.parent.id,
        "depth": node.depth,
        "author": node.author,
        "action": "step" if node.action is None else node.action.name,
        "text": node.step.text,
        "hint": None if node.hint is None else str(node.hint),
        "score": node.score,
        "status": node.status,
        "reason": node.reason,
        "replaces": node.replaces,
        "answer": node.step.answer,
        "tokens": node.step.tokens,
        "chosen": chosen,
    }


def step_line(node: Node) -> str:
    """Return a step as one line: id, the step before it, author, action, score, text, and status with reason."""
    before = 0 if node.parent is None else node.parent.id
    score = "-" if node.score is None else f"{node.score:.2f}"
    state = f"  [{node.status}: {one_line(node.reason)}]" if node.reason else ""
    return f"step {node.id} after {before}: {byline(node)} {score} {one_line(node.step.text)}{state}"


def in_notebook() -> bool:
    """Return True in a notebook, whose outputs are HTML."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return type(shell).__name__ == "ZMQInteractiveShell"
