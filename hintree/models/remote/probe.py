"""Probe the capabilities of a server by short requests whose responses are compared: a status of 200 proves nothing.

docs/servers.md lists the probes and the deviations that were found on real servers.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from hintree.errors import ServerError, UsageError
from hintree.models.remote.body import SAMPLED, logprobs_fields
from hintree.models.remote.capabilities import CONTINUE, SWITCH, Capabilities, Thoughts
from hintree.models.remote.client import MalformedReplyError, RejectedRequestError, Server
from hintree.models.remote.dialect import refused_field, wants_completion_limit
from hintree.models.remote.numbers import json_object
from hintree.models.remote.replies import Reply, parse_reply
from hintree.models.remote.sibling_probe import SiblingProbe
from hintree.models.remote.thought_probe import ThoughtProbe

PROMPT = "1 + 1 = 2. 2 + 2 = 4. 3 + 3 = 6. 4 + 4 ="
TOKENS = 16
TOPS = (20, 5, 0)
"""Numbers of most probable tokens to request, in this order: 20 is the limit of most servers, 5 of some."""
TRIES = 3
"""Tries per probe, so that a transient fault is not mistaken for a missing capability."""


class Probe:
    """Requests that probe the capabilities of one server and model."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.base = server.address.base
        self.model = server.address.model
        self.endpoint = server.address.endpoint
        self.limit = "max_tokens"
        self.refused: tuple[str, ...] = ()

    async def run(self) -> Capabilities:
        """Send all probes, about 20 requests, and return the capabilities.

        Raises:
            ServerError: Neither ``/completions`` nor ``/chat/completions`` nor ``/pooling`` answers.
            UsageError: The name gives no model and the server does not have exactly one.
        """
        self.model = self.model or await self._only_model()
        raw, chat = await asyncio.gather(self._try("completions"), self._try("chat/completions"))
        if isinstance(raw, ServerError) and isinstance(chat, ServerError):
            if await self._pooling():
                return Capabilities(self.model, pooling=True)
            no_chat = isinstance(chat, RejectedRequestError) and chat.status == 404
            raise raw if no_chat else chat
        template, prefill, echo, thoughts = "", "", False, Thoughts()
        if isinstance(chat, Reply):
            probe = ThoughtProbe(self.server, self.model, self._send)
            thoughts, template = await probe.detect(chat)
            prefill, echo = await self._prefill(thoughts)
            thoughts = await probe.in_turn(thoughts, prefill)
        if not self.endpoint:
            use_chat = isinstance(chat, Reply) and (bool(prefill or thoughts.style) or isinstance(raw, ServerError))
            self.endpoint = "chat/completions" if use_chat else "completions"
        greedy = chat if self.endpoint == "chat/completions" else raw
        if not isinstance(greedy, Reply):
            raise greedy
        (stop, ending), (sampling, seed), (logprobs, top), usage, others = await asyncio.gather(
            self._stop(greedy), self._sampling(), self._logprobs(), self._usage(), self._others()
        )
        if ending == "no" and logprobs and stop == "removed":
            ending = await self._stop_tokens(greedy)
        siblings = SiblingProbe(self.server, self.endpoint, partial(self._body, self.endpoint), self._try)
        sharing = await siblings.detect(seeds=seed, logprobs=bool(logprobs))
        return Capabilities(
            model=self.model,
            completions=isinstance(raw, Reply),
            chat=isinstance(chat, Reply),
            endpoint=self.endpoint,
            prefill=prefill,
            echo=echo,
            choices=sharing.choices,
            siblings=sharing.way,
            sibling_cost=sharing.cost,
            seed=seed,
            sampling=sampling,
            stop=stop,
            ending=ending,
            logprobs=logprobs,
            top=top,
            usage=usage,
            limit=self.limit,
            template=template if self.endpoint == "chat/completions" else "",
            refused=self.refused,
            thoughts=thoughts if self.endpoint == "chat/completions" else Thoughts(),
            **others,
        )

    async def _only_model(self) -> str:
        """Return the name of the only model on the server."""

        def parse(data: Any) -> list[str]:
            rows = json_object(data, "the response").get("data")
            if not isinstance(rows, list):
                raise MalformedReplyError("its list of models is no list")
            return [str(row["id"]) for row in rows if isinstance(row, Mapping) and "id" in row]

        names = await self.server.request(f"{self.base}/models", None, parse, tries=TRIES)
        if len(names) == 1:
            return names[0]
        listed = ", ".join(names[:10]) or "none"
        raise UsageError(
            f"model {self.base!r}: name one of its models after #, as in {self.base}#NAME; it has {listed}"
        )

    def _body(self, endpoint: str, **more: Any) -> dict[str, Any]:
        conversation = [{"role": "user", "content": PROMPT}]
        prompt = {"prompt": PROMPT} if endpoint == "completions" else {"messages": conversation}
        limit = more.pop("max_tokens", TOKENS)
        body = {"model": self.model, self.limit: limit, "temperature": 0, **prompt, **more}
        return {name: value for name, value in body.items() if name not in self.refused}

    async def _send(self, endpoint: str, **more: Any) -> Reply:
        """Send a probe; a server that asks for another name of the limit, or refuses the temperature, gets its way."""
        while True:
            body = self._body(endpoint, **more)
            try:
                return await self.server.request(f"{self.base}/{endpoint}", body, parse_reply, tries=TRIES)
            except RejectedRequestError as error:
                if "max_tokens" in body and wants_completion_limit(error.detail):
                    self.limit = "max_completion_tokens"
                elif refused_field(error.detail, {k: v for k, v in body.items() if k == "temperature"}):
                    self.refused = tuple(dict.fromkeys((*self.refused, "temperature")))
                else:
                    raise

    async def _try(self, endpoint: str = "", **more: Any) -> Reply | ServerError:
        try:
            return await self._send(endpoint or self.endpoint, **more)
        except ServerError as error:
            return error

    async def _holds(self, url: str, body: dict[str, Any], test: Callable[[Any], bool]) -> bool:
        """Return true if the response to a request passes a test; errors and other shapes are false."""
        try:
            data = await self.server.request(url, {"model": self.model, **body}, lambda data: data, tries=TRIES)
            return test(data)
        except (ServerError, LookupError, TypeError):
            return False

    async def _prefill(self, thoughts: Thoughts) -> tuple[str, bool]:
        """Return the way to continue the assistant's turn ("" if none works), and true if the turn is echoed.

        A server that closes the turn and opens a new one adds template tokens, which show in the prompt's token count:
        then the count grows more from 0 to 4 words than from 4 to 8. Thinking is turned off if it can be, since some
        templates put an empty thought before a turn that has none. A template that opens a thought does so only
        without a given turn, and the count grows less.
        """
        more = {"chat_template_kwargs": SWITCH} if thoughts.off == "template" else {}

        async def prompt_tokens(how: str, words: int) -> tuple[int | None, bool]:
            given = " ".join(["one"] * words)
            turns = [{"role": "user", "content": PROMPT}] + [{"role": "assistant", "content": given}] * bool(words)
            reply = await self._send("chat/completions", messages=turns, **(CONTINUE[how] if words else {}), **more)
            return reply.prompt_tokens, bool(words) and reply.text.startswith(given)

        for how in ("flags", "last"):
            try:
                none, four, eight = [await prompt_tokens(how, words) for words in (0, 4, 8)]
            except ServerError:
                continue
            if none[0] and four[0] and eight[0] and eight[0] > four[0]:
                slope = (eight[0] - four[0]) / 4
                if (-5 if thoughts.style else -2) < four[0] - none[0] - 4 * slope < 2:
                    return how, four[1] and eight[1]
        return "", False

    async def _stop(self, greedy: Reply) -> tuple[str, str]:
        """Return the treatment of a stop text that is known to appear, and the sign that it ended the text."""
        stop = middle(greedy.text)
        found = await self._try(stop=[stop])
        if isinstance(found, ServerError):
            return "refused", "text"
        at = greedy.text.find(stop)
        if at < 0 or found.text.rstrip() == greedy.text[:at].rstrip():
            return "removed", "no" if found.stopped is None else "field"
        return ("ignored" if found.text == greedy.text else "kept"), "text"

    async def _stop_tokens(self, greedy: Reply) -> str:
        """Return "count" if stop tokens are counted but have no log-probabilities, as in llama.cpp; else "no"."""
        found = await self._try(stop=[middle(greedy.text)], **logprobs_fields(self.endpoint, 1))
        if isinstance(found, ServerError) or found.completion_tokens is None or found.finish != "stop":
            return "no"
        return "count" if found.completion_tokens > len(found.probabilities) > 0 else "no"

    async def _sampling(self) -> tuple[str, bool]:
        """Return how temperature takes effect, and true if a seed repeats a sampled text."""
        for how, more in {"yes": {}, "generation_config": {"generation_config": json.dumps(SAMPLED)}}.items():
            texts = []
            for seed in (1, 1, 2, 3, 4):  # one after the other: some servers have one random state for all requests
                reply = await self._try(temperature=1.9, seed=seed, **more)
                texts.append(reply.text if isinstance(reply, Reply) else None)
            if None not in texts and len(set(texts[1:])) > 1:
                return how, texts[0] == texts[1]
        return "no", False

    async def _logprobs(self) -> tuple[str, int]:
        """Return the shape of log-probabilities, and the number of most probable tokens that a reply lists."""
        for top in TOPS:
            found = await self._try(**logprobs_fields(self.endpoint, top))
            if isinstance(found, Reply) and found.probabilities:
                return found.logprobs.shape, min(found.logprobs.top, top)
        return "", 0

    async def _usage(self) -> str:
        """Return "right", "wrong" or "missing" for the token counts of a response of one token."""
        found = await self._try(max_tokens=1)
        if isinstance(found, ServerError) or not found.prompt_tokens or found.completion_tokens is None:
            return "missing"
        return "right" if found.completion_tokens == 1 else "wrong"

    async def _others(self) -> dict[str, bool]:
        """Probe optional capabilities: extra sampling parameters, several texts, and outputs for scorers."""
        url = f"{self.base}/{self.endpoint}"
        scoring = {"prompt": PROMPT, "max_tokens": 1, "prompt_logprobs": 1}
        extras, several, prompt_logprobs, pooling = await asyncio.gather(
            self._try(top_k=0, min_p=0.0),
            self._holds(url, self._body(self.endpoint, n=2, temperature=1.0), lambda data: len(data["choices"]) == 2),
            self._holds(f"{self.base}/completions", scoring, lambda data: bool(data["choices"][0]["prompt_logprobs"])),
            self._pooling(),
        )
        found = {"extras": isinstance(extras, Reply), "n": several}
        return {**found, "prompt_logprobs": prompt_logprobs, "pooling": pooling}

    async def _pooling(self) -> bool:
        url = f"{self.server.address.root}/pooling"
        return await self._holds(url, {"input": PROMPT}, lambda data: isinstance(data["data"][0]["data"], list))


def middle(text: str) -> str:
    """Return up to four characters from the middle of a text; "zq" if it is empty."""
    return text[len(text) // 2 :][:4] or "zq"
