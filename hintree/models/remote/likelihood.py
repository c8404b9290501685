"""Log-likelihoods of given texts on vLLM's server, by its log-probabilities of the prompt."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from hintree.errors import ModelError
from hintree.models.base import LanguageModel, Prompt, Scored
from hintree.models.remote.chat_template import parse_token_ids
from hintree.models.remote.client import Limits, MalformedReplyError
from hintree.models.remote.model import RemoteModel
from hintree.models.remote.numbers import json_object, read_log_probability
from hintree.search.core.ledger import Usage


class RemoteScoringModel(RemoteModel):
    """Language model on a server that returns log-probabilities of the prompt; implements ``SupportsLoglikelihood``.

    Prompt and text are tokenized apart by the server's ``/tokenize``, as a model in this process does.
    """

    def loglikelihood(self, texts: Sequence[tuple[Prompt, str]]) -> list[Scored | ModelError]:
        """Return the probability of each token of each text after its prompt, which is read as ``prompt.plain()``."""
        results = self.server.run(self._read_all(texts))
        with self._lock:
            for result in results:
                if isinstance(result, Scored):
                    self.usage = self.usage.plus(result.usage)
        return results

    async def _read_all(self, texts: Sequence[tuple[Prompt, str]]) -> list[Scored | ModelError]:
        return list(await asyncio.gather(*(self._read(prompt, text) for prompt, text in texts)))

    async def _read(self, prompt: Prompt, text: str) -> Scored | ModelError:
        try:
            before, own = await asyncio.gather(self._ids(prompt.plain(), special=True), self._ids(text, special=False))
            ids = before + own
            body = {"model": self.capabilities.model, "prompt": ids, "max_tokens": 1, "prompt_logprobs": 0}
            url = f"{self.server.address.base}/completions"
            probabilities = await self.server.request(url, body, partial(parse_prompt_logprobs, ids=ids))
        except ModelError as error:
            return error
        return Scored(tuple(probabilities[len(before) :]), Usage(1, len(ids), len(ids), 0))

    async def _ids(self, text: str, *, special: bool) -> list[int]:
        """Return the token ids of a text; with ``special``, after those that begin a sequence."""
        body = {"model": self.capabilities.model, "prompt": text, "add_special_tokens": special}
        return await self.server.request(f"{self.server.address.root}/tokenize", body, parse_token_ids) if text else []


def open_remote(name: str, limits: Limits | None = None) -> LanguageModel:
    """Open a language model on a server, as one that scores given texts if the server can; errors as RemoteModel's."""
    model = RemoteModel(name, limits)
    return RemoteScoringModel(name, limits) if model.capabilities.prompt_logprobs else model


def parse_prompt_logprobs(data: Any, ids: Sequence[int]) -> list[float]:
    """Parse the probability of each token of a prompt, 1 for the first one, which nothing precedes.

    Raises:
        MalformedReplyError: The response does not hold one log-probability for each of these token ids.
    """
    choices = json_object(data, "the response").get("choices")
    rows = json_object(choices[0], "the choice").get("prompt_logprobs") if isinstance(choices, list) and choices else 0
    if not isinstance(rows, list) or len(rows) != len(ids):
        raise MalformedReplyError(f"its response holds no log-probabilities of the {len(ids)} tokens of the prompt")
    found = [1.0]
    for row, token in zip(rows[1:], ids[1:], strict=True):
        own = row.get(str(token)) if isinstance(row, Mapping) else None
        found.append(read_log_probability(json_object(own, "the log-probability of a token").get("logprob")))
    return found
