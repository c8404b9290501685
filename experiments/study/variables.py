"""Folders of models and data in study files: ``$HINTREE_MODELS`` and ``$HINTREE_DATA``; a file then fits any machine.

No other variable is read: a stranger's file could send a secret to a server in the name of a model.
"""

import os
import re
from typing import Any

from hintree.yaml_file import YamlPosition, YamlText

FOLDERS = {"HINTREE_MODELS": "models", "HINTREE_DATA": "data sets"}
"""Variables that study files may use, with what their folders hold."""
VARIABLE = re.compile(r"\$(\w{1,60})|\$\{(\w{1,60})\}", re.ASCII)


def with_folders(text: YamlText) -> YamlText:
    """Return a study file with the variables of ``FOLDERS`` in its texts replaced by their values.

    Raises:
        UsageError: A text begins with another variable, or one of these is not set.
    """
    return text._replace(data=expand(text.data, (), text))


def expand(data: Any, place: YamlPosition, text: YamlText) -> Any:
    """Return data with the variables in every text replaced by their values."""
    if isinstance(data, dict):
        return {key: expand(value, (*place, key), text) for key, value in data.items()}
    if isinstance(data, list):
        return [expand(value, (*place, i), text) for i, value in enumerate(data)]
    if not isinstance(data, str):
        return data
    if (first := VARIABLE.match(data)) is not None and (first[1] or first[2]) not in FOLDERS:
        raise text.error(place, f"{data:.60}: study files may use {' and '.join(f'${one}' for one in FOLDERS)} only")

    def value(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        if name in FOLDERS and not os.environ.get(name):
            raise text.error(place, f"{data:.60}: set {name} to the folder of your {FOLDERS[name]}")
        return os.environ[name] if name in FOLDERS else found[0]

    return VARIABLE.sub(value, data)
