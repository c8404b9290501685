"""Label probabilities from servers: vLLM's pooled outputs, or the probabilities of two label tokens.

``Pooling`` asks for the same token ids that a local classifier would forward (each piece tokenized on its own, by the
server's ``/tokenize``), and takes the rows at the marks; a server that returns rows for its step tags only (vLLM's STEP
pooling) is taken at its word if there are as many as marks. ``LabelTokens`` reads at every mark how probable the token
of a right step is against that of a wrong one, as Math-Shepherd does (arXiv 2312.08935).
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
"""Most probable tokens that are asked for: as many as every server gives."""
KEPT = 100_000
"""Texts whose tokens or scores are remembered."""


class RemoteClassifier:
    """What the two kinds share: one request per text, errors in place of answers, counting.

    Args:
        name: As in ``hintree/models/remote/address.py``.
        limits: What one answer may take.

    Raises:
        UsageError: The name is of no accepted form, or names no model.
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
    """Whether conversations can be laid out; a server keeps its template to itself."""

    def conversation(self, turns: Sequence[tuple[str, Sequence[Piece]]]) -> list[Piece] | None:
        """None: there is no template."""
        return None

    def forget(self) -> None:
        """Drop what it remembers of texts."""
        self.known.clear()

    def classify(
        self, texts: Sequence[Sequence[Piece]], *, groups: Sequence[str] = (), whole: bool = False, bos: bool = True
    ) -> list[Scored | ModelError]:
        """Probability of the last label at each marked piece of each text, tokenized as the server does it."""
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
    """A token classifier behind vLLM's ``/pooling`` (``vllm serve MODEL --runner pooling``)."""

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
        """Token ids of a text, asked for once; with ``special``, those that the tokenizer puts in front."""
        if not text and not special:
            return []
        if text not in self.known:
            at = self.server.address
            body = {"model": at.model, "prompt": text, "add_special_tokens": special}
            self.known[text] = await self.server.ask(f"{at.root}/tokenize", body, read_ids)
        return list(self.known[text])


class LabelTokens(RemoteClassifier):
    """A language model that writes one of two labels after every step: ``URL#model?labels=WRONG,RIGHT``."""

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
        """Score of a text, and its tokens; asked for once."""
        if text not in self.known:
            at = self.server.address
            body = {"model": at.model, "prompt": text, "max_tokens": 1, "temperature": 0, "logprobs": TOP}
            chances, read = await self.server.ask(f"{at.base}/completions", body, read_top)
            self.known[text] = (self._right(chances), read)
        score, read = self.known[text]
        return score, read

    def _right(self, chances: dict[str, float]) -> float:
        """The right label's share; a label that is not among the most probable counts as the least of them."""
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
    """Label probabilities, a row per token or step, from a pooled answer. Raises Garbled if it holds none."""
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
    """The token ids of a text. Raises Garbled if there are none."""
    ids = mapping(data, "the answer").get("tokens")
    if not isinstance(ids, list) or not all(isinstance(i, int) and not isinstance(i, bool) for i in ids):
        raise Garbled("its answer holds no token ids")
    return ids


def read_top(data: Any) -> tuple[dict[str, float], int]:
    """The most probable next tokens, and the tokens that were read. Raises Garbled if the server does not tell them."""
    reply = read_reply(data)
    chances = top_chances(data)
    if not chances or not all(map(math.isfinite, chances.values())):
        raise Garbled("its answer holds no log-probabilities of the most probable tokens")
    return chances, reply.read or 0
