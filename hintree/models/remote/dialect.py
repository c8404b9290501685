"""Differences between servers that show in their errors: fields that a server does not take."""

import re
from collections.abc import Mapping
from typing import Any

UNKNOWN_FIELD = re.compile(
    r"unsupported|not.supported|unrecogni[sz]ed|unknown|extra_forbidden|extra inputs|not permitted|unexpected|"
    r"not allowed|does not support|not available|invalid (parameter|argument|field)",
    re.IGNORECASE,
)
"""Matches the errors of servers that do not take a field or its value."""
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
