"""Language models behind OpenAI-compatible servers: one request per text, each with its own seed."""

import asyncio
import logging
import os
import threading
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from hintree.errors import CancelledRequestError, ModelError, ServerError, UsageError
from hintree.models.base import Completion, GenerationRequest
from hintree.models.remote.address import Address, parse_address
from hintree.models.remote.body import body_of
from hintree.models.remote.capabilities import Capabilities
from hintree.models.remote.client import Limits, RejectedRequestError, Server
from hintree.models.remote.completion import completion_of, completions_of_family
from hintree.models.remote.dialect import refused_field
from hintree.models.remote.meter import GenerationMeter
from hintree.models.remote.probe import Probe
from hintree.models.remote.replies import Reply, parse_replies
from hintree.models.remote.siblings import SiblingQueue
from hintree.models.thinking import ThinkingStyle
from hintree.search.core.ledger import Usage

log = logging.getLogger(__name__)
_probed: dict[Address, Capabilities] = {}


class RemoteModel:
    """Language model on a server, with the interface of ``LanguageModel``; safe to use from several threads.

    Args:
        name: ``http://host:8000/v1#model-name``; see ``hintree/models/remote/address.py``.
        limits: Limits of each request; those of ``usual_limits`` if None.

    Attributes:
        capabilities: Capabilities of the server, probed once per process; fields that it refuses later are added.
        closes_thoughts: True if a thought that is cut can be closed: the server keeps a finished thought in the
            assistant's turn.

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
        self.thinking: ThinkingStyle | None = self.capabilities.thoughts.found
        self.continues_thoughts = self.capabilities.thoughts.continued
        self.closes_thoughts = self.capabilities.thoughts.closed
        self._lock = threading.Lock()
        self._meter = GenerationMeter()
        self._queue: SiblingQueue | None = None
        self._queue_process = 0

    def unknown_words(self, text: str) -> list[str]:
        """Return an empty list: servers do not report words outside the vocabulary."""
        return []

    def forget(self) -> None:
        """Do nothing: the KV cache belongs to the server."""

    def generate(self, requests: Sequence[GenerationRequest]) -> list[Completion | ModelError]:
        """Generate one text per request, concurrently; order and errors as in ``LanguageModel.generate``.

        If the search of this call ends (search/core/scope.py), its connections are closed, and each request is answered
        by a CancelledRequestError with its cost until then.
        """
        try:
            results = self.server.run(self._all(requests))
        except CancelledRequestError as error:
            results = [cancelled_after(error, self._meter.cost(request)) for request in requests]
        finally:
            self._meter.forget(requests)
        with self._lock:
            for result in results:
                if isinstance(result, Completion | CancelledRequestError) and result.usage is not None:
                    self.usage = self.usage.plus(Usage(*result.usage))
        return results

    async def _all(self, requests: Sequence[GenerationRequest]) -> list[Completion | ModelError]:
        return list(await asyncio.gather(*map(self._one, requests)))

    async def _one(self, request: GenerationRequest) -> Completion | ModelError:
        try:
            done = await self._completion(request)
            if stopped_at_once(done, request):
                again = await self._single(request, stop="ignored")
                done = again._replace(usage=done.usage.plus(again.usage))
        except ModelError as error:
            return error
        self._meter.finish(request, done.usage)
        return done

    async def _completion(self, request: GenerationRequest) -> Completion:
        """Return the completion of a request, which siblings that arrive with it may share its prompt with."""
        if self.capabilities.siblings not in ("n", "first"):
            return await self._single(request)
        if self._queue is None or self._queue_process != os.getpid():
            self._queue = SiblingQueue(lambda: self.capabilities, self._family, self._prime)
            self._queue_process = os.getpid()
        return await self._queue.submit(request)

    async def _single(self, request: GenerationRequest, **changed: str) -> Completion:
        """Return the completion of a request to a server with its capabilities, some of them changed."""
        [reply], can = await self._replies([request], **changed)
        return completion_of(reply, request, can)

    async def _family(self, requests: Sequence[GenerationRequest]) -> list[Completion]:
        """Return the completions of consecutive siblings by one request; the first bears the cost of the prompt."""
        if len(requests) == 1:
            return [await self._single(requests[0])]
        replies, can = await self._replies(requests)
        return completions_of_family(replies, requests, can)

    async def _prime(self, request: GenerationRequest) -> Usage:
        """Compute a prompt by a request for one token, which is dropped; return the computed tokens."""
        self._meter.send([request])
        primer = replace(request, max_tokens=1, stop=(), thinking_tokens=0)
        try:
            [reply], _ = await self._replies([primer])
        finally:
            self._meter.forget([primer])
        return Usage(0, 0, max(0, (reply.prompt_tokens or 0) - (reply.cached_tokens or 0)), 0)

    async def _replies(self, requests: Sequence[GenerationRequest], **changed: str) -> tuple[list[Reply], Capabilities]:
        """Send one request for the texts of consecutive siblings, without the fields that the server refuses.

        Returns:
            The replies in order, and the capabilities that the body was made for.
        """
        request, n = requests[0], len(requests)
        own = {name for name, _ in request.prompt.server}
        url = f"{self.server.address.base}/{self.capabilities.endpoint}"
        while True:
            can = replace(self.capabilities, **changed)  # type: ignore[arg-type]
            body = body_of(request, can) | ({"n": n} if n > 1 else {})
            try:
                sent = partial(self._meter.send, requests)
                return await self.server.request(url, body, lambda data: parse_replies(data, n), sent=sent), can
            except RejectedRequestError as error:
                name = refused_field(error.detail, {k: v for k, v in body.items() if k not in own})
                if not name:
                    raise
                self._leave_out(name, body[name])

    def _leave_out(self, name: str, value: Any) -> None:
        """Leave a field out of all further requests, and say so once."""
        with self._lock:
            if name in self.capabilities.refused:
                return
            self.capabilities = replace(self.capabilities, refused=(*self.capabilities.refused, name))
            log.warning("model %s: its server refuses %s, which is not sent (%.80r)", self.name, name, value)


def cancelled_after(error: CancelledRequestError, usage: Usage | None) -> CancelledRequestError:
    """Return the error of one cancelled request with its cost."""
    own = CancelledRequestError(str(error))
    own.usage = usage
    return own


def stopped_at_once(done: Completion, request: GenerationRequest) -> bool:
    """Tell whether blanks that are a stop text ended a text at its beginning, where local models ignore them."""
    return done.ended == "stop" and done.stopped_by.isspace() and not done.text.strip() and not request.may_be_blank


def capabilities_of(server: Server) -> Capabilities:
    """Return the capabilities of a server, probed once per process; errors as for ``Probe.run``."""
    if server.address not in _probed:
        _probed[server.address] = server.run(Probe(server).run())
    return _probed[server.address]
