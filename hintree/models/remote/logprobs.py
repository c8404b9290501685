"""Parse the log-probabilities of servers' replies: those of the generated tokens and of the most probable ones."""

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from hintree.models.remote.client import MalformedReplyError
from hintree.models.remote.numbers import json_object, read_log_probability


class TokenLogprobs(NamedTuple):
    """Statistics of the generated tokens of one text.

    tokens: Text of each token.
    probabilities: Probability of each token at temperature 1, in [0, 1].
    entropies: Entropy of each token's distribution in nats, from the most probable tokens (``entropy_of_top``); () if
        the server does not return at least two of them for every token.
    shape: "tokens" (as in completions), "content" (as in chat), "" for no log-probabilities.
    top: Number of most probable tokens that the server returned for the first token.
    """

    tokens: tuple[str, ...] = ()
    probabilities: tuple[float, ...] = ()
    entropies: tuple[float, ...] = ()
    shape: str = ""
    top: int = 0


def parse_logprobs(logprobs: Any) -> TokenLogprobs:
    """Parse the field ``logprobs`` of a choice, in either shape; all values are empty if there is none.

    Raises:
        MalformedReplyError: A number is not a log-probability, or tokens and numbers differ in count.
    """
    if not isinstance(logprobs, Mapping):
        return TokenLogprobs()
    if isinstance(logprobs.get("content"), list):
        rows, shape = [json_object(row, "a token") for row in logprobs["content"]], "content"
        tokens, values = [row.get("token") for row in rows], [row.get("logprob") for row in rows]
        tops = [row.get("top_logprobs") for row in rows]
    elif isinstance(logprobs.get("tokens"), list) and isinstance(logprobs.get("token_logprobs"), list):
        tokens, values, shape = logprobs["tokens"], logprobs["token_logprobs"], "tokens"
        listed = logprobs.get("top_logprobs")
        tops = listed if isinstance(listed, list) and len(listed) == len(tokens) else [None] * len(tokens)
    else:
        return TokenLogprobs()
    if len(tokens) != len(values) or not all(isinstance(token, str) for token in tokens):
        raise MalformedReplyError("its log-probabilities do not fit its tokens")
    probabilities = tuple(read_log_probability(value) for value in values)
    most = [[probability for _, probability in top_tokens(top)] for top in tops]
    entropies = tuple(map(entropy_of_top, most)) if most and all(len(row) > 1 for row in most) else ()
    return TokenLogprobs(tuple(map(str, tokens)), probabilities, entropies, shape, len(most[0]) if most else 0)


def parse_top_logprobs(data: Any) -> dict[str, float]:
    """Return the probabilities of the most probable first tokens, by their text without spaces, from either shape."""
    logprobs = json_object(json_object(data["choices"][0], "the choice").get("logprobs"), "the log-probabilities")
    if isinstance(logprobs.get("content"), list) and logprobs["content"]:
        top = json_object(logprobs["content"][0], "a token").get("top_logprobs")
    else:
        tops = logprobs.get("top_logprobs")
        top = tops[0] if isinstance(tops, list) and tops else None
    found: dict[str, float] = {}
    for token, probability in top_tokens(top):
        found[token.strip()] = found.get(token.strip(), 0.0) + probability
    return found


def top_tokens(top: Any) -> list[tuple[str, float]]:
    """Return text and probability of the most probable tokens: a list of objects (chat), or an object (completions)."""
    if isinstance(top, Mapping):
        return [(str(token), read_log_probability(value)) for token, value in top.items()]
    rows = [json_object(row, "a token") for row in top] if isinstance(top, list) else []
    return [(str(row.get("token")), read_log_probability(row.get("logprob"))) for row in rows]


def entropy_of_top(probabilities: Iterable[float]) -> float:
    """Return a lower bound of a distribution's entropy in nats, from the probabilities of its most probable tokens.

    H >= -sum p log p - r log r, where r is the probability of all other tokens together: joining outcomes lowers an
    entropy, here by at most r log V for V other tokens.
    """
    known = [p for p in probabilities if p > 0]
    rest = 1.0 - sum(known)
    return max(0.0, -sum(p * math.log(p) for p in [*known, *([rest] if rest > 1e-6 else [])]))
