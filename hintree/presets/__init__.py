"""Presets: published methods as configurations of hintree's parts. Each family has a file of its own.

A new preset is one entry in a family's dictionary; ``python -m hintree.presets.tables`` prints its rows for the docs.
"""

from difflib import get_close_matches

from hintree.errors import UsageError
from hintree.presets.basic import BASIC
from hintree.presets.corrections import CORRECTIONS
from hintree.presets.escalation import ESCALATION
from hintree.presets.gates import GATES
from hintree.presets.hints import HINTS
from hintree.presets.preset import Preset
from hintree.presets.retrieval import RETRIEVAL
from hintree.presets.rstar import MUTUAL
from hintree.presets.settings import settings_of
from hintree.presets.sub_questions import SUB_QUESTIONS

__all__ = ["PRESETS", "Preset", "preset", "settings_of"]

PRESETS: dict[str, Preset] = {
    **BASIC,
    **ESCALATION,
    **GATES,
    **HINTS,
    **CORRECTIONS,
    **SUB_QUESTIONS,
    **MUTUAL,
    **RETRIEVAL,
}
"""All presets by name; ``hintree`` is the default."""


def preset(name: str) -> Preset:
    """Return a preset by name. Raises UsageError for an unknown name, with the nearest known one."""
    if name not in PRESETS:
        near = get_close_matches(name, PRESETS, 1, 0.5)
        guess = f"; did you mean {near[0]!r}?" if near else ""
        raise UsageError(f"preset {name!r} is not one of {', '.join(PRESETS)}{guess}")
    return PRESETS[name]
