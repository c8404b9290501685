"""Parse and validate servers' responses: one text with its token statistics, from either shape of either endpoint."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from hintree.models.remote.client import FailedReplyError, MalformedReplyError
from hintree.models.remote.logprobs import TokenLogprobs, parse_logprobs
from hintree.models.remote.numbers import json_object, read_count

FINISHED = {
    "stop": "stop",
    "eos": "stop",
    "eos_token": "stop",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "length": "length",
    "max_tokens": "length",
}
"""Finish reasons of complete texts, and what they say: that the text ended, or was cut."""
FAILED = {
    "content_filter": "the server's content filter removed the text; word the question differently, or use another "
    "server",
    "tool_calls": "the model called a tool, and it was given none",
    "function_call": "the model called a tool, and it was given none",
}
"""Finish reasons of texts that cannot be used, and the reason."""


class Reply(NamedTuple):
    """One text as a server returned it.

    text: Text as received.
    finish: "stop" or "length".
    stopped: The stop text, or True, if the server reports that one ended the text; False if the model ended it, None if
        the server reports neither.
    logprobs: Statistics of the generated tokens; empty where the server does not return them.
    prompt_tokens: The server's count of prompt tokens; None if missing.
    completion_tokens: The server's count of generated tokens; None if missing.
    cached_tokens: The server's count of prompt tokens from its prefix cache; None if missing.
    thought: Reasoning that the server returned apart from the text; None if it returned none.
    """

    text: str
    finish: str
    stopped: str | bool | None
    logprobs: TokenLogprobs
    prompt_tokens: int | None
    completion_tokens: int | None
    cached_tokens: int | None
    thought: str | None = None

    @property
    def tokens(self) -> tuple[str, ...]:
        """Return the texts of the generated tokens."""
        return self.logprobs.tokens

    @property
    def probabilities(self) -> tuple[float, ...]:
        """Return the probability of each of ``tokens``, in [0, 1]."""
        return self.logprobs.probabilities


def parse_reply(data: Any) -> Reply:
    """Parse a response that has exactly one choice.

    Raises:
        MalformedReplyError: The response has no choice or several, no text, no finish reason, or invalid numbers.
        FailedReplyError: A content filter removed the text, or the model refused or called a tool.
    """
    return parse_replies(data, 1)[0]


def parse_replies(data: Any, count: int) -> list[Reply]:
    """Parse a response that has exactly ``count`` choices, in the order of their ``index``; errors as above.

    The response counts the tokens of its prompt, and those of all choices together. Each of several choices has the
    former and lacks the latter.
    """
    choices = json_object(data, "the response").get("choices")
    if not isinstance(choices, list) or len(choices) != count:
        found = len(choices) if isinstance(choices, list) else "no"
        wanted = "one was" if count == 1 else f"{count} were"
        raise MalformedReplyError(f"its response has {found} choices where {wanted} requested")
    usage = data.get("usage") if isinstance(data.get("usage"), Mapping) else {}
    details = usage.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, Mapping) else None
    prompt_tokens, cached_tokens = read_count(usage.get("prompt_tokens"), "prompt_tokens"), read_cached(cached, data)
    written = parse_completion_tokens(usage)
    if count == 1:
        return [parse_choice(choices[0], prompt_tokens, written, cached_tokens)]
    indices = [json_object(choice, "the choice").get("index") for choice in choices]
    if sorted(map(repr, indices)) != sorted(map(repr, range(count))):
        raise MalformedReplyError(f"its {count} choices have the indices {str(indices)[:60]}")
    ordered = sorted(choices, key=lambda choice: int(choice["index"]))
    return [parse_choice(choice, prompt_tokens, None, cached_tokens) for choice in ordered]


def read_cached(cached: Any, data: Mapping[str, Any]) -> int | None:
    """Return the prompt tokens from the prefix cache: as OpenAI reports them, or ``timings.cache_n`` of llama.cpp."""
    timings = data.get("timings")
    if cached is None and isinstance(timings, Mapping):
        return read_count(timings.get("cache_n"), "cache_n")
    return read_count(cached, "cached_tokens")


def parse_choice(choice: Any, prompt_tokens: int | None, written: int | None, cached: int | None) -> Reply:
    """Parse one choice of a response with these counts; errors as for ``parse_reply``."""
    choice = json_object(choice, "the choice")
    finish = choice.get("finish_reason")
    if isinstance(finish, str) and finish in FAILED:
        raise FailedReplyError(f"finish_reason {finish!r}: {FAILED[finish]}")
    text, thought = parse_text(choice)
    if not isinstance(finish, str) or finish not in FINISHED:
        raise MalformedReplyError(f"its response is not marked as complete (finish_reason {str(finish)[:40]!r})")
    logprobs = parse_logprobs(choice.get("logprobs"))
    ended = parse_stopped(choice)
    return Reply(text, FINISHED[finish], ended, logprobs, prompt_tokens, written, cached, thought=thought)


def parse_text(choice: Mapping[str, Any]) -> tuple[str, str | None]:
    """Return the text of a choice, and the reasoning that stands apart from it; None without any.

    Reasoning is in ``reasoning_content`` (vLLM, SGLang, llama.cpp, DeepSeek), in ``reasoning`` (newer vLLM, Ollama,
    OpenRouter), or in parts of the content (Mistral). The content is null while a model only thinks.

    Raises:
        MalformedReplyError: There is neither a text nor reasoning.
        FailedReplyError: The model refused.
    """
    if "message" not in choice:
        if not isinstance(choice.get("text"), str):
            raise MalformedReplyError("its response has no text")
        return choice["text"], None
    message = json_object(choice["message"], "the message")
    content, thoughts = message.get("content"), [message.get("reasoning_content"), message.get("reasoning")]
    if isinstance(content, list):
        thoughts.append(joined_parts(content, ("thinking", "reasoning")))
        content = joined_parts(content, ("text", "output_text"))
    thought = next((text for text in thoughts if isinstance(text, str) and text), None)
    if isinstance(content, str):
        return content, thought
    if isinstance(message.get("refusal"), str) and message["refusal"]:
        raise FailedReplyError(f"the model refused: {message['refusal'][:200]!r}")
    cut = choice.get("finish_reason") in ("length", "max_tokens") and bool(
        {"reasoning_content", "reasoning"} & {*message}
    )
    if content is not None or not (cut or thought):
        raise MalformedReplyError("its response has no text")
    return "", thought or ""  # a text that was cut at the mark of a thought is empty on both sides


def joined_parts(parts: list[Any], kinds: tuple[str, ...]) -> str:
    """Return the joined text of the parts of some kinds; parts may hold parts, as Mistral's thoughts do."""
    texts = []
    for part in parts:
        if not isinstance(part, Mapping) or part.get("type") not in kinds:
            continue
        held = part.get("text", part.get(str(part["type"])))
        texts.append(held if isinstance(held, str) else joined_parts(held, ("text",)) if isinstance(held, list) else "")
    return "".join(texts)


def parse_completion_tokens(usage: Mapping[str, Any]) -> int | None:
    """Return the number of generated tokens, those of a thought included; None if it is missing.

    Servers count a thought's tokens among the completion's. Where the total shows that one counts them beside these,
    they are added.
    """
    names = ("prompt_tokens", "completion_tokens", "total_tokens")
    prompt, written, total = (read_count(usage.get(name), name) for name in names)
    details = usage.get("completion_tokens_details")
    thought = read_count(details.get("reasoning_tokens"), "reasoning_tokens") if isinstance(details, Mapping) else None
    beside = None not in (prompt, written, total, thought) and total == (prompt or 0) + (written or 0) + (thought or 0)
    return (written or 0) + (thought or 0) if beside else written


def parse_stopped(choice: Mapping[str, Any]) -> str | bool | None:
    """Return the stop text of ``stop_reason`` (vLLM) or ``matched_stop`` (SGLang); False if the model ended the text.

    TGI reports a stop text by its finish reason. None if the server reports nothing.
    """
    for field in ("stop_reason", "matched_stop"):
        if field in choice:
            return choice[field] if isinstance(choice[field], str) else False
    return {"stop_sequence": True, "eos_token": False, "eos": False}.get(str(choice.get("finish_reason")))
