"""Folders of the user for settings and for results that may be made again, as the platform names them."""

import os
import sys
from pathlib import Path


def config_folder() -> Path:
    """Return the folder of hintree's settings; it need not exist."""
    return base("XDG_CONFIG_HOME", ".config", "Library/Application Support", "APPDATA") / "hintree"


def cache_folder() -> Path:
    """Return the folder of files that may be deleted at any time; it need not exist."""
    return base("XDG_CACHE_HOME", ".cache", "Library/Caches", "LOCALAPPDATA") / "hintree"


def base(variable: str, unix: str, mac: str, windows: str) -> Path:
    """Return the platform's folder for files of one kind: an environment variable's, else a part of the home folder."""
    named = os.environ.get(windows if sys.platform == "win32" else variable, "")
    if Path(named).is_absolute():
        return Path(named)
    return Path.home() / (mac if sys.platform == "darwin" else unix)
