"""A grown tree with its chosen path: what exports and pages show."""

from collections.abc import Mapping
from typing import NamedTuple

from hintree.search import Node, Tree


class ShownTree(NamedTuple):
    """A tree and the last step of the chosen path, with what is known about the search.

    name: What to call it where several trees are shown, such as the arm of an ablation.
    facts: Further lines for people, by title.
    """

    tree: Tree
    chosen: Node
    name: str = ""
    facts: Mapping[str, str] = {}
