"""Differences between servers that show in their errors: fields that a server does not take, and statuses."""

import re
from collections.abc import Mapping
from typing import Any

UNKNOWN_FIELD = re.compile(
    r"unsupported|not.supported|unrecogni[sz]ed|unknown|extra_forbidden|extra inputs|not permitted|unexpected|"
    r"not allowed|does not support|not available|invalid (parameter|argument|field)",
    re.IGNORECASE,
)
"""Matches the errors of servers that do not take a field or its value."""
TRANSIENT_ERROR = re.compile(r"rate.?limit|overload|time.?out|unavailable|server.?error|internal|busy", re.IGNORECASE)
"""Matches the kinds of errors without a status that are transient faults."""
NEUTRAL: Mapping[str, Any] = {"top_p": 1.0, "top_k": 0, "min_p": 0.0}
"""Values that change nothing: a field that has one can be left out."""
DROPPABLE = (
    "chat_template_kwargs",
    "reasoning_effort",
    "thinking_token_budget",
    "skip_special_tokens",
    "top_logprobs",
    "logprobs",
    "seed",
    "stop",
    "temperature",
)
"""Fields that can be left out; the client cuts at stop texts itself, and says the loss of any other field."""


def refused_field(detail: str, body: Mapping[str, Any]) -> str:
    """Return the field of a request body that a server's error refuses and that can be left out; "" if none is.

    Args:
        detail: The error's text.
        body: The body that was sent.
    """
    if not UNKNOWN_FIELD.search(detail):
        return ""
    named = [name for name in body if re.search(rf"(?<![\w]){re.escape(name)}(?![\w])", detail)]
    return next((name for name in named if droppable(name, body[name])), "")


def droppable(name: str, value: Any) -> bool:
    """Tell whether a field can be left out of a request."""
    return name in DROPPABLE or (name in NEUTRAL and value == NEUTRAL[name])


def wants_completion_limit(detail: str) -> bool:
    """Tell whether a server's error asks for ``max_completion_tokens`` in place of ``max_tokens``."""
    return "max_completion_tokens" in detail


def status_of_error(data: Any) -> int:
    """Return the status of an error that a response with status 200 holds; 0 if it holds none."""
    if not isinstance(data, Mapping):
        return 0
    choices = data.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    held = data if data.get("object") == "error" else data.get("error") if not choices else None
    held = first.get("error") if isinstance(first, Mapping) and not held else held
    if not held:
        return 0
    code = held.get("code") if isinstance(held, Mapping) else None
    if isinstance(code, int) and 400 <= code < 600:
        return code
    return 503 if TRANSIENT_ERROR.search(str(held)) else 400
