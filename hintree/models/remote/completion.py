"""Convert servers' replies to completions: echo, thought and stop text removed, tokens counted, the end named."""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from hintree.models.base import Completion, GenerationRequest, Prompt
from hintree.models.remote.body import USUAL_THINKING, assistant_text, begins_turn, expects_thought, sent_stops
from hintree.models.remote.capabilities import Capabilities
from hintree.models.remote.replies import Reply
from hintree.models.stops import find_ending
from hintree.models.thinking import split_thought, style_of_text
from hintree.search.core.ledger import Usage
from hintree.search.core.loops import before_loop

WORD = re.compile(r"\w{1,4}|[^\w\s]")
"""Matches about one token, for servers that return no token counts."""
FIRST_BLANK = re.compile(r" (?=\S)")
"""Matches a single blank before a text."""
CONTROL_TAIL = re.compile(r"(?<!\s)(?:\s*(?:<\|[a-z_]{1,30}\|>|</s>|\[/?INST\]))+\s*\Z")
"""Matches the control tokens after a text."""

LONGEST_TOKEN = 128
"""Characters of a token, more than the average of any text has; a longer text is beyond its limit of tokens."""


class Parts(NamedTuple):
    """The text of a reply and the thought before it; None without one."""

    text: str
    thought: str | None


def completion_of(reply: Reply, request: GenerationRequest, can: Capabilities) -> Completion:
    """Convert a reply to a completion: remove echo and stop text, count tokens, name the reason for the end."""
    limit = request.max_tokens
    if expects_thought(request, can):
        limit += request.thinking_tokens or USUAL_THINKING
    given = assistant_text(request.prompt, can)
    reply = within_characters(reply, LONGEST_TOKEN * (limit + 1), len(given))
    received = without_first_blank(without_echo(reply.text, given, can), given)
    whole, cut = within_limit(reply, received, limit, can)
    text, thought = parts_of(whole, reply, request, can)
    usage = usage_of(reply, received + (reply.thought or ""), request.prompt, can)
    before = max(0, "".join(reply.tokens).rfind(text)) if text else 0
    earliest = length_of(reply.tokens[: request.min_tokens - 1], text, before, request.min_tokens)
    ending = find_ending(text, request, earliest)
    if ending is not None:
        shown = statistics_of(reply, tokens_within(reply.tokens, before + ending.end))
        return Completion(text[: ending.kept], "stop", *shown, usage, ending.stop, thought=thought)
    ended = "length" if cut else ending_of(reply, can)
    if ended == "length" and (kept := before_loop(text, request.repeats)) is not None:
        shown = statistics_of(reply, tokens_within(reply.tokens, before + len(kept)))
        return Completion(kept, "loop", *shown, usage, thought=thought)
    stopped_by = named_stop(reply, request, can) if ended == "stop" else ""
    return Completion(text, ended, *statistics_of(reply), usage, stopped_by, thought=thought)


def completions_of_family(
    replies: Sequence[Reply], requests: Sequence[GenerationRequest], can: Capabilities
) -> list[Completion]:
    """Convert the replies of one request for several texts; the prompt was computed for the first one only.

    The server counts no tokens per text, so the log-probabilities are counted. llama.cpp shows one for the token that
    ends a text, but none for a stop text.
    """
    completions = []
    for i, (reply, request) in enumerate(zip(replies, requests, strict=True)):
        written = len(reply.probabilities) + (can.ending == "count" and not shows_end(reply))
        written = request.max_tokens if reply.finish == "length" and written < request.max_tokens else written
        counted = reply._replace(
            completion_tokens=written, cached_tokens=reply.prompt_tokens if i else reply.cached_tokens
        )
        completions.append(completion_of(counted, request, can))
    return completions


def shows_end(reply: Reply) -> bool:
    """Tell whether the last token of a reply is the one that ended it, which is not part of the text."""
    if reply.finish != "stop" or not reply.tokens:
        return reply.finish != "stop"
    return reply.tokens[-1] == "" or "".join(reply.tokens[:-1]) == reply.text


def statistics_of(reply: Reply, count: int | None = None) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return probabilities and entropies of a reply's first ``count`` tokens, all by default."""
    return reply.logprobs.probabilities[:count], reply.logprobs.entropies[:count]


