"""Pages on which trees and runs can be explored in a browser, offline; see ``docs/views.md``."""

from hintree.view.page import page

__all__ = ["page"]
