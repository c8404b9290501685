"""Responses as plain data in a recording, and back; a recording may come from strangers, so every value is checked."""

import math
from numbers import Real
from typing import Any, cast

from hintree.search.core.actions import Passage
from hintree.search.core.faults import Fault
from hintree.search.core.hints import Hint, HintKind
from hintree.search.core.ledger import Usage
from hintree.search.core.old_versions import read_hint
from hintree.search.core.requests import (
    HintOutput,
    HintRequest,
    Request,
    Response,
    RetrievalRequest,
    StepRequest,
    StrategyRequest,
)
from hintree.search.core.tree import StepOutput

LARGEST_COUNT = 10**15
"""Largest count of tokens or parameters that a recording may hold."""
ENDINGS = ("delimiter", "end", "length", "loop")
Value = StepOutput | HintOutput | tuple[Hint | None, ...] | tuple[Passage, ...] | float | None
"""Value of a response."""


def pack_response(response: Response[Any]) -> list[Any]:
    """Return a response as a list: its value, its usage, and of a score the mass of its labels and the fault."""
    more = [response.mass, None if response.fault is None else response.fault.value]
    while more and more[-1] is None:
        more.pop()
    return [pack(response.value), *response.usage, *more]


def unpack_response(request: Request[Any], packed: Any) -> Response[Any]:
    """Return the response that ``pack_response`` was given. Raises ValueError if it is damaged."""
    size = len(Usage._fields)
    if not isinstance(packed, list) or not size < len(packed) <= size + 3:
        raise ValueError("a response is a list of a value and its costs")
    value, *numbers = packed
    mass, fault = (*numbers[size:], None, None)[:2]
    return Response(
        unpack(request, value),
        Usage(*map(read_count, numbers[:size])),
        read_optional(mass, 0, 1.001),
        None if fault is None else Fault(fault),
    )


def pack(value: Value) -> Any:
    """Return a value as plain data; a score that is not a number becomes None."""
    if isinstance(value, StepOutput):
        return [list(field) if isinstance(field, tuple) else field for field in without_defaults(value)]
    if isinstance(value, tuple) and value and isinstance(value[0], Passage):
        return [[one.id, one.text, one.score] for one in value]
    if isinstance(value, tuple):
        return [pack_hint(hint) for hint in cast(tuple[Hint | None, ...], value)]
    if isinstance(value, HintOutput):
        return [pack_hint(value.hint), value.tokens]
    return float(value) if isinstance(value, Real) else None


def unpack(request: Request[Any], value: Any) -> Value:
    """Return the value that ``pack`` was given. Raises ValueError if it is damaged."""
    if isinstance(request, StepRequest):
        return unpack_step(value)
    if isinstance(request, StrategyRequest):
        return tuple(map(unpack_hint, read_list(value)))
    if isinstance(request, RetrievalRequest):
        return tuple(map(unpack_passage, read_list(value)))
    if isinstance(request, HintRequest):
        hint, tokens = read_list(value)
        return HintOutput(unpack_hint(hint), read_count(tokens))
    if value is None or isinstance(value, float):  # the search itself refuses a score outside [0, 1]
        return value
    return read_float(value, -math.inf, math.inf)


def unpack_step(value: Any) -> StepOutput:
    """Return a packed step. Raises ValueError if a field has another type or is out of its range."""
    fields = read_list(value)
    least = len(StepOutput._fields) - len(StepOutput._field_defaults)
    if not least <= len(fields) <= len(StepOutput._fields):
        raise ValueError("a step has other fields")
    step = StepOutput(*fields)
    texts = (step.text, step.thought, step.tokenizer)
    optional = [text for text in (step.answer, step.delimiter) if text is not None]
    if not all(isinstance(text, str) for text in (*texts, *optional)) or step.ended not in ENDINGS:
        raise ValueError("a field of a step is no text")
    if not all(isinstance(flag, bool) for flag in (step.thinking, step.cut_thought)):
        raise ValueError("a field of a step is neither true nor false")
    return step._replace(
        tokens=read_count(step.tokens),
        mean_probability=read_float(step.mean_probability, 0, 1),
        min_probability=read_float(step.min_probability, 0, 1),
        entropy=read_float(step.entropy, 0, math.inf),
        log_probability=read_optional(step.log_probability, -math.inf, 0),
        least_probability=read_optional(step.least_probability, 0, 1),
        first_entropy=read_optional(step.first_entropy, 0, math.inf),
        peak_entropy=read_optional(step.peak_entropy, 0, math.inf),
        token_ids=tuple(map(read_count, read_list(list(step.token_ids)))),
    )


def read_count(value: Any) -> int:
    """Return a whole number from 0 to ``LARGEST_COUNT``. Raises ValueError for any other value."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST_COUNT:
        raise ValueError("a count is no whole number of its range")
    return value


def read_float(value: Any, low: float, high: float) -> float:
    """Return a finite number as it was recorded, in [low, high] but for a rounding error. Raises ValueError."""
    if not isinstance(value, int | float) or isinstance(value, bool) or abs(value) > LARGEST_COUNT:
        raise ValueError("a value is no number")
    if not low - 1e-6 <= value <= high + 1e-6:  # also NaN
        raise ValueError("a number is out of its range")
    return value  # unchanged, so that a replayed tree has the bytes of the recorded one


def read_optional(value: Any, low: float, high: float) -> float | None:
    """Return None as it is, any other value by ``read_float``."""
    return None if value is None else read_float(value, low, high)


def read_list(value: Any) -> list[Any]:
    """Return a list. Raises ValueError for any other value."""
    if not isinstance(value, list):
        raise ValueError("a value is no list")
    return value


def without_defaults(step: StepOutput) -> tuple[Any, ...]:
    """Return the fields of a step up to the last one that differs from its default."""
    fields, defaults = list(step), list(StepOutput._field_defaults.values())
    required = len(fields) - len(defaults)
    while len(fields) > required and fields[-1] == defaults[len(fields) - 1 - required]:
        fields.pop()
    return tuple(fields)


def unpack_passage(packed: Any) -> Passage:
    """Return a packed passage. Raises ValueError."""
    name, text, score = read_list(packed)
    if not isinstance(name, str) or not isinstance(text, str):
        raise ValueError("a passage is no text")
    return Passage(name, text, read_float(score, -math.inf, math.inf))


def pack_hint(hint: Hint | None) -> list[str] | None:
    """Return a hint as its kind and its text."""
    return None if hint is None else [hint.kind.value, hint.text]


def unpack_hint(packed: Any) -> Hint | None:
    """Return a packed hint; recordings made before hints had kinds hold one line of text. Raises ValueError."""
    if packed is None or isinstance(packed, str):
        return read_hint(packed)
    kind, text = read_list(packed)
    if not isinstance(text, str):
        raise ValueError("a hint is no text")
    return Hint(text, HintKind(kind))