def parts_of(text: str, reply: Reply, request: GenerationRequest, can: Capabilities) -> Parts:
    """Split a text from the thought before it, which a server returns apart or in the text.

    A turn that is continued holds its thought already: a server's parser that takes the rest of the turn for a thought
    is mistaken. In a turn that the chat template opens with a thought, a text without a closing mark is all thought.
    """
    thoughts = can.thoughts
    text = CONTROL_TAIL.sub("", text) if thoughts.special else text
    if not begins_turn(request, can):
        return Parts(reply.thought, None) if reply.thought and not text else Parts(text, reply.thought)
    style = thoughts.found or style_of_text(text)
    if reply.thought is not None or style is None:
        return Parts(text, reply.thought)
    thought, answer = split_thought(text, style)
    if thought is None and thoughts.opened and expects_thought(request, can):
        return Parts("", text)
    return Parts(answer, thought)


def within_characters(reply: Reply, most: int, given: int) -> Reply:
    """Return a reply whose text and thought have at most ``most`` characters, beside ``given`` that it may repeat."""
    thought = None if reply.thought is None else reply.thought[:most]
    if len(reply.text) <= given + most:
        return reply._replace(thought=thought)
    return reply._replace(text=reply.text[: given + most], finish="length", thought=thought)


def within_limit(reply: Reply, text: str, limit: int, can: Capabilities) -> tuple[str, bool]:
    """Return a text cut at a limit of tokens, and true if the server overshot it.

    Where the texts of the tokens are unknown, a text is cut in proportion to the counted tokens; one token more is
    taken for the end token.
    """
    written = reply.completion_tokens or 0
    if len(reply.tokens) > limit and (whole := "".join(reply.tokens)):
        kept = len("".join(reply.tokens[:limit])) - max(0, whole.rfind(text))
        return text[: max(0, kept)], True
    if reply.tokens or can.usage != "right" or written <= limit + 1:
        return text, False
    return (text[: len(text) * limit // written] if reply.thought is None else text), True


def length_of(tokens: Sequence[str], text: str, before: int, count: int) -> int:
    """Return the number of characters of a text that its first ``count`` - 1 tokens cover.

    Args:
        tokens: Texts of these tokens; () if the server returns none, then words of four letters stand for tokens.
        text: The text.
        before: Characters before it, such as those of a thought.
        count: Number of tokens; 0 and 1 cover nothing.
    """
    if count <= 1:
        return 0
    if tokens and any(tokens):
        return max(0, len("".join(tokens)) - before)
    words = list(WORD.finditer(text))[: count - 1]
    return words[-1].end() if words else 0


def without_echo(text: str, prefix: str, can: Capabilities) -> str:
    """Remove the given beginning of the assistant's turn where a server, or the model itself, repeats it."""
    if can.endpoint == "completions" or not prefix or (can.prefill and not can.echo):
        return text
    return text.removeprefix(prefix) if text.startswith(prefix) else text.removeprefix(prefix.strip())


def without_first_blank(text: str, prefix: str) -> str:
    """Remove the blank that the first token of a line has in some vocabularies; a deeper indent stays."""
    return text[1:] if FIRST_BLANK.match(text) and (not prefix or prefix.endswith("\n")) else text


def ending_of(reply: Reply, can: Capabilities) -> Literal["stop", "end", "length"]:
    """Return why a text without a stop text in it ended; an unknown reason is "stop" if stop texts are removed."""
    if reply.finish == "length":
        return "length"
    stopped = can.stop == "removed" if reply.stopped is None else bool(reply.stopped)
    if reply.stopped is None and can.ending == "count":
        stopped = reply.completion_tokens is not None and reply.completion_tokens > len(reply.probabilities)
    return "stop" if stopped else "end"


def named_stop(reply: Reply, request: GenerationRequest, can: Capabilities) -> str:
    """Return the stop text that the server removed; "" if it names none and was sent several or none."""
    if isinstance(reply.stopped, str) and reply.stopped in request.stop:
        return reply.stopped
    sent = sent_stops(request, can)
    return sent[0] if len(sent) == 1 else ""


def usage_of(reply: Reply, text: str, prompt: Prompt, can: Capabilities) -> Usage:
    """Return the server's token counts where they are plausible, else counts of its log-probabilities or of words."""
    prompt_tokens, completion_tokens = reply.prompt_tokens, reply.completion_tokens
    if can.usage != "right" or not prompt_tokens:
        prompt_tokens = len(WORD.findall(prompt.plain()))
    if can.usage != "right" or completion_tokens is None or completion_tokens < len(reply.probabilities):
        completion_tokens = len(reply.probabilities) or len(WORD.findall(text)) + 1
    computed = max(0, prompt_tokens - (reply.cached_tokens or 0)) + max(0, completion_tokens - 1)
    return Usage(1, prompt_tokens, computed, completion_tokens)


def tokens_within(tokens: Sequence[str], length: int) -> int:
    """Return the number of leading tokens that cover ``length`` characters, at most all of them."""
    total = 0
    for i, token in enumerate(tokens):
        if total >= length:
            return i
        total += len(token)
    return len(tokens)
