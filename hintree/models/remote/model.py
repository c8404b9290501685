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
from hintree.models.remote.probe import CONTINUE, SAMPLED, Abilities, Probe
from hintree.models.remote.replies import Reply, read_reply
from hintree.search.core.ledger import Usage

SO_FAR = (
    "{question}\n\nThe solution so far:\n{steps}\n\nGo on exactly where it stops. Write only what comes next, "
    "and repeat nothing."
)
"""User turn for servers that cannot continue the assistant's turn."""
WORD = re.compile(r"\w{1,4}|[^\w\s]")
"""Matches about one token, for servers that return no token counts."""
_known: dict[Address, Abilities] = {}


class RemoteModel:
    """Language model on a server, with the interface of ``LanguageModel``; safe to use from several threads.

    Args:
        name: ``http://host:8000/v1#model-name``; see ``hintree/models/remote/address.py``.
        limits: Limits of each request; the defaults of ``Limits`` if None.

    Attributes:
        abilities: Capabilities of the server, probed once per process.

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
        self.abilities = abilities_of(self.server)
        if not self.abilities.endpoint:
            raise ServerError(f"model {name!r} writes no text: it is a pooling model, which can be the scorer")
        self.chat = self.abilities.chat and self.server.address.endpoint != "completions"
        self._lock = threading.Lock()

    def unknown_words(self, text: str) -> list[str]:
        """Return an empty list: servers do not report words outside the vocabulary."""
        return []

    def forget(self) -> None:
        """Do nothing: the KV cache belongs to the server."""

    def generate(self, requests: Sequence[GenerationRequest]) -> list[Completion | ModelError]:
        """Generate one text per request, concurrently; order and errors as in ``LanguageModel.generate``."""
        answers = self.server.wait(self._all(requests))
        with self._lock:
            for answer in answers:
                if isinstance(answer, Completion):
                    self.usage = self.usage.plus(answer.usage)
        return answers

    async def _all(self, requests: Sequence[GenerationRequest]) -> list[Completion | ModelError]:
        return list(await asyncio.gather(*map(self._one, requests)))

    async def _one(self, request: GenerationRequest) -> Completion | ModelError:
        url = f"{self.server.address.base}/{self.abilities.endpoint}"
        try:
            reply = await self.server.ask(url, body_of(request, self.abilities), read_reply)
        except ModelError as error:
            return error
        return completion_of(reply, request, self.abilities)


def abilities_of(server: Server) -> Abilities:
    """Return the capabilities of a server, probed once per process; errors as for ``Probe.run``."""
    if server.address not in _known:
        _known[server.address] = server.wait(Probe(server).run())
    return _known[server.address]


def body_of(request: GenerationRequest, can: Abilities) -> dict[str, Any]:
    """Return the JSON body of a generation request for a server with these capabilities."""
    body: dict[str, Any] = {"model": can.model, "max_tokens": request.max_tokens, "temperature": request.temperature}
    if request.temperature > 0:
        body |= {"top_p": request.top_p, "seed": request.seed % 2**31}
    if request.temperature > 0 and can.sampling == "generation_config":
        body["generation_config"] = json.dumps(SAMPLED | {"top_k": request.top_k, "min_p": request.min_p})
    elif request.temperature > 0 and (can.extras or request.top_k or request.min_p):
        body |= {"top_k": request.top_k, "min_p": request.min_p}
    if can.stop in ("removed", "kept") and request.stop:
        body["stop"] = list(request.stop)
    if can.logprobs:
        body["logprobs"] = 1 if can.endpoint == "completions" else True
    if can.endpoint == "completions":
        return body | {"prompt": request.prompt.plain()}
    begun = CONTINUE[can.prefill] if can.prefill and request.prompt.assistant else {}
    return body | {"messages": turns_of(request.prompt, can)} | begun


def turns_of(prompt: Prompt, can: Abilities) -> list[dict[str, str]]:
    """Return the chat messages of a prompt; without prefix continuation, the steps so far go into the user's turn."""
    turns = [{"role": "system", "content": prompt.system}] if prompt.system else []
    if not prompt.assistant:
        return [*turns, {"role": "user", "content": prompt.user}]
    if can.prefill:
        user, begun = {"role": "user", "content": prompt.user}, {"role": "assistant", "content": prompt.assistant}
        return [*turns, user, begun]
    return [*turns, {"role": "user", "content": SO_FAR.format(question=prompt.user, steps=prompt.assistant)}]


def completion_of(reply: Reply, request: GenerationRequest, can: Abilities) -> Completion:
    """Convert a reply to a completion: remove echo and stop text, count tokens, name the reason for the end."""
    text = without_echo(reply.text, request.prompt.assistant, can)
    usage = usage_of(reply, text, request.prompt, can)
    at, stop = min(((text.find(stop), stop) for stop in request.stop if stop in text), default=(len(text), ""))
    chances = reply.probabilities[: tokens_within(reply.tokens, at + len(stop))] if stop else reply.probabilities
    return Completion(text[:at], "stop" if stop else ending_of(reply, can), chances, (), usage)


def without_echo(text: str, begun: str, can: Abilities) -> str:
    """Remove the given beginning of the assistant's turn where a server, or the model itself, repeats it."""
    if can.endpoint == "completions" or not begun or (can.prefill and not can.echo):
        return text
    return text.removeprefix(begun) if text.startswith(begun) else text.removeprefix(begun.strip())


def ending_of(reply: Reply, can: Abilities) -> Literal["stop", "end", "length"]:
    """Return why a text without a stop text in it ended; an unknown reason is "stop" if stop texts are removed."""
    if reply.finish == "length":
        return "length"
    stopped = can.stop == "removed" if reply.stopped is None else reply.stopped
    if reply.stopped is None and can.ending == "count":
        stopped = reply.written is not None and reply.written > len(reply.probabilities)
    return "stop" if stopped else "end"


def usage_of(reply: Reply, text: str, prompt: Prompt, can: Abilities) -> Usage:
    """Return the server's token counts where they are plausible, else counts of its log-probabilities or of words."""
    read, written = reply.read, reply.written
    if can.usage != "right" or not read:
        read = len(WORD.findall(prompt.plain()))
    if can.usage != "right" or written is None or written < len(reply.probabilities):
        written = len(reply.probabilities) or len(WORD.findall(text)) + 1
    return Usage(1, read, max(0, read - (reply.cached or 0)) + max(0, written - 1), written)


def tokens_within(tokens: Sequence[str], length: int) -> int:
    """Return the number of leading tokens that cover ``length`` characters, at most all of them."""
    total = 0
    for i, token in enumerate(tokens):
        if total >= length:
            return i
        total += len(token)
    return len(tokens)
