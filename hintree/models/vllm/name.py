"""Parse the names of models that vLLM runs: ``vllm:NAME``, with engine arguments as ``vllm:NAME?KEY=VALUE&KEY=VALUE``.

The arguments are part of the name, so that every role may have its own and a study records them.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from hintree.errors import UsageError

PREFIX = "vllm:"
EXAMPLE = "max_model_len=4096,gpu_memory_utilization=0.5"
KEY = re.compile(r"[a-z][a-z0-9_]*\Z")
IN_SCORER = re.compile(r"(?<![\w/#])vllm:[^+]*")
"""Matches the models of vLLM in a name, which may be a scorer's, such as ``0.7*vllm:A+0.3*yes-no:vllm:B``."""


class EngineName(NamedTuple):
    """Parsed name of a model that vLLM runs.

    model: A folder, a hub id or ``embedded:NAME``.
    arguments: Engine arguments by name.
    """

    model: str
    arguments: dict[str, Any]


def is_vllm(name: str) -> bool:
    """Return true if a name is that of a model which vLLM runs in this process."""
    return name.startswith(PREFIX)


def parse_engine_name(name: str) -> EngineName:
    """Parse ``vllm:NAME?KEY=VALUE&KEY=VALUE``.

    Raises:
        UsageError: No model is named, or an argument has no accepted form.
    """
    model, _, query = name.removeprefix(PREFIX).partition("?")
    if not model:
        raise UsageError(f"model {name!r}: name a folder or a hub id after the colon, as in vllm:Qwen/Qwen3-0.6B")
    return EngineName(model, dict(parse_pair(pair) for pair in query.split("&") if pair))


def parse_engine_args(text: str) -> dict[str, Any]:
    """Parse ``KEY=VALUE,KEY=VALUE``, or a JSON object for values that hold commas.

    Raises:
        UsageError: The text has neither form.
    """
    if not text.lstrip().startswith("{"):
        return dict(parse_pair(pair.strip()) for pair in text.split(",") if pair.strip())
    try:
        found: dict[str, Any] = json.loads(text)
    except ValueError as error:
        raise UsageError(f"engine arguments {text[:80]!r} are not JSON ({error}); give {EXAMPLE}") from error
    return found


def parse_pair(pair: str) -> tuple[str, Any]:
    """Return name and value of ``KEY=VALUE``; a value that is JSON is read as such. Raises UsageError."""
    key, equals, value = pair.partition("=")
    key = key.replace("-", "_")
    if not equals or not KEY.match(key):
        raise UsageError(f"engine argument {pair[:80]!r} is not KEY=VALUE; give {EXAMPLE}")
    try:
        return key, json.loads(value)
    except ValueError:
        return key, value


def as_argument(value: Any) -> str:
    """Return a value in JSON without "&" and "+", which separate arguments and the parts of a scorer's name."""
    text = json.dumps(value)
    if isinstance(value, float):
        return text.replace("+", "")
    return text.replace("&", r"\u0026").replace("+", r"\u002b")


def with_engine_args(name: str, given: str | Mapping[str, Any]) -> str:
    """Return a model's or scorer's name with engine arguments in every ``vllm:`` name in it that lacks them.

    Args:
        name: Name of a model or scorer.
        given: Arguments by name, or as text for ``parse_engine_args``.

    Raises:
        UsageError: The text has no accepted form.
    """
    arguments = parse_engine_args(given) if isinstance(given, str) else given

    def extended(found: re.Match[str]) -> str:
        own = parse_engine_name(found[0]).arguments
        added = [f"{key}={as_argument(value)}" for key, value in arguments.items() if key not in own]
        return found[0] + ("&" if own else "?") * bool(added) + "&".join(added)

    return IN_SCORER.sub(extended, name)
