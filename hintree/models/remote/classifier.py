"""Classifiers on servers: vLLM's pooled outputs, or the probabilities of two label tokens.

``Pooling`` sends the token ids that a local classifier would compute (each piece tokenized on its own, by the server's
``/tokenize``) and takes the rows at the marks. A server may return rows for its step tags only (vLLM's STEP pooling);
these are accepted if there are as many rows as marks. ``LabelTokens`` compares the probabilities of the tokens for a
right and a wrong step at every mark, as in Math-Shepherd (arXiv 2312.08935).
"""

import asyncio
import math
import threading
from collections.abc import Sequence
from typing import Any

from hintree.errors import ModelError, ServerError, UsageError
from hintree.models.base import Piece, Scored
from hintree.models.remote.address import parse_address
from hintree.models.remote.client import Garbled, Limits, Server
from hintree.models.remote.replies import mapping, read_reply, top_chances
from hintree.search.core.ledger import Usage

TOP = 5
"""Number of most probable tokens to request; every supported server returns this many."""
KEPT = 100_000
"""Most texts whose tokens or scores are cached; beyond it the cache is cleared."""


class RemoteClassifier:
    """Base of classifiers on servers: one request per text, errors in place of results, token counts.

    Implements ``Classifier``; safe to use from several threads.

    Args:
        name: ``http://host:8000/v1#model-name``; see ``hintree/models/remote/address.py``.
        limits: Limits of each request; the defaults of ``Limits`` if None.

    Raises:
        UsageError: The name has no accepted form, or gives no model.
    """

    def __init__(self, name: str, limits: Limits | None = None) -> None:
        self.name = name
        self.parameters = 0
        self.usage = Usage()
        self.server = Server(parse_address(name), limits)
        if not self.server.address.model:
            raise UsageError(f"model {name!r}: name the scorer's model after #, as in {name.partition('#')[0]}#NAME")
        self.known: dict[str, Any] = {}
        self._lock = threading.Lock()

    chat = False
    """False: servers do not return their chat template, so conversations cannot be rendered."""

    def conversation(self, turns: Sequence[tuple[str, Sequence[Piece]]]) -> list[Piece] | None:
        """Return None: the chat template is not available."""
        return None

    def forget(self) -> None:
        """Clear the cached tokens and scores."""
        self.known.clear()

    def classify(
        self, texts: Sequence[Sequence[Piece]], *, groups: Sequence[str] = (), whole: bool = False, bos: bool = True
    ) -> list[Scored | ModelError]:
        """Return the probability of the last label at each marked piece; ignores ``groups``, ``whole``, ``bos``."""
        if len(self.known) > KEPT:
            self.forget()
        answers = self.server.wait(self._all(texts))
        with self._lock:
            for answer in answers:
                if isinstance(answer, Scored):
                    self.usage = self.usage.plus(answer.usage)
        return answers

    async def _all(self, texts: Sequence[Sequence[Piece]]) -> list[Scored | ModelError]:
        return list(await asyncio.gather(*map(self._try, texts)))

    async def _try(self, pieces: Sequence[Piece]) -> Scored | ModelError:
        try:
            return await self._one(pieces)
        except ModelError as error:
            return error

    async def _one(self, pieces: Sequence[Piece]) -> Scored:
        raise NotImplementedError


