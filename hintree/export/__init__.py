"""Trees for other tools: graphs, pictures, outlines and training rows; see ``docs/views.md``."""

from hintree.export.files import read, render
from hintree.view.solved import Solved
from hintree.view.text import visible

__all__ = ["Solved", "read", "render", "visible"]
