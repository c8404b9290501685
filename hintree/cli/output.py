"""Print JSON and messages: texts of models, files and servers reach a terminal escaped."""

import logging
import sys
from typing import Any


def print_json(data: Any, *, indent: int | None = None, flush: bool = False) -> None:
    """Print data as JSON in valid UTF-8, without raw control characters."""
    from hintree.view.text import json_text

    print(json_text(data, indent=indent), flush=flush)


def print_message(kind: str, text: object) -> None:
    """Print an error or a warning as one line on standard error.

    Args:
        kind: "error" or "warning".
        text: What is said.
    """
    from hintree.view.text import message

    print(f"hintree: {kind}: {message(text)}", file=sys.stderr)


class MessageHandler(logging.Handler):
    """Write warnings of the log to standard error, each as one visible line."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record to standard error."""
        from hintree.view.text import message

        print(message(record.getMessage()), file=sys.stderr)


def show_log() -> None:
    """Show the warnings of this package's log, unless a program that calls the command line shows them already."""
    own = logging.getLogger("hintree")
    if not own.hasHandlers():
        own.addHandler(MessageHandler(logging.WARNING))
