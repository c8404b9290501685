"""Read protocols: the shipped ones by name, and users' YAML files.

A file needs only the fields that differ from the protocol that it names under ``base`` ("default" if it names none)::

    base: boxed
    step: {by: sentence, max_tokens: 128}
"""

import json
import re
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass, replace
from functools import lru_cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from hintree.errors import UsageError
from hintree.policies.protocol import Protocol
from hintree.search.core.actions import ActionPrompt
from hintree.yaml_file import YamlPosition, YamlText, parse, read, unknown

SHIPPED = Path(__file__).with_name("protocols")


def protocol_names() -> list[str]:
    """Return the names of the shipped protocols, in order."""
    return sorted(path.stem for path in SHIPPED.glob("*.yaml"))


def find_protocol(name: "str | Path | Mapping[str, Any] | Protocol") -> Protocol:
    """Return a protocol: a value as it is, a mapping of its fields, a shipped one by name, or one from a YAML file.

    Raises:
        UsageError: No such protocol or file exists, or the file has an unknown key or a value of another kind; with
            file, line, and the nearest name.
    """
    if isinstance(name, Protocol):
        return name
    if isinstance(name, Mapping):
        return from_data(YamlText("protocol", name, {}))
    if name in protocol_names():
        return shipped(str(name))
    if str(name).endswith((".yaml", ".yml")) or "/" in str(name):
        return from_data(read(Path(name)))
    raise UsageError(f"protocol {unknown(str(name), protocol_names())}; or give a file that ends in .yaml")


@lru_cache(maxsize=64)
def shipped(name: str) -> Protocol:
    """Return a shipped protocol by its name."""
    path = SHIPPED / f"{name}.yaml"
    return from_data(parse(path.name, path.read_text(encoding="utf-8")), None)


def from_data(text: YamlText, usual: str | None = "default") -> Protocol:
    """Return the protocol of a mapping, which changes the one named ``usual`` if it names no base.

    Raises:
        UsageError: As for ``find_protocol``.
    """
    if not isinstance(text.data, Mapping):
        raise text.error((), "a protocol is a mapping, such as 'base: boxed'")
    data = dict(text.data)
    base = data.pop("base", usual)
    if base is not None and base not in protocol_names():
        raise text.error(("base",), f"base {unknown(str(base), protocol_names())}")
    start = Protocol(name=Path(text.name).stem) if base is None else shipped(base)
    changed: Protocol = changed_fields(start, {"name": Path(text.name).stem, **data}, text, ())
    return changed


def changed_fields(value: Any, data: Mapping[str, Any], text: YamlText, place: YamlPosition) -> Any:
    """Return a dataclass with the fields that a mapping gives. Raises UsageError for an unknown key or value."""
    names = [field.name for field in fields(value)]
    found = {}
    for key, given in data.items():
        here = (*place, str(key))
        if key not in names:
            raise text.error(here, f"key {unknown(str(key), names)}")
        own = getattr(value, key)
        if key == "actions":
            found[key] = {**own, **action_prompts(own, given, text, here)}
        elif is_dataclass(own):
            if not isinstance(given, Mapping):
                raise text.error(here, f"{key} is a mapping with {', '.join(f.name for f in fields(own))}")
            found[key] = changed_fields(own, given, text, here)
        else:
            found[key] = converted(key, given, get_type_hints(type(value))[key], own, text, here)
    try:
        return replace(value, **found)
    except UsageError as error:
        named = [key for key in re.split(r"[^\w]+", str(error))[:3] if key in found]
        raise text.error((*place, *named[:1]), str(error)) from error


def action_prompts(
    own: Mapping[str, ActionPrompt], given: Any, text: YamlText, here: YamlPosition
) -> dict[str, ActionPrompt]:
    """Return the wordings of actions by name, each changed from the one of the base. Raises UsageError."""
    if not isinstance(given, Mapping) or not all(isinstance(prompt, Mapping) for prompt in given.values()):
        raise text.error(here, "actions is a mapping of names to ask, begin, ends, max_tokens and stop")
    return {
        str(name): changed_fields(own.get(str(name), ActionPrompt()), prompt, text, (*here, str(name)))
        for name, prompt in given.items()
    }


def converted(key: str, given: Any, kind: Any, own: Any, text: YamlText, here: YamlPosition) -> Any:
    """Return a value from YAML in the type of its field. Raises UsageError if it has another type."""
    value: Any = given
    forms = get_args(kind) if isinstance(kind, UnionType) else (kind,)
    accepted = "a text"
    if key == "shots":
        value = worked_examples(given)
        valid, accepted = value is not None, "a list of mappings with user and assistant"
    elif any(get_origin(form) is tuple for form in forms):
        accepted = "a text or a list of texts"
        items = given if isinstance(given, list) else [given]
        valid, value = all(isinstance(item, str) for item in items), tuple(items)
        valid, value = (True, None) if given is None and NoneType in forms else (valid, value)
    elif isinstance(own, Mapping):
        valid, accepted = isinstance(given, Mapping), "a mapping"
    elif isinstance(own, bool):
        valid, accepted = isinstance(given, bool), "true or false"
    elif isinstance(own, int):
        valid, accepted = isinstance(given, int) and not isinstance(given, bool), "a whole number"
    else:
        valid = isinstance(given, str)
    if not valid:
        raise text.error(here, f"{key}: {json.dumps(given, ensure_ascii=False, default=str)[:60]} is not {accepted}")
    return value


def worked_examples(given: Any) -> tuple[tuple[str, str], ...] | None:
    """Return the pairs of user and assistant in a list of mappings or of pairs; None for anything else."""
    shots: list[Any] = given if isinstance(given, list) else [None]
    pairs: list[Any] = [
        [shot.get("user"), shot.get("assistant")] if isinstance(shot, Mapping) else shot for shot in shots
    ]
    others = any(isinstance(shot, Mapping) and set(shot) > {"user", "assistant"} for shot in shots)
    if others or not all(isinstance(pair, list | tuple) and len(pair) == 2 and None not in pair for pair in pairs):
        return None
    return tuple((str(user), str(assistant)) for user, assistant in pairs)


def to_data(protocol: Protocol) -> dict[str, Any]:
    """Return a protocol as plain data, the fields that differ from an empty one; ``find_protocol`` reads it."""
    return {"base": None, **without_defaults(protocol)}


def without_defaults(value: Any) -> dict[str, Any]:
    """Return the fields of a dataclass that differ from their defaults, tuples as lists."""
    found: dict[str, Any] = {}
    for field in fields(value):
        own = getattr(value, field.name)
        usual = field.default_factory() if field.default_factory is not MISSING else field.default
        if own != usual:
            found[field.name] = without_defaults(own) if is_dataclass(own) else listed(own)
    return found


def listed(value: Any) -> Any:
    """Return a value with lists in place of tuples, and dictionaries in place of other mappings and dataclasses."""
    if isinstance(value, Mapping):
        return {key: listed(item) for key, item in value.items()}
    if is_dataclass(value):
        return {field.name: listed(getattr(value, field.name)) for field in fields(value)}
    return [listed(item) for item in value] if isinstance(value, list | tuple) else value
