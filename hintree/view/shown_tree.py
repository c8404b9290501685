"""Grown tree with its chosen path, as exports and pages show it."""

from collections.abc import Mapping
from typing import NamedTuple

from hintree.search import Node, Tree


class ShownTree(NamedTuple):
    """Tree, the last step of its chosen path, and facts about the search.

    name: What to call it where several trees are shown, such as the arm of an ablation.
    facts: Further lines for people, by title.
    """

    tree: Tree
    chosen: Node
    name: str = ""
    facts: Mapping[str, str] = {}
