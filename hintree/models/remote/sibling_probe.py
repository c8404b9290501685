"""Probe how several texts after one prompt share its computation, and what four of them cost."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, NamedTuple

from hintree.errors import ServerError
from hintree.models.remote.body import logprobs_fields
from hintree.models.remote.client import Server
from hintree.models.remote.replies import Reply, parse_replies

SIBLINGS = 4
"""Number of texts after one prompt whose cost is measured."""
WORDS = 120
"""Words of a prompt that no server has seen."""
CHOICES = (16, 8, 4, 2)
"""Numbers of texts to request at once, in this order."""
TOKENS = 8
"""Tokens of a text whose seed is compared; two texts of other seeds at temperature ``HOT`` hardly agree in these."""
HOT = 1.9
SHARED = 2.0
"""Computed tokens of four siblings, in prompts, up to which it counts as shared; vLLM shares blocks of 16 or 128."""
Send = Callable[..., Awaitable[Reply | ServerError]]


class Sharing(NamedTuple):
    """Way in which siblings share their prompt; see ``Capabilities``."""

    way: str
    choices: int
    cost: tuple[int, int]


class SiblingProbe:
    """Requests that probe how siblings share their prompt.

    Args:
        server: The server.
        endpoint: Endpoint in use.
        body: Makes the body of a request to that endpoint from its further fields.
        send: Sends such a request; returns the error of one that fails.
    """

    def __init__(self, server: Server, endpoint: str, body: Callable[..., dict[str, Any]], send: Send) -> None:
        self.server, self.endpoint, self.body, self.send = server, endpoint, body, send

    async def detect(self, *, seeds: bool, logprobs: bool) -> Sharing:
        """Return how siblings share their prompt.

        Args:
            seeds: True if the server honours seeds.
            logprobs: True if it returns log-probabilities, without which the tokens of several texts are not counted.
        """
        together = computed(await self._siblings(unseen_prompt(), range(SIBLINGS)))
        if together and together[0] <= SHARED * together[1]:
            return Sharing("together", 1, together)
        choices = await self._choices() if seeds and logprobs else 1
        if choices > 1:
            replies = await self._several(min(choices, SIBLINGS), 1, unseen_prompt())
            return Sharing("n", choices, computed(replies[:1] if replies else []) or (0, 0))
        prompt = unseen_prompt()
        first = await self._siblings(prompt, [0])
        later = computed(first + await self._siblings(prompt, range(1, SIBLINGS)))
        if together and later and later[0] > SHARED * later[1]:
            return Sharing("", 1, later)
        return Sharing("first", 1, later or (0, 0))

    async def _siblings(self, text: str, seeds: Iterable[int]) -> list[Reply | ServerError]:
        """Send requests after one prompt at the same time."""
        fields = self._prompt(text) | {"max_tokens": 2, "temperature": 1.0}
        return list(await asyncio.gather(*(self.send(seed=seed, **fields) for seed in seeds)))

    async def _choices(self) -> int:
        """Return the greatest number of texts of one request, if text ``i`` is the one of seed ``s + i``; else 1."""
        for count in CHOICES:
            replies = await self._several(count, 1)
            if replies is None:
                continue
            if not all(reply.probabilities for reply in replies):
                return 1
            for seed in (1, 101, 201):  # a text may differ by rounding, in a batch of another size
                pair = await self._several(2, seed)
                alone = await self.send(temperature=HOT, seed=seed + 1, max_tokens=TOKENS)
                if pair and isinstance(alone, Reply) and pair[0].text != pair[1].text == alone.text:
                    return count
            return 1
        return 1

    async def _several(self, count: int, seed: int, text: str = "") -> list[Reply] | None:
        """Return the replies to one request for several texts; None if the server returns an error or fewer."""
        fields = {"temperature": HOT, "seed": seed, "max_tokens": TOKENS, "n": count}
        fields |= self._prompt(text) if text else {}
        body = self.body(**fields, **logprobs_fields(self.endpoint, 1))
        url = f"{self.server.address.base}/{self.endpoint}"
        try:
            return await self.server.request(url, body, lambda data: parse_replies(data, count), tries=1)
        except ServerError:
            return None

    def _prompt(self, text: str) -> dict[str, Any]:
        """Return the fields of a prompt."""
        if self.endpoint == "completions":
            return {"prompt": text}
        return {"messages": [{"role": "user", "content": text}]}


def unseen_prompt() -> str:
    """Return a prompt that is in no server's cache."""
    return " ".join(random.choices(["red", "blue", "green", "nine", "seven", "cat", "dog", "tree"], k=WORDS))


def computed(replies: Sequence[Reply | ServerError]) -> tuple[int, int] | None:
    """Return the computed prompt tokens of all replies, and the tokens of one prompt.

    Returns:
        None if a request failed, or if the server does not tell cached tokens.
    """
    counts = [(r.prompt_tokens, r.cached_tokens) for r in replies if isinstance(r, Reply)]
    known = [(prompt, cached) for prompt, cached in counts if prompt and cached is not None]
    if len(known) < len(replies) or not known:
        return None
    return sum(prompt - cached for prompt, cached in known), known[0][0]
