"""Choose the model of every role from the arguments of ``Solver`` and the preset.

A role is turned off by the name "none". The shipped models know only the lab's problems, so that a reasoner from
elsewhere never gets one of them as its hinter, teacher or scorer unless that is named.
"""

import logging
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from hintree.errors import UsageError
from hintree.presets.preset import DEFAULT_MODELS, SELECTION_MODELS, Preset
from hintree.search import Gated, GlimpRouter, Handler, Lorid, Retrieve, Rewrite, Search, SlimPLM, Steer, selection_of
from hintree.search.actions import find_actions
from hintree.search.core.actions import Yield
from hintree.search.core.ledger import RETRIEVER
from hintree.solver.loaded_models import is_pair
from hintree.solver.roles import OWN_GRADE, SELF_GRADE

log = logging.getLogger(__name__)
OFF = "none"
"""Name of a model that turns its role off."""
ALONE, USUAL = "greedy", "hintree"
"""Presets where none is named: of a reasoner that is not shipped, and of the shipped models."""
NEEDED = {GlimpRouter: "teacher", Steer: "teacher", Lorid: "hinter"}
"""Searches that choose between two authors or two kinds of guidance, and the role without which they have one only."""
STAGE_ROLES = {"hint": "hinter", "teacher": "teacher"}
"""Stages of a rewrite rule, and the roles that write them."""


def usual_preset(reasoner: Any) -> str:
    """Return the name of the preset where none is named, and log once if it is not the usual one.

    Args:
        reasoner: The reasoner's model, None for the shipped one.
    """
    if not is_foreign(reasoner):
        return USUAL
    say_alone(name_of(reasoner))
    return ALONE


def choose_models(preset: Preset, given: Mapping[str, Any]) -> tuple[Preset, dict[str, Any]]:
    """Return the preset without the roles that are turned off, and the model of every role that is left.

    Args:
        preset: The method.
        given: Model by role; None for the preset's own, "none" to turn the role off.

    Raises:
        UsageError: The search cannot do without a role that is turned off.
    """
    off = roles_off(given)
    if "reasoner" in off:
        raise UsageError("reasoner='none': every search needs a reasoner; name a model")
    if (role := NEEDED.get(type(preset.search))) in off:
        kind = type(preset.search).__name__
        raise UsageError(f"{role}='none': the search {kind} has nothing to do without a {role}; take another search")
    selection = preset.selection or selection_of(preset.search)
    if missing := off.intersection(selection.roles):
        raise UsageError(f"{missing.pop()}='none': the selection {selection.choice} asks it; take another selection")
    if off:
        rule = preset.rewrite and without_roles(preset.rewrite, off)
        preset = replace(preset, roles=tuple(role for role in preset.roles if role not in off), rewrite=rule)
    own = preset.role_models()
    named = {role: model for role, model in given.items() if model is not None and role not in off}
    if is_foreign(named.get("reasoner")):
        own |= own_models(named["reasoner"], {role: model for role, model in own.items() if role not in named}, named)
    models = own | named
    if preset.search == Gated() and str(models.get("scorer", "confidence")).startswith("confidence"):
        say_gate(preset.search.threshold)
    if RETRIEVER not in models and looks_up(preset.search):
        say_nothing_found(type(preset.search).__name__)
    for action in find_actions(getattr(preset.search, "actions", ())):
        if action.author in ("teacher", "hinter") and action.author not in models:
            say_left_out(action.name, action.author)
    return preset, {role: models[role] for role in (*DEFAULT_MODELS, *SELECTION_MODELS, RETRIEVER) if role in models}


def looks_up(search: Search) -> bool:
    """Return True for a search that looks passages up, by itself or by its actions."""
    if isinstance(search, Retrieve):
        return search.when != "never"
    actions = find_actions(getattr(search, "actions", ()))
    return isinstance(search, SlimPLM) or any(action.yields is Yield.PASSAGES for action in actions)


def roles_off(given: Mapping[str, Any]) -> set[str]:
    """Return the roles whose model is "none"."""
    return {role for role, model in given.items() if isinstance(model, str) and model == OFF}


def without_roles(rule: Rewrite, off: set[str]) -> Rewrite | None:
    """Return the rule without the stages of roles that are turned off; None if no stage is left."""
    stages = tuple(stage for stage in rule.stages if STAGE_ROLES.get(stage) not in off)
    return replace(rule, stages=stages) if stages else None


def own_models(reasoner: Any, unnamed: Mapping[str, str], named: Mapping[str, Any]) -> dict[str, Any]:
    """Return the models of unnamed roles for which a preset has shipped ones: the reasoner's own, told in one line.

    Args:
        reasoner: The reasoner's model, which is not shipped.
        unnamed: The preset's model of every role that the user does not name.
        named: The models that the user names.
    """
    shipped = [role for role, model in unnamed.items() if model.startswith("embedded:")]
    writers = [role for role in shipped if role != "scorer"]
    models = dict.fromkeys(writers, reasoner)
    if "scorer" in shipped:
        judged_by_teacher = is_foreign(named.get("teacher", models.get("teacher")))
        models["scorer"] = SELF_GRADE if judged_by_teacher else OWN_GRADE
    if models:
        say_own(name_of(reasoner), " and ".join(writers), models.get("scorer", ""))
    return models


def is_foreign(model: Any) -> bool:
    """Return True for a model that the package does not ship; False for None, and for a handler, which may be any."""
    if is_pair(model):
        return True
    return model is not None and not isinstance(model, Handler) and not name_of(model).startswith("embedded:")


def name_of(model: Any) -> str:
    """Return the name of a model: a name as it is, that of a loaded model, or its class."""
    model = model[0] if is_pair(model) and model else model
    name = model if isinstance(model, str) else getattr(model, "name", getattr(model, "name_or_path", None))
    return name if isinstance(name, str) and name else type(model).__name__


@lru_cache(maxsize=256)
def say_alone(reasoner: str) -> None:
    """Log once that the reasoner solves alone, since no preset is named."""
    log.warning(
        "%s is not a shipped model, so it solves alone (preset %s); name a preset, such as hintree, to search "
        "with hints and scores",
        reasoner,
        ALONE,
    )


@lru_cache(maxsize=256)
def say_own(reasoner: str, writers: str, scorer: str) -> None:
    """Log once which roles the reasoner's own model has, since the user names no other."""
    parts = [f"{writers}: the same model" if writers else "", f"scorer: {scorer}" if scorer else ""]
    log.warning(
        "%s is not a shipped model and has no others beside it, so it gets %s; name them, or turn them off with none",
        reasoner,
        "; ".join(filter(None, parts)),
    )


@lru_cache(maxsize=256)
def say_gate(threshold: float) -> None:
    """Log once that the gate of a gated search is that of a PRM, where token probabilities take the place of scores."""
    log.warning(
        "the gate of %g is for the scores of a PRM: token probabilities hardly ever fall below it, so that no step is "
        "hinted; set it for your models: hintree calibrate",
        threshold,
    )


@lru_cache(maxsize=256)
def say_left_out(action: str, author: str) -> None:
    """Log once that an action of a search is left out, since there is no model of its author."""
    log.warning(
        "the action %s is written by the %s, but there is none, so it is left out: name one with --%s",
        action,
        author,
        author,
    )


@lru_cache(maxsize=256)
def say_nothing_found(search: str) -> None:
    """Log once that a search looks passages up and has no retriever."""
    log.warning(
        "the search %s looks passages up, but there is no retriever, so it goes on without them: name an index with "
        "--retriever (docs/retrieval.md)",
        search,
    )
