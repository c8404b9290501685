"""Presets as plain data and back: what a study's arm holds."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from hintree.policies import Hinting, Sampling, find_protocol
from hintree.policies.protocol_file import to_data
from hintree.presets.preset import Preset
from hintree.search import ROLES, Rewrite, Selection
from hintree.search.registry import SEARCHES


def settings_of(chosen: Preset) -> dict[str, Any]:
    """Return a preset as the settings of an arm; an empty ``selection`` selects as the search's paper does.

    The usual protocol adds nothing, so that arms of older stores keep their names.
    """
    kind = next(name for name, kind in SEARCHES.items() if kind is type(chosen.search))
    search: Any = chosen.search
    return {
        **dict.fromkeys(ROLES),
        **chosen.role_models(),
        "search": {"name": kind, **asdict(search)},
        "selection": {} if chosen.selection is None else chosen.selection.recorded(),
        "rewrite": None if chosen.rewrite is None else asdict(chosen.rewrite),
        "sampling": asdict(chosen.sampling),
        "hinting": asdict(chosen.hinting),
        "budget": {},
        "keep_hints": chosen.keep_hints,
        "device": "auto",
        "dtype": "auto",
        **({} if chosen.protocol is None else {"protocol": to_data(chosen.protocol)}),
    }


def preset_of(config: Mapping[str, Any]) -> Preset:
    """Return the preset of an arm's resolved settings; the models of its roles stay in the settings.

    Raises:
        UsageError: A value is outside its range.
    """
    settings = dict(config["search"])
    search = SEARCHES[settings.pop("name")](**with_tuples(settings))
    rule = None if config["rewrite"] is None else Rewrite(**with_tuples(config["rewrite"]))
    sampling, hinting = Sampling(**config["sampling"]), Hinting(**config["hinting"])
    selection = Selection(**with_tuples(config["selection"])) if config["selection"] else None
    protocol = find_protocol(config["protocol"]) if config.get("protocol") else None
    return Preset("", (), search, rule, sampling, config["keep_hints"], hinting, selection=selection, protocol=protocol)


def with_tuples(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings from JSON, which has lists only, with tuples in their place."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in settings.items()}
