"""Trees for other tools: graphs, pictures, outlines and training rows; see ``docs/views.md``."""

from hintree.export.files import read, render
from hintree.view.shown_tree import ShownTree
from hintree.view.text import visible

__all__ = ["ShownTree", "read", "render", "visible"]
