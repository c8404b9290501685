"""Identify the models and the sampling that a recording was made with, and say what another run has of its own."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from hintree.errors import UsageError
from hintree.models import is_address, parse_address
from hintree.policies.verification import VERIFIER_SAMPLING
from hintree.presets.preset import Preset

Maker = dict[str, Any]
"""Facts about what made a role's responses: "model", a name, and "sampling", the settings of a writer."""


def makers_of(models: Mapping[str, Any], preset: Preset) -> dict[str, Maker]:
    """Return what makes the responses of each role; a scorer has no sampling settings."""
    own = {"verifier": VERIFIER_SAMPLING}
    return {
        role: {
            "model": recorded_name(model),
            **({} if role in ("scorer", "retriever") else {"sampling": asdict(own.get(role, preset.sampling))}),
        }
        for role, model in models.items()
    }


def recorded_name(model: Any) -> str:
    """Return the name of a model without its place, so that a moved folder or server keeps it; no key of a server."""
    name = model if isinstance(model, str) else getattr(model, "name", None)
    if not isinstance(name, str):
        return str(getattr(model, "__qualname__", type(model).__qualname__))
    if is_address(name):
        return parse_address(name).model
    return name.rstrip("/").rpartition("/")[2]


def check_maker(path: Any, role: str, recorded: Maker, now: Maker) -> None:
    """Raise UsageError if a role's responses were recorded with another model or other sampling, with what differs."""
    before, after = flat(recorded), flat(now)
    names = [name for name in before if name in after and before[name] != after[name]]
    if names:
        changes = ", ".join(f"{name} {repr(before[name])[:60]}, not {repr(after[name])[:60]}" for name in names)
        raise UsageError(
            f"the recording {path} was made by a {role} with {changes}; give the same to replay it, or another file to "
            "record a new run (search, rewrite rule, selection and budget may change)"
        )


def flat(maker: Maker) -> dict[str, Any]:
    """Return the facts of a maker by one name each."""
    sampling = maker.get("sampling")
    named = {name: maker[name] for name in ("model",) if name in maker}
    return named | (sampling if isinstance(sampling, dict) else {})
