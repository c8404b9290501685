"""Grown tree with its chosen path, as exports and pages show it."""

from typing import NamedTuple

from hintree.search import Node, Tree
from hintree.view.story import Story


class ShownTree(NamedTuple):
    """Tree, the last step of its chosen path, and facts about the search.

    name: What to call it where several trees are shown, such as the arm of an ablation.
    story: Answer, method, models and cost; None where they are unknown.
    """

    tree: Tree
    chosen: Node
    name: str = ""
    story: Story | None = None
