"""Parse and validate servers' responses: one text with its token statistics, from either shape of either endpoint."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from hintree.models.remote.client import Garbled


class Reply(NamedTuple):
    """One text as a server returned it.

    text: Text as received.
    finish: "stop" or "length".
    stopped: True if the server reports that a stop text ended the text, False if the model ended it, None if it reports
        neither.
    tokens: Texts of the generated tokens; () where the server does not return them.
    probabilities: Probability of each of ``tokens``, in [0, 1].
    shape: Shape of the log-probabilities: "tokens" (as in completions), "content" (as in chat), "" for none.
    read: The server's count of prompt tokens; None if missing.
    written: The server's count of generated tokens; None if missing.
    cached: The server's count of prompt tokens from its prefix cache; None if missing.
    """

    text: str
    finish: str
    stopped: bool | None
    tokens: tuple[str, ...]
    probabilities: tuple[float, ...]
    shape: str
    read: int | None
    written: int | None
    cached: int | None


def read_reply(data: Any) -> Reply:
    """Parse a response that has exactly one choice.

    Raises:
        Garbled: The response has no choice or several, no text, no finish reason, or invalid numbers.
    """
    choices = mapping(data, "the answer").get("choices")
    if not isinstance(choices, list) or len(choices) != 1:
        found = len(choices) if isinstance(choices, list) else "no"
        raise Garbled(f"its answer has {found} choices where one was asked for")
    choice = mapping(choices[0], "the choice")
    text = mapping(choice["message"], "the message").get("content") if "message" in choice else choice.get("text")
    if not isinstance(text, str):
        raise Garbled("its answer has no text")
    finish = choice.get("finish_reason")
    if finish not in ("stop", "length"):
        raise Garbled(f"its answer does not say that it is whole (finish_reason {str(finish)[:40]!r})")
    tokens, chances, shape = read_chances(choice.get("logprobs"))
    usage = data.get("usage") if isinstance(data.get("usage"), Mapping) else {}
    details = usage.get("prompt_tokens_details")
    cached = count(details.get("cached_tokens")) if isinstance(details, Mapping) else None
    read, written = count(usage.get("prompt_tokens")), count(usage.get("completion_tokens"))
    return Reply(text, finish, read_stopped(choice), tokens, chances, shape, read, written, cached)


def read_stopped(choice: Mapping[str, Any]) -> bool | None:
    """Return true if ``stop_reason`` (vLLM) or ``matched_stop`` (SGLang) is a text; None if both are missing."""
    for field in ("stop_reason", "matched_stop"):
        if field in choice:
            return isinstance(choice[field], str)
    return None


def read_chances(logprobs: Any) -> tuple[tuple[str, ...], tuple[float, ...], str]:
    """Return tokens, probabilities and shape of log-probabilities; Raises Garbled for bad numbers."""
    if not isinstance(logprobs, Mapping):
        return (), (), ""
    if isinstance(logprobs.get("content"), list):
        rows = [mapping(row, "a token") for row in logprobs["content"]]
        tokens, values, shape = [row.get("token") for row in rows], [row.get("logprob") for row in rows], "content"
    elif isinstance(logprobs.get("tokens"), list) and isinstance(logprobs.get("token_logprobs"), list):
        tokens, values, shape = logprobs["tokens"], logprobs["token_logprobs"], "tokens"
    else:
        return (), (), ""
    if len(tokens) != len(values) or not all(isinstance(token, str) for token in tokens):
        raise Garbled("its log-probabilities do not fit its tokens")
    return tuple(map(str, tokens)), tuple(probability(value) for value in values), shape


def top_chances(data: Any) -> dict[str, float]:
    """Return the probabilities of the most probable first tokens, by their text without spaces, from either shape."""
    choice = mapping(data["choices"][0], "the choice")
    logprobs = mapping(choice.get("logprobs"), "the log-probabilities")
    if isinstance(logprobs.get("content"), list) and logprobs["content"]:
        rows = mapping(logprobs["content"][0], "a token").get("top_logprobs")
        pairs = [(row.get("token"), row.get("logprob")) for row in rows] if isinstance(rows, list) else []
    else:
        tops = logprobs.get("top_logprobs")
        pairs = list(tops[0].items()) if isinstance(tops, list) and tops and isinstance(tops[0], Mapping) else []
    found: dict[str, float] = {}
    for token, value in pairs:
        found[str(token).strip()] = found.get(str(token).strip(), 0.0) + probability(value)
    return found


def probability(value: Any) -> float:
    """Convert a log-probability to a probability in [0, 1]; up to 1e-3 is rounding. Raises Garbled if invalid."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not value <= 1e-3:
        raise Garbled(f"{value!r} is not a log-probability")
    return math.exp(max(-1e4, min(0.0, value)))


def count(value: Any) -> int | None:
    """Return a token count as an int >= 0; None if the value is not one."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def mapping(value: Any, what: str) -> Mapping[str, Any]:
    """Return the value if it is a JSON object. Raises Garbled if not."""
    if not isinstance(value, Mapping):
        raise Garbled(f"{what} is not a JSON object")
    return value
