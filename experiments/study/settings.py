"""Validate a study file with pydantic models, which are made from the dataclasses of the settings."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from hintree.policies import Hinting, Sampling
from hintree.search import Budget, Rewrite, Selection
from hintree.search.registry import SEARCHES
from hintree.yaml_file import YamlPosition, YamlText, unknown

STRICT = ConfigDict(extra="forbid")
ACCEPTED = {
    **dict.fromkeys(("string_type",), "a text"),
    **dict.fromkeys(("dict_type", "model_type"), "a mapping"),
    **dict.fromkeys(("list_type", "tuple_type"), "a list"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "true or false"),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "a whole number"),
    **dict.fromkeys(("float_type", "float_parsing"), "a number"),
}
"""Accepted values by pydantic's types of errors."""


class StudyFile(BaseModel):
    """Keys of a study file.

    Attributes:
        name: The file's own name by default.
        problems: A source; see ``hintree.data.sources``.
        limit: At most so many problems, from the first on.
        seeds: Every arm solves every problem once with each.
        baseline: The arm that the others are compared with; the first by default.
        defaults: Settings of all arms.
        arms: Settings by name (a text names a preset), or a list of presets.
        grid: Axes that multiply all arms; an arm may have a ``grid`` of its own.
    """

    model_config = STRICT
    name: str = ""
    problems: str | dict[str, Any]
    limit: int | None = Field(None, ge=1)
    seeds: list[int] = Field([0], min_length=1)
    baseline: str | None = None
    defaults: dict[str, Any] = Field(default_factory=dict)
    arms: dict[str, Any] | list[str] = Field(min_length=1)
    grid: dict[str, Any] = Field(default_factory=dict)


class Settings(BaseModel):
    """Settings of an arm: the model of each role (None for an absent role), and the method."""

    model_config = STRICT
    reasoner: str
    hinter: str | None
    teacher: str | None
    scorer: str | None
    prm_spec: str | None = None
    search: dict[str, Any]
    selection: dict[str, Any] = Field(default_factory=dict)
    rewrite: dict[str, Any] | None
    sampling: dict[str, Any]
    hinting: dict[str, Any]
    budget: dict[str, Any]
    keep_hints: bool
    device: str
    dtype: str
    protocol: str | dict[str, Any] | None = None
    abstain: float | None = Field(None, ge=0, le=1)
    retriever: str | None = None
    verifier: str | None = None


def settings_of(kind: type[Any], *without: str) -> type[BaseModel]:
    """Return the pydantic model of a dataclass: its fields, types and defaults."""
    hints = get_type_hints(kind)
    definitions: dict[str, Any] = {f.name: (hints[f.name], f.default) for f in fields(kind) if f.name not in without}
    return create_model(kind.__name__, __config__=STRICT, **definitions)


SEARCH = {name: settings_of(kind) for name, kind in SEARCHES.items()}
SELECTION = settings_of(Selection)
PARTS = {
    "rewrite": settings_of(Rewrite),
    "sampling": settings_of(Sampling),
    "hinting": settings_of(Hinting),
    "budget": settings_of(Budget, "seconds"),
}
"""Parts of an arm. A budget has no seconds here, since results would depend on the machine."""


def keys_of(loc: Sequence[str | int], data: Any, *, missing: bool) -> tuple[str | int, ...]:
    """Return the keys of an error's location, without pydantic's names of types such as "str".

    Args:
        loc: Location in the data, of keys, indices and names of types.
        data: The validated data.
        missing: Whether the last key is not in the data.
    """
    found: list[str | int] = []
    for part in loc:
        if part in data if isinstance(data, Mapping) else isinstance(data, list) and isinstance(part, int):
            found.append(part)
            data = data[part]
    return (*found, loc[-1]) if missing else tuple(found)


def checked(
    model: type[BaseModel], data: Any, text: YamlText, places: Mapping[Any, YamlPosition], prefix: YamlPosition = ()
) -> Any:
    """Validate plain data with a model and return it with defaults filled in.

    Args:
        model: Accepted keys and values.
        data: Data of the study file.
        text: The study file, for positions in errors.
        places: Position in the file by path in the arm; other paths are positions in the file already.
        prefix: Path of ``data`` in the arm.

    Raises:
        UsageError: A key or value is not accepted; names file and line, and the nearest name for an unknown one.
    """
    try:
        return model.model_validate(data).model_dump(mode="json")
    except ValidationError as error:
        first = min(error.errors(include_url=False), key=lambda e: e["type"] != "extra_forbidden")
        where = (*prefix, *keys_of(first["loc"], data, missing=first["type"] == "missing"))
        place = next((places[where[:n]] for n in range(len(where), 0, -1) if where[:n] in places), where)
        name = ".".join(map(str, where))
        if first["type"] == "extra_forbidden":
            if name == "budget.seconds":
                raise text.error(place, "no seconds in a study: results would depend on the machine") from error
            raise text.error(place, unknown(str(where[-1]), list(model.model_fields))) from error
        if first["type"] in ACCEPTED:
            raise text.error(place, f"{name}: {first['input']!r:.60} is not {ACCEPTED[first['type']]}") from error
        value = "" if first["type"] == "missing" else f", not {first['input']!r:.60}"
        raise text.error(place, f"{name}: {first['msg'].lower()}{value}") from error
