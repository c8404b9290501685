"""Read values from servers' replies: one function checks the type and the range of each number."""

import math
import sys
from collections.abc import Mapping
from typing import Any

from hintree.models.remote.client import MalformedReplyError

LARGEST_COUNT = 10**9
"""Largest count of tokens and largest token id that a reply may hold; no context is a thousandth as long."""
LARGEST = int(sys.float_info.max)
"""Largest whole number that a float holds."""
LEAST_LOG = -1e4
"""Log-probabilities below this are raised to it; their probability is 0 in any float."""
ROUNDING = 1e-3
"""Excess over the range of a probability or its logarithm that counts as a rounding error."""


def read_number(value: Any, name: str, low: float, high: float, *, whole: bool = False) -> float:
    """Return a number of a reply that is in [low, high].

    Args:
        value: Value as parsed from JSON.
        name: Name of the number for the error, such as "prompt_tokens".
        low: Least accepted value.
        high: Greatest accepted value.
        whole: Accept whole numbers only, in either spelling (12 or 12.0).

    Raises:
        MalformedReplyError: The value is no number, is not whole, or is outside the range.
    """
    accepted = isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
    accepted = accepted and not (isinstance(value, int) and abs(value) > LARGEST)
    if not accepted or (whole and value != int(value)):
        kind = "a whole number" if whole else "a number"
        raise MalformedReplyError(f"its {name} is {shown(value)}, not {kind} from {low:g} to {high:g}")
    return float(value)


def read_count(value: Any, name: str) -> int | None:
    """Return a count from 0 to ``LARGEST_COUNT``; None if the reply does not hold it. Raises MalformedReplyError."""
    return None if value is None else int(read_number(value, name, 0, LARGEST_COUNT, whole=True))


def read_probability(value: Any, name: str) -> float:
    """Return a probability in [0, 1]; a rounding error above 1 is cut off. Raises MalformedReplyError."""
    return min(1.0, read_number(value, name, 0.0, 1.0 + ROUNDING))


def read_log_probability(value: Any, name: str = "log-probability") -> float:
    """Return the probability in [0, 1] of a log-probability of a reply. Raises MalformedReplyError."""
    return math.exp(max(LEAST_LOG, min(0.0, read_number(value, name, -math.inf, ROUNDING))))


def shown(value: Any) -> str:
    """Return a value for an error, at most 40 characters of it."""
    text = f"a number of {len(str(value))} digits" if isinstance(value, int) and abs(value) > 10**30 else repr(value)
    return text if len(text) <= 40 else f"{text[:40]}..."


def json_object(value: Any, name: str) -> Mapping[str, Any]:
    """Return the value if it is a JSON object. Raises MalformedReplyError if not."""
    if not isinstance(value, Mapping):
        raise MalformedReplyError(f"{name} is not a JSON object")
    return value
