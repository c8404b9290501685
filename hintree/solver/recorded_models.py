"""Identify the models and the sampling that a recording was made with, and say what another run has of its own."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from hintree.errors import UsageError
from hintree.models import is_address, parse_address
from hintree.policies.hint_controls import OTHERS, read_hinter
from hintree.policies.verification import VERIFIER_SAMPLING
from hintree.presets.preset import Preset
from hintree.scorers import PRMSpec
from hintree.scorers.probe import PROBE
from hintree.search.core.ledger import RETRIEVER
from hintree.solver.roles import scoring_role

Maker = dict[str, Any]
"""Facts about what made a role's responses: "model", a name; "sampling", the settings of a writer; "hinting", those of
a hinter; and what else its prompts depend on."""


def makers_of(
    models: Mapping[str, Any],
    preset: Preset,
    prm_spec: str | PRMSpec | None = None,
    *,
    device: str = "auto",
    dtype: str = "auto",
    questions: Sequence[str] = (),
) -> dict[str, Maker]:
    """Return what makes the responses of each role; the arguments are those of ``role_handlers``."""
    makers: dict[str, Maker] = {role: {"model": recorded_name(model)} for role, model in models.items()}
    for role, maker in makers.items():
        name = models[role]
        if role == "scorer":
            judge = scoring_role(name)
            maker |= {} if judge is None else {"judge": recorded_name(models.get(judge))}
            maker |= {"keep_hints": preset.keep_hints} if isinstance(name, str) and name.startswith(PROBE) else {}
            maker |= {} if prm_spec is None else {"spec": prm_spec if isinstance(prm_spec, str) else prm_spec.to_yaml()}
        elif role == "hinter":
            maker |= {"sampling": asdict(preset.sampling), "hinting": asdict(preset.hinting)}
            maker |= {"questions": digest(list(questions))} if is_of_others(name) else {}
        elif role == "verifier":
            maker |= {"sampling": asdict(VERIFIER_SAMPLING), "keep_hints": preset.keep_hints}
        elif role != RETRIEVER:
            maker |= {"sampling": asdict(preset.sampling), "keep_hints": preset.keep_hints}
        maker |= {"device": device, "dtype": dtype} if isinstance(name, str) else {}
    return makers


def is_of_others(hinter: Any) -> bool:
    """Return True for a hinter whose hints depend on the other questions of a run."""
    return isinstance(hinter, str) and OTHERS in (hinter, read_hinter(hinter).control)


def digest(facts: Any) -> str:
    """Return eight hexadecimal digits that depend on facts, which are written as JSON."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:8]


def recorded_name(model: Any) -> str:
    """Return the name of a model without its place, so that a moved folder or server keeps it; no key of a server."""
    name = model if isinstance(model, str) else getattr(model, "name", None)
    if not isinstance(name, str):
        return str(getattr(model, "__qualname__", type(model).__qualname__))
    if is_address(name):
        return parse_address(name).model
    kind, colon, of = name.partition(":")
    return f"{kind}:{recorded_name(of)}" if colon and "/" not in kind else name.rstrip("/").rpartition("/")[2]


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
    parts = [value if isinstance(value, dict) else {name: value} for name, value in maker.items()]
    return {name: value for part in parts for name, value in part.items()}
