"""Language models behind OpenAI-compatible servers: one request per text, each with its own seed."""

import asyncio
import json
import re
import threading
from collections.abc import Sequence
from typing import Any, Literal

from hintree.errors import ModelError, ServerError, UsageError
from hintree.models.base import Completion, GenerationRequest, Prompt
from hintree.models.remote.address import Address, parse_address
from hintree.models.remote.client import Limits, Server
from hintree.models.remote.probe import CONTINUE, SAMPLED, Capabilities, Probe
from hintree.models.remote.replies import Reply, parse_reply
from hintree.models.thinking import ThinkingStyle
from hintree.search.core.ledger import Usage
from hintree.search.core.loops import before_loop

CONTINUE_PROMPT = (
    "{question}\n\nThe solution so far:\n{steps}\n\nGo on exactly where it stops. Write only what comes next, "
    "and repeat nothing."
)
"""User turn for servers that cannot continue the assistant's turn."""
WORD = re.compile(r"\w{1,4}|[^\w\s]")
"""Matches about one token, for servers that return no token counts."""
_probed: dict[Address, Capabilities] = {}


class RemoteModel:
    """Language model on a server, with the interface of ``LanguageModel``; safe to use from several threads.

    Args:
        name: ``http://host:8000/v1#model-name``; see ``hintree/models/remote/address.py``.
        limits: Limits of each request; the defaults of ``Limits`` if None.

    Attributes:
        capabilities: Capabilities of the server, probed once per process.

    Raises:
        UsageError: The name has no accepted form, or needs a model after ``#``.
        ServerError: The server cannot be reached, refuses, or generates no text.
    """

    def __init__(self, name: str, limits: Limits | None = None) -> None:
        self.name = name
        self.parameters = 0
        self.usage = Usage()
        self.server = Server(parse_address(name), limits)
        if self.server.address.labels:
            raise UsageError(f"model {name!r} names labels, which are for a scorer; a writer has none")
        self.capabilities = capabilities_of(self.server)
        if not self.capabilities.endpoint:
            raise ServerError(f"model {name!r} writes no text: it is a pooling model, which can be the scorer")
        self.chat = self.capabilities.chat and self.server.address.endpoint != "completions"
        self.thinking: ThinkingStyle | None = None
        self.continues_thoughts = False
        self._lock = threading.Lock()

    def unknown_words(self, text: str) -> list[str]:
        """Return an empty list: servers do not report words outside the vocabulary."""
        return []

    def forget(self) -> None:
        """Do nothing: the KV cache belongs to the server."""

    def generate(self, requests: Sequence[GenerationRequest]) -> list[Completion | ModelError]:
        """Generate one text per request, concurrently; order and errors as in ``LanguageModel.generate``."""
        results = self.server.run(self._all(requests))
        with self._lock:
            for result in results:
                if isinstance(result, Completion):
                    self.usage = self.usage.plus(result.usage)
        return results

    async def _all(self, requests: Sequence[GenerationRequest]) -> list[Completion | ModelError]:
        return list(await asyncio.gather(*map(self._one, requests)))

    async def _one(self, request: GenerationRequest) -> Completion | ModelError:
        url = f"{self.server.address.base}/{self.capabilities.endpoint}"
        try:
            reply = await self.server.request(url, body_of(request, self.capabilities), parse_reply)
        except ModelError as error:
            return error
        return completion_of(reply, request, self.capabilities)


def capabilities_of(server: Server) -> Capabilities:
    """Return the capabilities of a server, probed once per process; errors as for ``Probe.run``."""
    if server.address not in _probed:
        _probed[server.address] = server.run(Probe(server).run())
    return _probed[server.address]


