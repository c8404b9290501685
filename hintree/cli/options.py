"""Arguments that several commands share: types, and checks of what is there."""

import argparse
from pathlib import Path

from hintree.errors import UsageError


def positive(text: str) -> int:
    """A whole number of at least 1."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return number


def check_new(folder: Path) -> None:
    """Raise UsageError unless a model can be written into ``--out`` without another being lost."""
    if not folder.name or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
        raise UsageError(f"--out {folder} has no name or is not empty; name a new folder, so that no model is lost")
