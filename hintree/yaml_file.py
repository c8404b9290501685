"""Read YAML files of users: studies and protocols, with the line of every key for error messages."""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from hintree.errors import UsageError

LONGEST = 1_000_000
"""Maximum number of bytes of a file."""
YamlPosition = tuple[str | int, ...]
"""Keys and indices from the top of the file to a value."""


class YamlText(NamedTuple):
    """A YAML file that was read.

    name: Of the file.
    data: Its content.
    lines: Line of every key and item by place.
    """

    name: str
    data: Any
    lines: dict[YamlPosition, int]

    def error(self, place: YamlPosition, message: str) -> UsageError:
        """Return the error about a place, with the line of it or of what is around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return UsageError(f"{self.name}, line {self.lines.get(place, 1)}: {message}")


def read(path: Path) -> YamlText:
    """Read a YAML file. Raises UsageError if it cannot be read."""
    try:
        raw = path.read_bytes()
        text = raw.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read as YAML: {error}") from error
    if len(raw) > LONGEST:
        raise UsageError(f"{path}: longer than {LONGEST} bytes; such a file is a short text")
    return parse(str(path), text)


def parse(name: str, text: str) -> YamlText:
    """Parse YAML; keys are unique texts, and there are no aliases. Raises UsageError."""
    try:
        for event in yaml.parse(text, yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                raise UsageError(f"{name}: aliases (*{event.anchor}) are not accepted; write the value out")
        loader = yaml.SafeLoader(text)
        found = YamlText(name, None, {})
        return found._replace(data=build(loader, loader.get_single_node(), (), found))
    except (yaml.YAMLError, RecursionError) as error:
        raise UsageError(f"{name}: not YAML: {' '.join(str(error).split())}") from error


def build(loader: yaml.SafeLoader, node: yaml.Node | None, place: YamlPosition, text: YamlText) -> Any:
    """Return the plain data of a YAML node; the lines of all that is in it go into ``text``."""
    if node is None:
        return None
    text.lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [build(loader, item, (*place, i), text) for i, item in enumerate(node.value)]
    if not isinstance(node, yaml.MappingNode):
        try:
            return loader.construct_object(node)
        except ValueError as error:
            raise text.error(place, str(error)) from error
    data: dict[str, Any] = {}
    for key_node, value in node.value:
        key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else ""
        again = key in data
        text.lines[(*place, key)] = key_node.start_mark.line + 1
        if not key or again:
            raise text.error((*place, key), f"the key {key!r} is given twice" if again else "a key is no text")
        data[key] = build(loader, value, (*place, key), text)
    return data


def put(data: Any, key: str, value: str) -> None:
    """Set one value of a study by its dotted name, as ``--set key=value`` says. Raises UsageError."""
    *way, last = key.split(".")
    for name in way:
        if not isinstance(data, dict):
            raise UsageError(f"--set {key}: {name!r} is not in a mapping")
        if isinstance(data.get(name), str) and way[0] == "arms":
            data[name] = {"preset": data[name]}
        data = data.setdefault(name, {})
    if not isinstance(data, dict):
        raise UsageError(f"--set {key}: {last!r} is not in a mapping")
    data[last] = parse(f"--set {key}", value).data


def unknown(name: str, known: Sequence[str]) -> str:
    """Return the message for an unknown name, with the nearest known one."""
    near = get_close_matches(name, known, 1, 0.5)
    return f"{name!r} is not known; " + (f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}")
