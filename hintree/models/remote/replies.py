"""Parse and validate servers' responses: one text with its token statistics, from either shape of either endpoint."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from hintree.models.remote.client import MalformedReplyError


class Reply(NamedTuple):
    """One text as a server returned it.

    text: Text as received.
    finish: "stop" or "length".
    stopped: True if the server reports that a stop text ended the text, False if the model ended it, None if it reports
        neither.
    tokens: Texts of the generated tokens; () where the server does not return them.
    probabilities: Probability of each of ``tokens``, in [0, 1].
    shape: Shape of the log-probabilities: "tokens" (as in completions), "content" (as in chat), "" for none.
    prompt_tokens: The server's count of prompt tokens; None if missing.
    completion_tokens: The server's count of generated tokens; None if missing.
    cached_tokens: The server's count of prompt tokens from its prefix cache; None if missing.
    """

    text: str
    finish: str
    stopped: bool | None
    tokens: tuple[str, ...]
    probabilities: tuple[float, ...]
    shape: str
    prompt_tokens: int | None
    completion_tokens: int | None
    cached_tokens: int | None


def parse_reply(data: Any) -> Reply:
    """Parse a response that has exactly one choice.

    Raises:
        MalformedReplyError: The response has no choice or several, no text, no finish reason, or invalid numbers.
    """
    choices = json_object(data, "the response").get("choices")
    if not isinstance(choices, list) or len(choices) != 1:
        found = len(choices) if isinstance(choices, list) else "no"
        raise MalformedReplyError(f"its response has {found} choices where one was requested")
    choice = json_object(choices[0], "the choice")
    text = json_object(choice["message"], "the message").get("content") if "message" in choice else choice.get("text")
    if not isinstance(text, str):
        raise MalformedReplyError("its response has no text")
    finish = choice.get("finish_reason")
    if finish not in ("stop", "length"):
        raise MalformedReplyError(f"its response is not marked as complete (finish_reason {str(finish)[:40]!r})")
    tokens, probabilities, shape = parse_logprobs(choice.get("logprobs"))
    usage = data.get("usage") if isinstance(data.get("usage"), Mapping) else {}
    details = usage.get("prompt_tokens_details")
    return Reply(
        text,
        finish,
        parse_stopped(choice),
        tokens,
        probabilities,
        shape,
        prompt_tokens=parse_count(usage.get("prompt_tokens")),
        completion_tokens=parse_count(usage.get("completion_tokens")),
        cached_tokens=parse_count(details.get("cached_tokens")) if isinstance(details, Mapping) else None,
    )


def parse_stopped(choice: Mapping[str, Any]) -> bool | None:
    """Return true if ``stop_reason`` (vLLM) or ``matched_stop`` (SGLang) is a text; None if both are missing."""
    for field in ("stop_reason", "matched_stop"):
        if field in choice:
            return isinstance(choice[field], str)
    return None


def parse_logprobs(logprobs: Any) -> tuple[tuple[str, ...], tuple[float, ...], str]:
    """Return tokens, their probabilities in [0, 1] and the shape's name; three empty values without log-probabilities.

    Raises:
        MalformedReplyError: A number is not a log-probability, or tokens and numbers differ in count.
    """
    if not isinstance(logprobs, Mapping):
        return (), (), ""
    if isinstance(logprobs.get("content"), list):
        rows = [json_object(row, "a token") for row in logprobs["content"]]
        tokens, values, shape = [row.get("token") for row in rows], [row.get("logprob") for row in rows], "content"
    elif isinstance(logprobs.get("tokens"), list) and isinstance(logprobs.get("token_logprobs"), list):
        tokens, values, shape = logprobs["tokens"], logprobs["token_logprobs"], "tokens"
    else:
        return (), (), ""
    if len(tokens) != len(values) or not all(isinstance(token, str) for token in tokens):
        raise MalformedReplyError("its log-probabilities do not fit its tokens")
    return tuple(map(str, tokens)), tuple(parse_probability(value) for value in values), shape


def parse_top_logprobs(data: Any) -> dict[str, float]:
    """Return the probabilities of the most probable first tokens, by their text without spaces, from either shape."""
    choice = json_object(data["choices"][0], "the choice")
    logprobs = json_object(choice.get("logprobs"), "the log-probabilities")
    if isinstance(logprobs.get("content"), list) and logprobs["content"]:
        rows = json_object(logprobs["content"][0], "a token").get("top_logprobs")
        pairs = [(row.get("token"), row.get("logprob")) for row in rows] if isinstance(rows, list) else []
    else:
        tops = logprobs.get("top_logprobs")
        pairs = list(tops[0].items()) if isinstance(tops, list) and tops and isinstance(tops[0], Mapping) else []
    found: dict[str, float] = {}
    for token, value in pairs:
        found[str(token).strip()] = found.get(str(token).strip(), 0.0) + parse_probability(value)
    return found


def parse_probability(value: Any) -> float:
    """Convert a log-probability to a probability in [0, 1]; values up to 1e-3 count as rounding errors of 0.

    Raises:
        MalformedReplyError: The value is no number, or larger.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not value <= 1e-3:
        raise MalformedReplyError(f"{value!r} is not a log-probability")
    return math.exp(max(-1e4, min(0.0, value)))


def parse_count(value: Any) -> int | None:
    """Return a token count as an int >= 0; None if the value is not one."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def json_object(value: Any, name: str) -> Mapping[str, Any]:
    """Return the value if it is a JSON object. Raises MalformedReplyError if not."""
    if not isinstance(value, Mapping):
        raise MalformedReplyError(f"{name} is not a JSON object")
    return value
