"""Registry of searches by name, and the parser of their settings."""

import ast
import inspect
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from hintree.errors import UsageError
from hintree.search import (
    ABMCTS,
    DVTS,
    MCTS,
    MUR,
    SSR,
    Beam,
    BestFirst,
    BestOfN,
    CogTree,
    ConfidentVote,
    ConfSpec,
    DaSLaM,
    FirstTokens,
    Gated,
    GlimpRouter,
    Lorid,
    Particles,
    Retrieve,
    Revise,
    Rewrite,
    RStar,
    Search,
    Selection,
    SelfConsistency,
    SlimPLM,
    Smart,
    Socratic,
    Steer,
)
from hintree.search.core.limits import PathLimits
from hintree.search.escalation import OLD_NAMES

Made = TypeVar("Made")

SEARCHES: dict[str, type[Search]] = {
    "best-of-n": BestOfN,
    "self-consistency": SelfConsistency,
    "confident-vote": ConfidentVote,
    "beam": Beam,
    "dvts": DVTS,
    "best-first": BestFirst,
    "mcts": MCTS,
    "ab-mcts": ABMCTS,
    "particles": Particles,
    "gated": Gated,
    "smart": Smart,
    "glimprouter": GlimpRouter,
    "steer": Steer,
    "mur": MUR,
    "confspec": ConfSpec,
    "first-tokens": FirstTokens,
    "lorid": Lorid,
    "ssr": SSR,
    "rstar": RStar,
    "revise": Revise,
    "socratic": Socratic,
    "daslam": DaSLaM,
    "cogtree": CogTree,
    "retrieve": Retrieve,
    "slimplm": SlimPLM,
}
"""Every search that ``--search`` takes."""


def make_search(name: str, settings: str = "") -> Search:
    """Return a search from its name and settings such as "simulations=64,c=1.4". Raises UsageError."""
    if name not in SEARCHES:
        raise UsageError(f"search {name!r} is not one of {', '.join(SEARCHES)}")
    kind: Any = SEARCHES[name]
    made: Search = kind(**read_settings("--set", kind, settings))
    return made


def make_rewrite(settings: str, base: Rewrite | None = None, *, option: str = "--rewrite") -> Rewrite:
    """Return a rule from settings such as "threshold=0.7,stages=hint+teacher", which override those of ``base``.

    "none" is a rule that never rewrites. Raises UsageError, which names ``option``.
    """
    if settings == "none":
        return Rewrite(threshold=0)
    return changed(option, base or Rewrite(), settings)


def make_selection(settings: str, base: Selection | None = None, *, option: str = "--selection") -> Selection:
    """Return a selection from settings such as "choice=majority", which override those of ``base``.

    A word alone is the choice. Raises UsageError, which names ``option``.
    """
    alone = settings.strip() and "=" not in settings
    return changed(option, base or Selection(), f"choice={settings}" if alone else settings)


def changed(option: str, base: Made, settings: str) -> Made:
    """Return a copy of a dataclass with settings such as "m=1,depth=20", the value of ``option``. Raises UsageError."""
    return replace(base, **read_settings(option, type(base), settings))  # type: ignore[type-var]


def read_settings(option: str, kind: type[Any], text: str) -> dict[str, Any]:
    """Parse the settings of a dataclass from NAME=VALUE,...; values are numbers, words, or words joined by +.

    Former names of settings (``escalation.OLD_NAMES``) are accepted.

    Raises:
        UsageError: A name is unknown or given twice, or a part has not that form.
    """
    assert is_dataclass(kind)
    defaults = {field.name: field.default for field in fields(kind)}
    found: dict[str, Any] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        key, equals, value = (x.strip() for x in part.partition("="))
        key = OLD_NAMES.get(key, key) if kind is Rewrite else key
        if key not in defaults or not equals:
            expected = f"NAME=VALUE with a setting of {kind.__name__}: {', '.join(defaults)}"
            raise UsageError(f"{option} {part}: expected {expected}")
        if key in found:
            raise UsageError(f"{option}: {key} of {kind.__name__} is given twice")
        found[key] = tuple(map(literal, value.split("+"))) if isinstance(defaults[key], tuple) else literal(value)
    return found


def literal(text: str) -> Any:
    """Return the number, truth value or None that a text stands for, else the text itself."""
    words = {"true": True, "false": False, "none": None}
    if text.lower() in words:
        return words[text.lower()]
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
    return value if isinstance(value, int | float) else text


def describe(name: str) -> tuple[str, Mapping[str, Any]]:
    """Return a search's description in plain text, and its settings with their defaults, those of paths last."""
    kind: Any = SEARCHES[name]
    about = (inspect.getdoc(kind) or "").partition("\n")[0].rstrip(".").replace("``", "")
    shared = {field.name for field in fields(PathLimits)}
    settings = sorted(fields(kind), key=lambda field: field.name in shared)
    return about, {field.name: field.default for field in settings}
