"""Classifiers on servers: vLLM's pooled outputs, or the probabilities of two label tokens.

``Pooling`` sends the token ids that a local classifier would compute (each piece tokenized on its own, by the server's
``/tokenize``) and takes the rows at the marks. A server may return rows for its step tags only (vLLM's STEP pooling);
these are accepted if there are as many rows as marks. ``LabelTokens`` compares the probabilities of the tokens for a
right and a wrong step at every mark, as in Math-Shepherd (arXiv 2312.08935).
"""

import asyncio
import math
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from hintree.errors import ModelError, ServerError, UsageError
from hintree.models.base import Piece, Scored
from hintree.models.labels import LabelReading, check_mass, sum_spellings
from hintree.models.remote.address import parse_address
from hintree.models.remote.chat_template import ServedLayout, parse_token_ids, served_layout
from hintree.models.remote.client import Limits, MalformedReplyError, Server
from hintree.models.remote.logprobs import parse_top_logprobs
from hintree.models.remote.numbers import json_object, read_probability
from hintree.models.remote.replies import parse_reply
from hintree.search.core.ledger import Usage

TOP_LOGPROBS = 5
"""Number of most probable tokens to request; every supported server returns this many."""
MAX_CACHED = 100_000
"""Maximum number of texts whose tokens or scores are cached; beyond it the cache is cleared."""


class RemoteClassifier:
    """Base class of classifiers on servers: one request per text, errors in place of results, token counts.

    Implements ``Classifier``; safe to use from several threads.

    Args:
        name: ``http://host:8000/v1#model-name``; see ``hintree/models/remote/address.py``.
        limits: Limits of each request; those of ``usual_limits`` if None.
        needs_template: If true, ``conversation`` raises an error where the server does not show its chat template;
            otherwise it returns None there, so that the turns are read as lines.

    Raises:
        UsageError: The name has no accepted form, or gives no model.
    """

    def __init__(self, name: str, limits: Limits | None = None, *, needs_template: bool = False) -> None:
        self.name = name
        self.parameters = 0
        self.usage = Usage()
        self.server = Server(parse_address(name), limits)
        if not self.server.address.model:
            raise UsageError(f"model {name!r}: name the scorer's model after #, as in {name.partition('#')[0]}#NAME")
        self.cache: dict[str, Any] = {}
        self.chat = False
        self.needs_template = needs_template
        self.layouts: dict[tuple[str, ...], ServedLayout | None] = {}
        self._lock = threading.Lock()

    def conversation(self, turns: Sequence[tuple[str, Sequence[Piece]]]) -> list[Piece] | None:
        """Render turns through the server's chat template; ``chat`` is true from then on.

        Returns:
            Pieces of the whole conversation; None if the server does not show its template.

        Raises:
            ServerError: It does not, and the turns cannot be read without it.
        """
        roles = tuple(role for role, _ in turns)
        if roles not in self.layouts:
            self.layouts[roles] = self.server.run(served_layout(self.server, roles))
        layout = self.layouts[roles]
        if layout is None and self.needs_template:
            raise ServerError(
                f"model {self.name!r}: it reads a conversation, and its server does not show the chat template for "
                f"turns of {', '.join(roles)}; serve it with vLLM or llama.cpp, or name the model itself"
            )
        if layout is None:
            return None
        self.chat = True
        return [
            piece
            for own, (_, pieces) in zip(layout.before, turns, strict=True)
            for piece in (Piece(own, control=True), *pieces)
        ]

    def forget(self) -> None:
        """Clear the cached tokens and scores."""
        self.cache.clear()

    def classify(
        self, texts: Sequence[Sequence[Piece]], *, groups: Sequence[str] = (), whole: bool = False, bos: bool = True
    ) -> list[Scored | ModelError]:
        """Return the probability of the last label at each marked piece; ignores ``groups`` and ``whole``."""
        if len(self.cache) > MAX_CACHED:
            self.forget()
        results = self.server.run(self._all(texts, bos))
        with self._lock:
            for result in results:
                if isinstance(result, Scored):
                    self.usage = self.usage.plus(result.usage)
        return results

    async def _all(self, texts: Sequence[Sequence[Piece]], bos: bool) -> list[Scored | ModelError]:
        return list(await asyncio.gather(*(self._try(pieces, bos) for pieces in texts)))

    async def _try(self, pieces: Sequence[Piece], bos: bool) -> Scored | ModelError:
        try:
            return await self._one(pieces, bos)
        except ModelError as error:
            return error

    async def _one(self, pieces: Sequence[Piece], bos: bool) -> Scored:
        raise NotImplementedError