def body_of(request: GenerationRequest, capabilities: Capabilities) -> dict[str, Any]:
    """Return the JSON body of a generation request for a server with these capabilities."""
    body: dict[str, Any] = {
        "model": capabilities.model,
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
    }
    if request.temperature > 0:
        body |= {"top_p": request.top_p, "seed": request.seed % 2**31}
    if request.temperature > 0 and capabilities.sampling == "generation_config":
        body["generation_config"] = json.dumps(SAMPLED | {"top_k": request.top_k, "min_p": request.min_p})
    elif request.temperature > 0 and (capabilities.extras or request.top_k or request.min_p):
        body |= {"top_k": request.top_k, "min_p": request.min_p}
    if capabilities.stop in ("removed", "kept") and request.stop:
        body["stop"] = list(request.stop)
    if capabilities.logprobs:
        body["logprobs"] = 1 if capabilities.endpoint == "completions" else True
    if capabilities.endpoint == "completions":
        return body | {"prompt": request.prompt.plain()}
    flags = CONTINUE[capabilities.prefill] if capabilities.prefill and request.prompt.assistant else {}
    return body | {"messages": turns_of(request.prompt, capabilities)} | flags


def turns_of(prompt: Prompt, capabilities: Capabilities) -> list[dict[str, str]]:
    """Return the chat messages of a prompt; without prefix continuation, the steps so far go into the user's turn."""
    turns = [{"role": "system", "content": prompt.system}] if prompt.system else []
    if not prompt.assistant:
        return [*turns, {"role": "user", "content": prompt.user}]
    if capabilities.prefill:
        user, assistant = {"role": "user", "content": prompt.user}, {"role": "assistant", "content": prompt.assistant}
        return [*turns, user, assistant]
    return [*turns, {"role": "user", "content": CONTINUE_PROMPT.format(question=prompt.user, steps=prompt.assistant)}]


def completion_of(reply: Reply, request: GenerationRequest, capabilities: Capabilities) -> Completion:
    """Convert a reply to a completion: remove echo and stop text, count tokens, name the reason for the end."""
    text = without_echo(reply.text, request.prompt.assistant, capabilities)
    usage = usage_of(reply, text, request.prompt, capabilities)
    end, stop = min(((text.find(stop), stop) for stop in request.stop if stop in text), default=(len(text), ""))
    probabilities = reply.probabilities[: tokens_within(reply.tokens, end + len(stop))] if stop else reply.probabilities
    ended = "stop" if stop else ending_of(reply, capabilities)
    if ended == "length" and (kept := before_loop(text, request.repeats)) is not None:
        return Completion(kept, "loop", reply.probabilities[: tokens_within(reply.tokens, len(kept))], (), usage)
    return Completion(text[:end], ended, probabilities, (), usage)


def without_echo(text: str, prefix: str, capabilities: Capabilities) -> str:
    """Remove the given beginning of the assistant's turn where a server, or the model itself, repeats it."""
    if capabilities.endpoint == "completions" or not prefix or (capabilities.prefill and not capabilities.echo):
        return text
    return text.removeprefix(prefix) if text.startswith(prefix) else text.removeprefix(prefix.strip())


def ending_of(reply: Reply, capabilities: Capabilities) -> Literal["stop", "end", "length"]:
    """Return why a text without a stop text in it ended; an unknown reason is "stop" if stop texts are removed."""
    if reply.finish == "length":
        return "length"
    stopped = capabilities.stop == "removed" if reply.stopped is None else reply.stopped
    if reply.stopped is None and capabilities.ending == "count":
        stopped = reply.completion_tokens is not None and reply.completion_tokens > len(reply.probabilities)
    return "stop" if stopped else "end"


def usage_of(reply: Reply, text: str, prompt: Prompt, capabilities: Capabilities) -> Usage:
    """Return the server's token counts where they are plausible, else counts of its log-probabilities or of words."""
    prompt_tokens, completion_tokens = reply.prompt_tokens, reply.completion_tokens
    if capabilities.usage != "right" or not prompt_tokens:
        prompt_tokens = len(WORD.findall(prompt.plain()))
    if capabilities.usage != "right" or completion_tokens is None or completion_tokens < len(reply.probabilities):
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
