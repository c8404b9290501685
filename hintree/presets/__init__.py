"""All presets by name; each family stands in a file of its own."""

from dataclasses import asdict
from difflib import get_close_matches
from typing import Any

from hintree.errors import UsageError
from hintree.presets.basic import BASIC
from hintree.presets.escalation import ESCALATION
from hintree.presets.hints import HINTS
from hintree.presets.preset import Preset
from hintree.search import ROLES
from hintree.search.registry import SEARCHES

PRESETS: dict[str, Preset] = {**BASIC, **ESCALATION, **HINTS}
"""All presets by name; ``hintree`` is the default."""


def preset(name: str) -> Preset:
    """A preset by name. Raises UsageError for an unknown one, with the nearest."""
    if name not in PRESETS:
        near = get_close_matches(name, PRESETS, 1, 0.5)
        guess = f"; did you mean {near[0]!r}?" if near else ""
        raise UsageError(f"preset {name!r} is not one of {', '.join(PRESETS)}{guess}")
    return PRESETS[name]


def settings_of(chosen: Preset) -> dict[str, Any]:
    """A preset as the settings of a study's arm, plain data."""
    kind = next(name for name, kind in SEARCHES.items() if kind is type(chosen.search))
    search: Any = chosen.search
    return {
        **dict.fromkeys(ROLES),
        **chosen.role_models(),
        "search": {"name": kind, **asdict(search)},
        "rewrite": None if chosen.rewrite is None else asdict(chosen.rewrite),
        "sampling": asdict(chosen.sampling),
        "hinting": asdict(chosen.hinting),
        "budget": {},
        "keep_hints": chosen.keep_hints,
        "device": "auto",
        "dtype": "auto",
    }