class Pooling(RemoteClassifier):
    """Token classifier behind vLLM's ``/pooling`` (``vllm serve MODEL --runner pooling``)."""

    async def _one(self, pieces: Sequence[Piece], bos: bool) -> Scored:
        encoded = await asyncio.gather(self._ids("", special=True), *(self._ids(piece.text) for piece in pieces))
        ids, marks = list(encoded[0][:1]) if bos else [], []
        for piece, tokens in zip(pieces, encoded[1:], strict=True):
            ids += tokens
            if piece.mark:
                marks.append(len(ids) - 1)
        address = self.server.address
        body = {"model": address.model, "input": ids, "task": "token_classify", "use_activation": True}
        rows = await self.server.request(f"{address.root}/pooling", body, parse_pooled_rows)
        if len(rows) == len(ids):
            rows = [rows[mark] for mark in marks]
        elif len(rows) != len(marks):
            raise ServerError(
                f"server {address.root}/pooling, model {address.model!r}: {len(rows)} rows for {len(ids)} tokens with "
                f"{len(marks)} steps; serve it with pooling type ALL, or STEP with the step tag of its steps"
            )
        return Scored(tuple(row[-1] for row in rows), Usage(1, len(ids), len(ids), 0))

    async def _ids(self, text: str, *, special: bool = False) -> list[int]:
        """Return the token ids of a text, cached; with ``special``, those that the tokenizer prepends."""
        if not text and not special:
            return []
        if text not in self.cache:
            address = self.server.address
            body = {"model": address.model, "prompt": text, "add_special_tokens": special}
            self.cache[text] = await self.server.request(f"{address.root}/tokenize", body, parse_token_ids)
        return list(self.cache[text])


class LabelTokens(RemoteClassifier):
    """Language model that writes one of two labels after every step: ``URL#model?labels=WRONG,RIGHT``."""

    async def _one(self, pieces: Sequence[Piece], bos: bool) -> Scored:
        texts, text = [], ""
        for piece in pieces:
            text += piece.text
            if piece.mark:
                texts.append(text)
        cached = {text for text in texts if text in self.cache}
        found = [await self._read(text, bos) for text in texts]
        tokens = [reading.usage.prompt_tokens for reading in found]
        computed = [count for text, count in zip(texts, tokens, strict=True) if text not in cached]
        usage = Usage(1, tokens[-1], sum(computed), len(computed))
        return Scored(tuple(reading.shares()[1] for reading in found), usage, found[-1].mass)

    async def _read(self, text: str, bos: bool) -> LabelReading:
        """Return the probabilities of the labels, wrong and right, after a text, cached.

        Raises:
            LabelError: They have no probability.
        """
        if text not in self.cache:
            address = self.server.address
            body = {"model": address.model, "prompt": text, "max_tokens": 1, "temperature": 0, "logprobs": TOP_LOGPROBS}
            if not bos and any(layout and layout.whole for layout in self.layouts.values()):
                body["add_special_tokens"] = False
            probabilities, tokens = await self.server.request(f"{address.base}/completions", body, parse_next_tokens)
            found = self._labels_of(probabilities, tokens)
            if (error := check_mass(found, self.name, self.server.address.labels)) is not None:
                raise error
            self.cache[text] = found
        reading: LabelReading = self.cache[text]
        return reading

    def _labels_of(self, probabilities: Mapping[str, float], tokens: int) -> LabelReading:
        """Return the labels' probabilities; a label outside the top tokens gets the least of theirs, at most."""
        labels = [label.strip() for label in self.server.address.labels]
        listed = sum_spellings(probabilities, labels)
        least = min(probabilities.values()) if any(listed) else 0.0
        wanted = max(probabilities, key=lambda text: probabilities[text])
        return LabelReading(tuple(p or least for p in listed), wanted, Usage(1, tokens))


def parse_pooled_rows(data: Any) -> list[list[float]]:
    """Parse label probabilities, one row per token or step, from a pooled response.

    Raises:
        MalformedReplyError: The response holds no rows, or a value outside [0, 1].
    """
    items = json_object(data, "the response").get("data")
    rows = json_object(items[0], "its data").get("data") if isinstance(items, list) and len(items) == 1 else None
    if not isinstance(rows, list) or not rows:
        raise MalformedReplyError("its response holds no pooled rows")
    rows = [row if isinstance(row, list) else [row] for row in rows]
    return [[read_probability(value, "pooled output") for value in row or [None]] for row in rows]


def parse_next_tokens(data: Any) -> tuple[dict[str, float], int]:
    """Parse the probabilities of the most probable next tokens, and the number of prompt tokens.

    Raises:
        MalformedReplyError: The response holds no log-probabilities.
    """
    reply = parse_reply(data)
    probabilities = parse_top_logprobs(data)
    if not probabilities or not all(map(math.isfinite, probabilities.values())):
        raise MalformedReplyError("its response holds no log-probabilities of the most probable tokens")
    return probabilities, reply.prompt_tokens or 0
