"""Estimate the cost of requests that are cancelled: a server tells nothing of a text that it does not finish."""

import threading
import time
from collections.abc import Iterable

from hintree.models.base import GenerationRequest
from hintree.models.remote.completion import WORD
from hintree.search.core.ledger import Usage


class GenerationMeter:
    """Follow the requests to one model; safe to use from several threads.

    The generated tokens of an unfinished text are estimated by its time and by the tokens per second of the finished
    ones, the tokens of its prompt as about one per word.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sent: dict[int, float] = {}
        self._done: dict[int, Usage] = {}
        self._tokens, self._seconds = 0, 0.0

    def send(self, requests: Iterable[GenerationRequest]) -> None:
        """Note that requests are sent now, again after a failed try."""
        with self._lock:
            self._sent |= {id(request): time.monotonic() for request in requests}

    def finish(self, request: GenerationRequest, usage: Usage) -> None:
        """Note the cost of a finished text."""
        with self._lock:
            self._done[id(request)] = usage
            if id(request) in self._sent:
                self._tokens += usage.generated_tokens
                self._seconds += time.monotonic() - self._sent[id(request)]

    def cost(self, request: GenerationRequest) -> Usage | None:
        """Return the cost of a request until now: exact if it is finished, else estimated; None if it was not sent."""
        with self._lock:
            if id(request) in self._done or id(request) not in self._sent:
                return self._done.get(id(request))
            speed = self._tokens / self._seconds if self._seconds else 0.0
            written = round(speed * (time.monotonic() - self._sent[id(request)]))
        written = min(written, request.max_tokens + request.thinking_tokens)
        prompt = len(WORD.findall(request.prompt.plain()))
        return Usage(1, prompt, prompt + max(0, written - 1), written)

    def forget(self, requests: Iterable[GenerationRequest]) -> None:
        """Forget requests whose call is over."""
        with self._lock:
            for request in requests:
                self._sent.pop(id(request), None)
                self._done.pop(id(request), None)
