"""Tell apart the models behind the roles of a run by their whole names, and a changed model by its files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from hintree.bounded_files import MEBIBYTE, read_bytes
from hintree.errors import UsageError
from hintree.lab.controls import LAB_HINTERS
from hintree.models import is_address, parse_address
from hintree.models.local.folder import HOME
from hintree.models.local.manifest import MANIFEST
from hintree.models.vllm.name import is_vllm, parse_engine_name
from hintree.policies.hint_controls import read_hinter
from hintree.scorers import PRMSpec
from hintree.scorers.registry import models_of
from hintree.solver.recorded_models import digest
from hintree.solver.roles import OWN_GRADE, SELF_GRADE, scoring_role


class Origin(NamedTuple):
    """The origin of a role's responses.

    names: Whole names of the role's model and of others that it reads.
    files: Digest of the files of each that is on this machine, by name.
    """

    names: list[str]
    files: dict[str, str]


def origins_of(models: Mapping[str, Any], prm_spec: str | PRMSpec | None = None) -> dict[str, Origin]:
    """Return the origin of every role.

    Args:
        models: Name of a model or scorer, by role.
        prm_spec: Format of a PRM, which may be a file.

    Raises:
        UsageError: A role is no name but an object, which another run cannot recognise.
    """
    origins: dict[str, Origin] = {}
    for role, model in models.items():
        if not isinstance(model, str):
            raise UsageError(
                f"the {role} is a {type(model).__qualname__}, which a folder of recordings cannot tell from others: "
                "give the name of a model, or record in a file"
            )
        names = {name for name in models_behind(role, model, models) if isinstance(name, str)}
        if role == "scorer" and isinstance(prm_spec, str):
            names.add(prm_spec)
        found = {whole_name(name): files_of(name) for name in names}
        origins[role] = Origin(
            sorted({whole_name(model), *found}), {name: files for name, files in found.items() if files}
        )
    return origins


def models_behind(role: str, model: str, models: Mapping[str, Any]) -> set[Any]:
    """Return the models that a role's responses come from."""
    if role == "hinter":
        return set() if model in LAB_HINTERS else {read_hinter(model).model}
    if role != "scorer":
        return {model}
    judge = scoring_role(model)
    own = set() if model in (SELF_GRADE, OWN_GRADE) else models_of(model)
    return own if judge is None else {*own, models.get(judge)}


def whole_name(name: str) -> str:
    """Return the name of a model with its place; a model on a server may move, if it has a name there."""
    return (parse_address(name).model or name) if is_address(name) else name


def files_of(name: str) -> str:
    """Return a digest of a model's manifest, or of the sizes and times of its files; "" if it has none here."""
    if is_address(name):
        return ""
    name = parse_engine_name(name).model if is_vllm(name) else name
    kind, _, shipped = name.partition(":")
    place = HOME / shipped if kind == "embedded" else Path(name)
    if (manifest := place / MANIFEST).is_file():
        return digest(read_bytes(manifest, MEBIBYTE).decode("utf-8", "replace"))
    files = [place] if place.is_file() else sorted(place.rglob("*")) if place.is_dir() else []
    facts = [(str(file.relative_to(place)), file.stat()) for file in files if file.is_file()]
    return digest([(at, stat.st_size, stat.st_mtime_ns) for at, stat in facts]) if facts else ""
