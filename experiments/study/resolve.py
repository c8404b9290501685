"""Resolve a study file to the study: every arm with all settings, and the problems.

Settings of an arm override each other in this order: its preset, the study's defaults, its own, and those of a point
of the grid. They are kept flat, as values by path, such as ("rewrite", "threshold").
"""

import hashlib
import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from hintree.data.settings import parse_source, to_plain
from hintree.errors import HintreeError, UsageError
from hintree.experiments.study.settings import PARTS, SEARCH, SELECTION, Settings, StudyFile, checked
from hintree.experiments.study.store_study import StoredCase, stored_case
from hintree.experiments.study.upgrade import current_path, recorded
from hintree.lab.controls import LAB_HINTERS
from hintree.models.local.manifest import MANIFEST
from hintree.models.remote.address import is_address, parse_address
from hintree.models.vllm.name import is_vllm, parse_engine_name
from hintree.policies import find_protocol
from hintree.policies.hint_controls import read_hinter
from hintree.policies.protocol_file import to_data
from hintree.presets import Preset, preset, settings_of
from hintree.presets.settings import preset_of, with_tuples
from hintree.retrieval.index import passages_digest
from hintree.scorers import find_spec, models_of
from hintree.search.algorithms.base import selection_of
from hintree.solver.roles import OWN_GRADE, SELF_GRADE
from hintree.yaml_file import YamlPosition, YamlText, unknown

CARD_FILES = (b"  README.md", b"  training.json")
"""Ends of manifest lines of files that describe a model and are not read to run it."""
MOST = 10_000
"""Arms of a study."""
FIRST = {("search",): ("search", "name"), ("selection",): ("selection", "choice")}
"""The setting that a text stands for in place of several."""
LISTS = (("search", "actions"), ("rewrite", "stages"))
"""Settings that are lists of names."""


class Setting(NamedTuple):
    """Setting: a value and its position in the study file."""

    value: Any
    place: YamlPosition


Keys = tuple[str, ...]
Flat = dict[Keys, Setting]
"""Settings by path."""


class Study(NamedTuple):
    """Study: name, baseline, problems, limit, seeds and arms (configuration by name) as plain data, and its cases."""

    data: dict[str, Any]
    cases: list[StoredCase]


def resolve(text: YamlText) -> Study:
    """Return the study of a parsed file. Raises UsageError."""
    file = checked(StudyFile, text.data, text, {})
    arms: dict[str, Any] = {}
    for name, settings, place in all_arms(file, text):
        if name in arms:
            raise text.error(place, f"there are two arms {name!r}")
        arms[name] = configure(settings, text, place)
        equal = next(other for other, config in arms.items() if config == arms[name])
        if equal != name:
            raise text.error(place, f"the arms {equal!r} and {name!r} are the same; leave one out")
    baseline = file["baseline"] or next(iter(arms))
    if baseline not in arms:
        raise text.error(("baseline",), f"baseline: {unknown(baseline, list(arms))}")
    try:
        source = parse_source(file["problems"])
        cases = source.read(file["limit"])
    except UsageError as error:
        raise text.error(("problems",), str(error)) from error
    data: dict[str, Any] = {key: file[key] for key in ("name", "problems", "limit", "seeds")}
    data["problems"] = source.source
    if (plain := to_plain(source)) != source.source:
        data["problem_fields"] = plain
    data |= {"name": file["name"] or Path(text.name).stem, "baseline": baseline, "arms": arms}
    if len(set(file["seeds"])) < len(file["seeds"]):
        raise text.error(("seeds",), "a seed is given twice")
    return Study(data, list(map(stored_case, cases)))


def all_arms(file: Mapping[str, Any], text: YamlText) -> Iterator[tuple[str, Flat, YamlPosition]]:
    """Yield name, settings and position of every arm, at every point of the grids."""
    listed = file["arms"]
    named = listed if isinstance(listed, dict) else {name: name for name in listed}
    defaults = dict(flatten(file["defaults"], ("defaults",)))
    count = 0
    for name, own in named.items():
        place: YamlPosition = ("arms", name)
        if "," in name or " / " in name:
            raise text.error(place, f"arm {name!r}: no comma and no ' / ' in the name of an arm")
        own = {"preset": own} if isinstance(own, str) else own or {}
        if not isinstance(own, dict):
            raise text.error(place, f"arm {name!r} is neither settings nor the name of a preset")
        grids = [(("grid",), file["grid"]), ((*place, "grid"), own.get("grid") or {})]
        mine = dict(flatten({key: value for key, value in own.items() if key != "grid"}, place))
        axes = [axis(key, values, (*at, key), text) for at, grid in grids for key, values in mapping(grid, at, text)]
        count += math.prod(map(len, axes))
        if count > MOST:
            raise text.error(place, f"more than {MOST} arms")
        for point in itertools.product(*axes):
            settings = overlay(defaults, mine, *(more for _, more in point))
            yield " / ".join((name, *(label for label, _ in point))), settings, place


