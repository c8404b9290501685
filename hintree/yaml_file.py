"""Read YAML files of users: studies, protocols and PRM declarations, with the line of every key for error messages.

A file may come from a stranger: size, depth and numbers are limited, and there are no aliases and tags of objects.
"""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from hintree.bounded_files import read_text
from hintree.errors import UsageError

LONGEST = 100_000
"""Maximum number of bytes of a file."""
DEEPEST = 32
"""Mappings and lists inside one another."""
LARGEST = 2**63
"""Limit of whole numbers."""
HALF = re.compile(r"[\ud800-\udfff]")
"""Half of a surrogate pair, which an escape may write and no file can hold."""
PLAIN_TAGS = ("seq", "map")
"""Kinds of mappings and lists, by the last part of their tag."""
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


class PlainLoader(yaml.SafeLoader):
    """Loader of plain data that nests at most ``DEEPEST`` levels, without aliases."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Return the next node. Raises ComposerError for an alias, and for what nests too deeply."""
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        mark: Any = event.start_mark
        if isinstance(event, yaml.AliasEvent):
            said = f"aliases (*{event.anchor:.40}) are not accepted; write the value out"
            raise yaml.composer.ComposerError(None, None, said, mark)
        self.depth += 1
        if self.depth > DEEPEST:
            raise yaml.composer.ComposerError(None, None, f"over {DEEPEST} levels inside one another", mark)
        node: yaml.Node | None = super().compose_node(parent, index)
        self.depth -= 1
        return node


def read(path: Path) -> YamlText:
    """Read a YAML file. Raises UsageError if it cannot be read."""
    try:
        text = read_text(path, LONGEST)
    except FileNotFoundError as error:
        raise UsageError(f"{path}: there is no such file; give the path of a YAML file") from error
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: cannot be read as YAML: {error}") from error
    return parse(str(path), text)


def parse(name: str, text: str) -> YamlText:
    """Parse YAML; keys are unique texts, and there are no aliases. Raises UsageError."""
    if len(text) > LONGEST:
        raise UsageError(f"{name}: over {LONGEST} characters; such a file is a short text")
    try:
        loader = PlainLoader(text)
        found = YamlText(name, None, {})
        return found._replace(data=build(loader, loader.get_single_node(), (), found))
    except (yaml.YAMLError, RecursionError) as error:
        raise UsageError(f"{name}: not YAML: {' '.join(str(error).split())[:300]}") from error


def build(loader: yaml.SafeLoader, node: yaml.Node | None, place: YamlPosition, text: YamlText) -> Any:
    """Return the plain data of a YAML node; the lines of all that is in it go into ``text``."""
    if node is None:
        return None
    text.lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.ScalarNode) and HALF.search(node.value):
        raise text.error(place, "holds half of a surrogate pair")
    if not isinstance(node, yaml.ScalarNode) and node.tag.rpartition(":")[2] not in PLAIN_TAGS:
        raise text.error(place, f"the tag {node.tag[:60]!r} is not accepted; write plain lists and mappings")
    if isinstance(node, yaml.SequenceNode):
        return [build(loader, item, (*place, i), text) for i, item in enumerate(node.value)]
    if not isinstance(node, yaml.MappingNode):
        return scalar(loader, node, place, text)
    data: dict[str, Any] = {}
    for key_node, value in node.value:
        key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else ""
        again = key in data
        text.lines[(*place, key)] = key_node.start_mark.line + 1
        if not key or again or HALF.search(key):
            raise text.error((*place, key), f"the key {key!r:.60} is given twice" if again else "a key is no text")
        data[key] = build(loader, value, (*place, key), text)
    return data


def scalar(loader: yaml.SafeLoader, node: yaml.Node, place: YamlPosition, text: YamlText) -> Any:
    """Return the value of a scalar. Raises UsageError for one that its tag does not fit, and for a huge number."""
    try:
        value = loader.construct_object(node)
    except yaml.YAMLError:
        raise
    except Exception as error:  # a tag such as !!bool before another text: the library raises what its look-ups do
        raise text.error(place, f"{node.value[:40]!r} is no {node.tag.rpartition(':')[2]}") from error
    if isinstance(value, int) and abs(value) >= LARGEST:
        raise text.error(place, "a whole number beyond 64 bits")
    return value


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
    near = get_close_matches(name[:60], known, 1, 0.5)
    return f"{name!r:.60} is not known; " + (f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}")
