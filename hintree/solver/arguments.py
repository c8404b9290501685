"""Check the arguments of ``Solver``, and read those that may be given in the words of the command line."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import Enum
from inspect import isclass
from pathlib import Path
from types import NoneType
from typing import Any

from hintree.errors import UsageError
from hintree.policies import Protocol, Sampling, find_protocol
from hintree.presets.preset import Preset
from hintree.scorers import PRMSpec
from hintree.search import Budget, Handler, Rewrite, Search, Selection
from hintree.search.registry import SEARCHES, changed, make_rewrite, make_search, make_selection
from hintree.solver.roles import ModelPool


class PresetDefault(Enum):
    """Sentinel of an argument whose None has a meaning of its own."""

    PRESETS_OWN = "the preset's own"


PRESETS_OWN = PresetDefault.PRESETS_OWN
"""Default of ``Solver(rewrite=...)``: the preset's rule, where None rewrites nothing."""
TYPES: Mapping[str, tuple[tuple[type, ...], str]] = {
    "preset": ((str, Preset), "a name that `hintree presets` lists, or a Preset"),
    "rewrite": ((Rewrite, str, NoneType, PresetDefault), 'hintree.Rewrite(threshold=0.7), "threshold=0.7" or None'),
    "selection": ((Selection, str, NoneType), 'hintree.Selection("majority"), "majority" or None'),
    "sampling": ((Sampling, str, NoneType), 'a Sampling, "temperature=0.8" or None'),
    "protocol": ((Protocol, str, Path, Mapping, NoneType), "a Protocol, a name, a YAML file or None"),
    "system": ((str,), "a text"),
    "budget": ((Budget, str, NoneType), 'hintree.Budget(teacher_tokens=500), "teacher_tokens=500" or None'),
    "seed": ((int,), "a whole number"),
    "recording": ((str, Path, NoneType), "the path of a file, or None"),
    "device": ((str,), '"auto" or a torch device such as "cpu"'),
    "dtype": ((str,), '"auto" or a number format such as "float32"'),
    "prm_spec": ((PRMSpec, str, NoneType), "a PRMSpec, a family's name, a YAML file or None"),
    "engine_args": ((str, Mapping, NoneType), '{"max_model_len": 4096}, "max_model_len=4096" or None'),
    "pool": ((ModelPool, NoneType), "other_solver.pool, or None"),
    "questions": ((Sequence,), "a list of texts"),
    "abstain": ((int, float), "a number from 0 to 1"),
}
"""Accepted types of each argument, and what to give."""
MODEL = 'a name such as "embedded:student", (model, tokenizer), a loaded LanguageModel, a Handler, or "none"'
RETRIEVER = 'an index such as "facts.index", the URL of a search service, an object with search, a Handler, or "none"'
SCORER = 'a name such as "embedded:prm", (model, tokenizer), function(question, steps), an object with score, or "none"'


def check_types(**values: Any) -> None:
    """Raise UsageError unless each argument is of a type that ``TYPES`` accepts for it; True is no number."""
    for name, value in values.items():
        kinds, accepted = TYPES[name]
        if not isinstance(value, kinds) or isinstance(value, bool) or (name == "questions" and isinstance(value, str)):
            raise wrong(name, value, accepted)


def check_abstain(value: float) -> None:
    """Raise UsageError unless the confidence below which answers are withheld is a number from 0 to 1."""
    check_types(abstain=value)
    if not 0 <= value <= 1:
        raise UsageError(f"abstain={value!r} is not a confidence, which is a number from 0 to 1")


def wrong(name: str, value: Any, accepted: str) -> UsageError:
    """Return the error for an argument of a type that is not accepted."""
    if isclass(value):
        return UsageError(f"{name}={value.__name__} is a class; give {accepted}")
    return UsageError(f"{name}={repr(value)[:60]} is of type {type(value).__name__}; give {accepted}")


def check_models(given: Mapping[str, Any]) -> None:
    """Raise UsageError unless every role's argument can be a model, or None."""
    for role, model in given.items():
        if model is None or isinstance(model, Handler | tuple) or (isinstance(model, str) and model):
            continue
        able = {"scorer": ("score", "__call__"), "retriever": ("search",)}.get(role, ("generate",))
        # a transformers model without its tokenizer; our own models forget
        bare = hasattr(model, "config") and hasattr(model, "generate") and not hasattr(model, "forget")
        if isclass(model) or bare or not any(callable(getattr(model, name, None)) for name in able):
            raise wrong(role, model, {"scorer": SCORER, "retriever": RETRIEVER}.get(role, MODEL))


def check_search(search: Any) -> None:
    """Raise UsageError unless the search is a name, None or an object that grows trees."""
    if search is not None and not isinstance(search, str) and (isclass(search) or not hasattr(search, "grow")):
        raise wrong("search", search, f"hintree.MCTS(simulations=64), one of {', '.join(SEARCHES)}, or None")


def with_parts(
    preset: Preset,
    *,
    search: Search | str | None,
    selection: Selection | str | None,
    rewrite: Rewrite | str | PresetDefault | None,
    sampling: Sampling | str | None,
    protocol: str | Path | Protocol | Mapping[str, Any] | None,
) -> Preset:
    """Return the preset with the given parts in place of its own; a new search selects as its paper does.

    Raises:
        UsageError: A part is not of an accepted type, or its words cannot be read.
    """
    check_types(rewrite=rewrite, selection=selection, sampling=sampling, protocol=protocol)
    check_search(search)
    if search is not None:
        made = make_search(search) if isinstance(search, str) else search
        preset = replace(preset, search=made, selection=None)
    if isinstance(selection, str):
        usual = preset.selection or getattr(preset.search, "selection", None)
        selection = make_selection(selection, usual, option="selection")
    if isinstance(rewrite, str):
        rewrite = None if rewrite == "none" else make_rewrite(rewrite, preset.rewrite, option="rewrite")
    if isinstance(sampling, str):
        sampling = changed("sampling", preset.sampling, sampling)
    if protocol is not None:
        preset = replace(preset, protocol=find_protocol(protocol))
    return replace(
        preset,
        selection=selection or preset.selection,
        rewrite=preset.rewrite if isinstance(rewrite, PresetDefault) else rewrite,
        sampling=sampling or preset.sampling,
    )