def mapping(grid: Any, place: YamlPosition, text: YamlText) -> Iterable[tuple[str, Any]]:
    """Return the axes of a grid. Raises UsageError unless it is a mapping."""
    if not isinstance(grid, dict):
        raise text.error(place, "a grid is a mapping from settings to lists of values")
    return grid.items()


def axis(key: str, values: Any, place: YamlPosition, text: YamlText) -> list[tuple[str, Flat]]:
    """Return the points of an axis as pairs of label and settings: values of one setting, or named settings."""
    if isinstance(values, list) and values:
        short = key.rpartition(".")[2]
        named = [(f"{short}={words(value)}", {key: value}) for value in values]
    elif isinstance(values, dict) and values and all(isinstance(value, dict) for value in values.values()):
        named = list(values.items())
    else:
        raise text.error(place, f"grid {key}: give a list of values, or a mapping from labels to settings")
    return [(label, {path: Setting(x.value, place) for path, x in flatten(more, place)}) for label, more in named]


def words(value: Any) -> str:
    """Format a value as part of an arm's name."""
    return "+".join(map(str, value)) if isinstance(value, list) else str(value)


def flatten(data: Mapping[str, Any], place: YamlPosition, path: Keys = ()) -> Iterator[tuple[Keys, Setting]]:
    """Yield settings by path; a dotted key is a path, and a list of names may be a text, as in ``step+finish``."""
    for key, value in data.items():
        here: Keys = (*path, *key.split("."))
        if isinstance(value, dict) and value:
            yield from flatten(value, (*place, key), here)
        elif here in FIRST and isinstance(value, str):
            yield FIRST[here], Setting(value, (*place, key))
        elif here in LISTS and isinstance(value, str):
            yield here, Setting(value.split("+"), (*place, key))
        else:
            yield here, Setting(value, (*place, key))


def overlay(*layers: Flat) -> Flat:
    """Merge layers of settings; a layer that names a search, or replaces a rule, starts from its defaults."""
    result: Flat = {}
    for layer in layers:
        anew: set[Keys] = {path[:1] for path in layer if path in (("search", "name"), ("rewrite",))}
        anew |= {path[:1] for path in layer if path[:1] in result and len(path) > 1}
        result = {path: setting for path, setting in result.items() if path[:1] not in anew} | layer
    return result


def configure(settings: Flat, text: YamlText, place: YamlPosition) -> dict[str, Any]:
    """Return the complete configuration of an arm. Raises UsageError."""
    name = settings.get(("preset",), Setting("hintree", place))
    try:
        base = settings_of(preset(str(name.value)))
    except UsageError as error:
        raise text.error(name.place, str(error)) from error
    own = {path: x for path, x in settings.items() if path != ("preset",)}
    usual = dict(flatten(base, place))
    search = (usual | own)[("search", "name")].value
    full = overlay(usual, renamed(own, search, text))
    places = {path: setting.place for path, setting in full.items()}
    data = checked(Settings, nested(full, text), text, places)
    for part, model in PARTS.items():
        if data[part] is not None:
            data[part] = checked(model, data[part], text, places, (part,))
    data["rewrite"] = None if data["rewrite"] is None else recorded(data["rewrite"])
    data["budget"] = {limit: value for limit, value in data["budget"].items() if value is not None}
    search = data["search"].pop("name", None)
    if search not in SEARCH:
        raise text.error(places.get(("search", "name"), place), f"search: {unknown(str(search), list(SEARCH))}")
    data["search"] = {"name": search, **recorded(checked(SEARCH[search], data["search"], text, places, ("search",)))}
    given = {key: value for key, value in data["selection"].items() if value is not None}
    checked(SELECTION, given, text, places, ("selection",))
    try:
        papers = selection_of(preset_of({**data, "selection": {}}).search)
        data["selection"] = replace(papers, **with_tuples(given)).recorded()
        data |= missing_models(data, preset_of(data))
        return fill_defaults(data)
    except HintreeError as error:
        raise text.error(place, f"arm {place[-1]!r}: {error}") from error


