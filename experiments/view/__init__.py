"""Pages on which trees and runs can be explored in a browser, offline; see ``docs/views.md``."""

from hintree.experiments.view.page import page

__all__ = ["page"]
