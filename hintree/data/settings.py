"""Sources of problems as users state them: options of a command line, and the ``problems:`` of a study."""

import argparse
from collections.abc import Mapping
from typing import Any

from hintree.data.fields import Fields
from hintree.data.sources import ProblemSource
from hintree.errors import UsageError

KEYS = ("source", "question_field", "answer_field", "choices_field", "skip_bad")
"""Keys of ``problems:`` where it is a mapping."""


def source_from_args(source: str, args: argparse.Namespace) -> ProblemSource:
    """Return the source with the options of ``add_problem_options``."""
    return ProblemSource(source, Fields(args.question_field, args.answer_field, args.choices_field), args.skip_bad)


def override(problems: object, args: argparse.Namespace) -> object:
    """Return the ``problems:`` of a study with the options that were given on the command line in place of its own."""
    given = {key: value for key in KEYS[1:] if (value := getattr(args, key))}
    if not given:
        return problems
    return {**(problems if isinstance(problems, Mapping) else {"source": problems}), **given}


def parse_source(value: object) -> ProblemSource:
    """Return the source that the ``problems:`` of a study states.

    Args:
        value: A text, or a mapping with ``source`` and any of question_field, answer_field, choices_field, skip_bad.

    Raises:
        UsageError: It is neither, a key is unknown, or a value has the wrong type.
    """
    if isinstance(value, str):
        return ProblemSource(value)
    if not isinstance(value, Mapping):
        raise UsageError(f"problems: a source, or a mapping with {', '.join(KEYS)}, not {value!r:.40}")
    if unknown := [str(key) for key in value if key not in KEYS]:
        raise UsageError(f"problems: {unknown[0][:40]!r} is none of {', '.join(KEYS)}")
    if "source" not in value:
        raise UsageError("problems: the key 'source' is missing")
    skip_bad = value.get("skip_bad", False)
    if not isinstance(skip_bad, bool):
        raise UsageError(f"problems.skip_bad: true or false, not {skip_bad!r:.40}")
    texts = {key: checked_text(key, value[key]) for key in KEYS[:4] if value.get(key) is not None}
    if "source" not in texts:
        raise UsageError("problems.source: a file, a folder, a name on the hub or lab:..., not null")
    names = Fields(*(texts.get(key, "") for key in KEYS[1:4]))
    return ProblemSource(texts["source"], names, skip_bad)


def checked_text(key: str, value: Any) -> str:
    """Return a value that is a text. Raises UsageError."""
    if not isinstance(value, str) or not value:
        raise UsageError(f"problems.{key}: a text, not {value!r:.40}")
    return value


def to_plain(source: ProblemSource) -> str | dict[str, Any]:
    """Return the source as a study states it: a text if only the source is set, else a mapping."""
    values: tuple[str | bool, ...]
    values = (source.source, source.fields.question, source.fields.answer, source.fields.choices, source.skip_bad)
    given = {key: value for key, value in zip(KEYS, values, strict=True) if value}
    return source.source if len(given) == 1 else given
