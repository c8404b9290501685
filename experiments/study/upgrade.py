"""Read studies that an earlier version wrote: former names and values of settings, in files and stores."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from hintree.search import PathLimits, Selection
from hintree.search.core.limits import LONGEST_PATH
from hintree.search.escalation import OLD_NAMES
from hintree.search.registry import SEARCHES

SETTINGS = 2
"""Version of the settings of arms that a store records. In version 1 the limit of a path was its ``depth``."""
FORMER_DEPTH = 16
"""Default of ``depth`` in version 1, where the default is ``LONGEST_PATH`` today."""
SELECTION = frozenset(field.name for field in fields(Selection))
"""Settings that every search had before an arm got a part ``selection``."""
LATER = {"actions": [], "mend": "expansion", "sure": 0.0, "informed": False, "entropy": 0.0}
"""Settings that searches and rules of older studies do not have, with their defaults, beside ``PathLimits``."""

OLD_WEIGHTS = dict(
    [
        (  # student
            "994bd1c6f7fc01feb4cb1d6dbec887c4e503c152d815a2db3a7dd59571533345",
            "ecca7eaae662669e7afba8a7d0cf3fa808e49c1eecb76b674bd25b01d786d596",
        ),
        (  # student-2
            "13e954c344f62e1939623b965c2286896d507b7f45ec2b94a741259c7a1b38e3",
            "678aabbef1ca508617637e7c95eb293783511524a4380c9f13a9e7c4f54f8aac",
        ),
        (  # teacher
            "715e1a147744c18d94efa8b94b94e405becaf41d4c1fe31193c9c5985d3b2a79",
            "07d5987bbb3ba73d3522a20e59e04de644184c4ec41317fcfa3c59da8f32d69e",
        ),
        (  # hinter
            "1bbe3e4bd3e4825afd22f60278fcd4a739829160a78c452318c9ec4c17aeb2f0",
            "df3ef57c6588b386f3d61cdf35b37f944cd208140cd1948028de420f31aa8f88",
        ),
        (  # prm
            "c77d38c0bc4c2c27cf7b2ba45941f559b108b62b392d8bc5841a4c7c96d5012c",
            "344dd363cba0f1abf1e26abc6c1af6f7af5eddfc23d75709d1962e91d6e1bd08",
        ),
    ]
)
"""Fingerprints of the models shipped until 30 November 2026, by those before, which also covered their cards."""


def current_path(path: tuple[str, ...], search: Any) -> tuple[str, ...]:
    """Return today's path of an arm's setting: ("rewrite", "rungs") becomes ("rewrite", "stages").

    Args:
        path: As it is written.
        search: Name of the arm's search, which may have an ``aggregate`` of its own.
    """
    if path[0] == "rewrite" and len(path) == 2:
        return "rewrite", OLD_NAMES.get(path[1], path[1])
    if path[0] == "search" and path[-1] in SELECTION and not is_own(path[-1], search):
        return "selection", path[-1]
    return path


def is_own(name: str, search: Any) -> bool:
    """Return True if a search has a setting of this name, or is unknown."""
    if search not in SEARCHES:
        return True
    kind: Any = SEARCHES[search]
    return name in {field.name for field in fields(kind)}


def recorded(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a search or a rule that an arm records: later ones only where they are not the default.

    So the arms of studies from before these settings keep their hashes, and their stores resume.
    """
    usual = {field.name: field.default for field in fields(PathLimits)} | LATER
    return {name: value for name, value in settings.items() if name not in usual or value != usual[name]}


def upgrade_study(study: Mapping[str, Any], version: int = SETTINGS) -> dict[str, Any]:
    """Return a stored study with today's settings; a study that has them already is returned equal.

    Args:
        study: The resolved study.
        version: Version of its settings; see ``SETTINGS``.
    """
    return {**study, "arms": {name: upgrade_arm(config, version) for name, config in study["arms"].items()}}


def upgrade_arm(config: Mapping[str, Any], version: int = SETTINGS) -> dict[str, Any]:
    """Return an arm's stored configuration in today's form; arguments as above, and the given one is not modified."""
    upgraded = dict(config)
    if isinstance(rule := config.get("rewrite"), Mapping):
        upgraded["rewrite"] = {OLD_NAMES.get(name, name): value for name, value in rule.items()}
    if "selection" not in config and isinstance(search := config.get("search"), Mapping):
        upgraded["selection"] = {name: value for name, value in search.items() if name in SELECTION}
        kept = [name for name in search if name not in SELECTION or is_own(name, search.get("name"))]
        upgraded["search"] = {name: search[name] for name in kept}
    if version < SETTINGS and isinstance(search := upgraded.get("search"), Mapping):
        upgraded["search"] = with_usual_depth(search)
    if isinstance(weights := config.get("weights"), Mapping):
        upgraded["weights"] = {name: OLD_WEIGHTS.get(value, value) for name, value in weights.items()}
    return upgraded


def with_usual_depth(search: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a search with today's default of ``depth`` in place of the former one."""
    kind: Any = SEARCHES.get(search.get("name", ""))
    usual = kind is not None and {field.name: field.default for field in fields(kind)}["depth"] == LONGEST_PATH
    return {**search, "depth": LONGEST_PATH} if usual and search.get("depth") == FORMER_DEPTH else dict(search)