class Pooling(RemoteClassifier):
    """Token classifier behind vLLM's ``/pooling`` (``vllm serve MODEL --runner pooling``)."""

    async def _one(self, pieces: Sequence[Piece]) -> Scored:
        words = await asyncio.gather(self._ids("", special=True), *(self._ids(piece.text) for piece in pieces))
        ids, marks = list(words[0][:1]), []
        for piece, more in zip(pieces, words[1:], strict=True):
            ids += more
            if piece.mark:
                marks.append(len(ids) - 1)
        at = self.server.address
        body = {"model": at.model, "input": ids, "task": "token_classify", "use_activation": True}
        rows = await self.server.ask(f"{at.root}/pooling", body, read_rows)
        if len(rows) == len(ids):
            rows = [rows[mark] for mark in marks]
        elif len(rows) != len(marks):
            raise ServerError(
                f"server {at.root}/pooling, model {at.model!r}: {len(rows)} rows for {len(ids)} tokens with "
                f"{len(marks)} steps; serve it with pooling type ALL, or STEP with the step tag of its steps"
            )
        return Scored(tuple(row[-1] for row in rows), Usage(1, len(ids), len(ids), 0))

    async def _ids(self, text: str, *, special: bool = False) -> list[int]:
        """Return the token ids of a text, cached; with ``special``, those that the tokenizer prepends."""
        if not text and not special:
            return []
        if text not in self.known:
            at = self.server.address
            body = {"model": at.model, "prompt": text, "add_special_tokens": special}
            self.known[text] = await self.server.ask(f"{at.root}/tokenize", body, read_ids)
        return list(self.known[text])


class LabelTokens(RemoteClassifier):
    """Language model that writes one of two labels after every step: ``URL#model?labels=WRONG,RIGHT``."""

    async def _one(self, pieces: Sequence[Piece]) -> Scored:
        texts, text = [], ""
        for piece in pieces:
            text += piece.text
            if piece.mark:
                texts.append(text)
        before = {text for text in texts if text in self.known}
        found = [await self._score(text) for text in texts]
        new = [read for text, (_, read) in zip(texts, found, strict=True) if text not in before]
        return Scored(tuple(score for score, _ in found), Usage(1, found[-1][1], sum(new), len(new)))

    async def _score(self, text: str) -> tuple[float, int]:
        """Return the score of a text in [0, 1] and its number of tokens, cached."""
        if text not in self.known:
            at = self.server.address
            body = {"model": at.model, "prompt": text, "max_tokens": 1, "temperature": 0, "logprobs": TOP}
            chances, read = await self.server.ask(f"{at.base}/completions", body, read_top)
            self.known[text] = (self._right(chances), read)
        score, read = self.known[text]
        return score, read

    def _right(self, chances: dict[str, float]) -> float:
        """Return P(right) / (P(wrong) + P(right)); a label outside the top tokens gets the least of theirs."""
        wrong, right = (chances.get(label.strip()) for label in self.server.address.labels)
        if wrong is None and right is None:
            raise ServerError(
                f"model {self.name!r}: neither label is among the {TOP} most probable tokens after a step, but "
                f"{sorted(chances)} are; name the labels it was trained to write"
            )
        least = min(chances.values())
        wrong, right = (least if chance is None else chance for chance in (wrong, right))
        return right / (wrong + right) if wrong + right else 0.5


def read_rows(data: Any) -> list[list[float]]:
    """Parse label probabilities, one row per token or step, from a pooled response. Raises Garbled if malformed."""
    items = mapping(data, "the answer").get("data")
    rows = mapping(items[0], "its data").get("data") if isinstance(items, list) and len(items) == 1 else None
    if not isinstance(rows, list) or not rows:
        raise Garbled("its answer holds no pooled rows")
    rows = [row if isinstance(row, list) else [row] for row in rows]
    for value in (value for row in rows for value in row or [None]):
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1 + 1e-6:
            raise Garbled(f"{value!r} in its pooled rows is no probability")
    return [[min(1.0, float(value)) for value in row] for row in rows]


def read_ids(data: Any) -> list[int]:
    """Parse the token ids of a text. Raises Garbled if malformed."""
    ids = mapping(data, "the answer").get("tokens")
    if not isinstance(ids, list) or not all(isinstance(i, int) and not isinstance(i, bool) for i in ids):
        raise Garbled("its answer holds no token ids")
    return ids


def read_top(data: Any) -> tuple[dict[str, float], int]:
    """Parse the most probable next tokens and the number of prompt tokens. Raises Garbled without log-probabilities."""
    reply = read_reply(data)
    chances = top_chances(data)
    if not chances or not all(map(math.isfinite, chances.values())):
        raise Garbled("its answer holds no log-probabilities of the most probable tokens")
    return chances, reply.read or 0
