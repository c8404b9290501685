"""Local token classifiers: label probabilities at marked places of a text. This is what a PRM runs on."""

import math
from collections.abc import Mapping, Sequence

import torch

from hintree.models.base import Piece, Scored
from hintree.models.forest import Forest, Machine
from hintree.models.local import BATCH_TOKENS, Local, too_long
from hintree.models.text import plain
from hintree.models.tree_cache import Block, TreeCache, fit
from hintree.search.errors import ModelError
from hintree.search.ledger import Usage

Found = tuple[list[float], int]
"""Probabilities at the marks of a text, and the tokens that were forwarded for it."""


class LocalClassifier(Local):
    """A token-classification model on this machine; see ``Classifier`` for what it offers.

    On the tree cache only the tokens are forwarded that no text of the same group (with the same first piece) has had.
    Arguments as for ``Local``.
    """

    def classify(self, texts: Sequence[Sequence[Piece]]) -> list[Scored | ModelError]:
        """Probability of the last label at each marked piece of each text."""
        words = {text: plain(self.tokenizer, text) for text in {piece.text for pieces in texts for piece in pieces}}
        coded = [self._join(pieces, words) for pieces in texts]
        fitting = [i for i, (ids, _) in enumerate(coded) if len(ids) <= self.context]
        chosen = [coded[i] for i in fitting]
        with torch.inference_mode():
            if self._machine is None:
                found = self._whole(chosen)
            else:
                found = self._on_tree(self._machine, chosen, [texts[i][0].text for i in fitting])
        answers: list[Scored | ModelError] = [too_long(self.name, len(ids), self.context) for ids, _ in coded]
        for i, (values, forwarded) in zip(fitting, found, strict=True):
            usage = Usage(1, len(coded[i][0]), forwarded, 0)
            self.usage = self.usage.plus(usage)
            answers[i] = Scored(tuple(values), usage) if all(map(math.isfinite, values)) else self._damaged()
        return answers

    def _join(self, pieces: Sequence[Piece], words: Mapping[str, list[int]]) -> tuple[list[int], list[int]]:
        """Token ids, and the index of the last token of every marked piece, from the token ids of each piece's text."""
        ids = [] if self.tokenizer.bos_token_id is None else [int(self.tokenizer.bos_token_id)]
        marks = []
        for piece in pieces:
            ids += words[piece.text]
            if piece.mark:
                marks.append(len(ids) - 1)
        return ids, marks

    def _on_tree(self, machine: Machine, coded: list[tuple[list[int], list[int]]], groups: list[str]) -> list[Found]:
        """Forward new tokens only; if a number is not finite, all again as a whole, as NaN spreads in a block."""
        found: list[Found] = []
        with self._cache.call(groups) as blocks:
            while len(found) < len(coded):
                left = list(zip(blocks, coded, strict=True))[len(found) :]
                batch = left[: fit([(block, ids) for block, (ids, _) in left], self._columns)]
                forwarded = read_labels(machine, self._cache, [(block, ids) for block, (ids, _) in batch])
                for (block, (ids, marks)), tokens in zip(batch, forwarded, strict=True):
                    path = block.match(ids)
                    found.append(([block.labels[path[mark]] for mark in marks], tokens))
        if all(math.isfinite(value) for values, _ in found for value in values):
            return found
        self._cache.clear()
        again = self._whole(coded)
        return [(values, tokens + before) for (values, tokens), (_, before) in zip(again, found, strict=True)]

    def _whole(self, coded: list[tuple[list[int], list[int]]]) -> list[Found]:
        """Forward every text as a whole, texts of similar length together."""
        found: dict[int, Found] = {}
        order = sorted(range(len(coded)), key=lambda i: len(coded[i][0]))
        while order:
            longest = len(coded[order[-1]][0])
            size = max(1, BATCH_TOKENS // longest)
            batch, order = order[-size:], order[:-size]
            rows = [coded[i][0] for i in batch]
            padded = torch.tensor([ids + [0] * (longest - len(ids)) for ids in rows], device=self.model.device)
            mask = torch.tensor([[1] * len(ids) + [0] * (longest - len(ids)) for ids in rows], device=padded.device)
            chances = self.model(input_ids=padded, attention_mask=mask).logits.float().softmax(-1)[..., -1].cpu()
            for i, row in zip(batch, chances, strict=True):
                found[i] = (row[coded[i][1]].tolist(), len(coded[i][0]))
        return [found[i] for i in range(len(coded))]


def read_labels(machine: Machine, cache: TreeCache, texts: Sequence[tuple[Block, list[int]]]) -> list[int]:
    """Forward what is new in some texts and note the probability of the last label there; tokens forwarded for each."""
    forest = Forest(machine, cache, texts, again=False)
    for places, hidden in forest.read():
        chances = machine.head(hidden).float().softmax(-1)[:, -1].tolist()
        for (i, _), chance in zip(places, chances, strict=True):
            forest.rows[i].block.labels.append(chance)
    forest.commit()
    return forest.forwarded