def missing_models(data: Mapping[str, Any], method: Preset) -> dict[str, str]:
    """Return the usual models of the roles that an arm's selection asks, and for which the arm names none."""
    selection = method.selection or selection_of(method.search)
    return {role: name for role, name in method.role_models().items() if role in selection.roles and not data[role]}


def renamed(settings: Flat, search: Any, text: YamlText) -> Flat:
    """Return an arm's own settings under today's names; ``search`` is the name of its search.

    Raises:
        UsageError: A setting is given under its old and its new name.
    """
    current: Flat = {}
    for path, setting in settings.items():
        if (now := current_path(path, search)) in current:
            raise text.error(setting.place, f"{'.'.join(now)} is given twice, under an old name and its new one")
        current[now] = setting
    return current


def nested(settings: Flat, text: YamlText) -> dict[str, Any]:
    """Return settings as nested mappings; "none" is an absent role or rule."""
    data: dict[str, Any] = {}
    for path, (value, place) in settings.items():
        inner = data
        for key in path[:-1]:
            inner = inner.setdefault(key, {})
            if not isinstance(inner, dict):
                raise text.error(place, f"{'.'.join(map(str, path))}: {key!r} has no settings of its own")
        inner[path[-1]] = None if value == "none" else value
    return data


def fill_defaults(config: dict[str, Any]) -> dict[str, Any]:
    """Return the configuration with fingerprints of its weights, and device and dtype for batch-invariant scores.

    The shipped models are computed in float64 on a CPU: in float32 a score changes by up to 2e-5 with the batch
    composition, and results must not depend on how problems are distributed over workers.
    """
    config = dict(config)
    hinter = None if config["hinter"] in (None, *LAB_HINTERS) else read_hinter(config["hinter"]).model
    models = {config["reasoner"], hinter, config["teacher"], config["verifier"]} - {None}
    if config["scorer"] not in (None, SELF_GRADE, OWN_GRADE):
        models |= models_of(config["scorer"])
    if (spec := config.pop("prm_spec")) is not None:
        config["prm_spec"] = find_spec("", spec).to_yaml()
    if (protocol := config.pop("protocol")) is not None:
        config["protocol"] = to_data(find_protocol(protocol))
    config |= {key: value for key in ("abstain", "verifier") if (value := config.pop(key)) is not None}
    if (retriever := config.pop("retriever")) is not None:
        config |= {"retriever": retriever, "index": passages_digest(retriever)}
    config["weights"] = {name: fingerprint(name) for name in sorted(models)}
    if all(name.startswith("embedded:") for name in models):
        config["device"] = "cpu" if config["device"] == "auto" else config["device"]
        config["dtype"] = "float64" if config["dtype"] == "auto" and config["device"] == "cpu" else config["dtype"]
    return config


@lru_cache
def fingerprint(name: str) -> str | None:
    """Return the SHA-256 of a model's manifest or GGUF file, None if it has no manifest or is on a server.

    For a shipped model the lines of its card are left out, so that a reworded card does not end a study.

    Raises:
        ModelError: There is no such model.
    """
    if is_address(name):
        parse_address(name)
        return None
    from hintree.models.local.load import locate  # loads PyTorch, which a study on servers does without

    place = Path(locate(parse_engine_name(name).model if is_vllm(name) else name))
    if place.is_file():
        with place.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    manifest = place / MANIFEST
    if not manifest.is_file():
        return None
    lines = manifest.read_bytes().splitlines(keepends=True)
    if name.startswith("embedded:"):
        lines = [line for line in lines if not line.rstrip().endswith(CARD_FILES)]
    return hashlib.sha256(b"".join(lines)).hexdigest()


def select(names: Sequence[str], wanted: str | None) -> list[str]:
    """Return the arms that ``--arms a,b`` names; a name without grid labels selects all points of its grid.

    Raises:
        UsageError: There is no such arm.
    """
    if wanted is None:
        return list(names)
    chosen: set[str] = set()
    for part in filter(None, (part.strip() for part in wanted.split(","))):
        found = {name for name in names if name == part or name.startswith(f"{part} / ")}
        if not found:
            raise UsageError(f"--arms: {unknown(part, names)}")
        chosen |= found
    return [name for name in names if name in chosen]
