"""Trees for other tools: graphs, pictures, outlines and training rows; see ``docs/views.md``."""

from hintree.experiments.export.files import Solved, read, render
from hintree.experiments.export.text import visible

__all__ = ["Solved", "read", "render", "visible"]
