"""Local classifiers: label probabilities at marked places of a text. This is what a PRM runs on."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from hintree.errors import ModelError
from hintree.models.base import Piece, Scored
from hintree.models.head_spec import Head
from hintree.models.local.head_layers import chances
from hintree.models.local.model import BATCH_TOKENS, Local, too_long
from hintree.models.local.prefix_trie import CACHE_BYTES, Block, Found, TreeCache, fit, or_whole
from hintree.models.local.text import conversation, part
from hintree.models.local.tree_batch import Forest, Machine
from hintree.search.core.ledger import Usage

Coded = tuple[list[int], list[int]]
"""Token ids of a text, and the indices at which it is read."""


class LocalClassifier(Local):
    """A model on this machine that is read at marked places; see ``Classifier`` for what it offers.

    On the tree cache only the tokens are forwarded that no text of the same group has had.

    Args:
        name, model, tokenizer, cache_bytes, tree: As for ``Local``.
        head: What to read, and how it becomes a probability.
        layers: From hidden states to label logits, for heads that are not the model's own.
    """

    def __init__(
        self,
        name: str,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        *,
        head: Head | None = None,
        layers: nn.Module | None = None,
        cache_bytes: int = CACHE_BYTES,
        tree: bool = True,
    ) -> None:
        foreign = layers if head is not None and head.kind == "tensors" else None
        super().__init__(name, model, tokenizer, cache_bytes=cache_bytes, tree=tree, head=foreign)
        self.head = head or Head()
        self.layers = layers
        if layers is not None and self._machine is not None:
            self._machine = self._machine._replace(head=layers)
        if foreign is not None:
            self.parameters += sum(p.numel() for p in foreign.parameters())

    def classify(
        self, texts: Sequence[Sequence[Piece]], *, groups: Sequence[str] = (), whole: bool = False, bos: bool = True
    ) -> list[Scored | ModelError]:
        """Probability of "right" at each marked piece of each text; see ``Classifier``."""
        groups = groups or [pieces[0].text for pieces in texts]
        coded = self.encode(texts, whole=whole, bos=bos)
        fitting = [i for i, (ids, _) in enumerate(coded) if len(ids) <= self.context]
        chosen = [coded[i] for i in fitting]
        with torch.inference_mode():
            if self._machine is None:
                found = self._whole(chosen)
            else:
                found = self._on_tree(self._machine, chosen, [groups[i] for i in fitting])
        answers: list[Scored | ModelError] = [too_long(self.name, len(ids), self.context) for ids, _ in coded]
        for i, (values, forwarded) in zip(fitting, found, strict=True):
            usage = Usage(1, len(coded[i][0]), forwarded, 0)
            self.usage = self.usage.plus(usage)
            answers[i] = Scored(tuple(values), usage) if all(map(math.isfinite, values)) else self._damaged()
        return answers

    def conversation(self, turns: Sequence[tuple[str, Sequence[Piece]]]) -> list[Piece] | None:
        """The turns in the model's chat template; None if it has none."""
        return conversation(self.tokenizer, turns) if self.chat else None

    def encode(self, texts: Sequence[Sequence[Piece]], *, whole: bool, bos: bool) -> list[Coded]:
        """Token ids of each text, and where it is read."""
        first = [self.tokenizer.bos_token_id] if bos and self.tokenizer.bos_token_id is not None else []
        if whole:
            return [join_whole(self.tokenizer, pieces, first) for pieces in texts]
        return [join(self.tokenizer, parts, first) for parts in texts]

    def _on_tree(self, machine: Machine, coded: list[Coded], groups: list[str]) -> list[Found]:
        """Probabilities at the marks of the texts; only new tokens are forwarded."""
        found: list[Found] = []
        with self._cache.call(groups) as blocks:
            while len(found) < len(coded):
                left = list(zip(blocks, coded, strict=True))[len(found) :]
                batch = left[: fit([(block, ids) for block, (ids, _) in left], self._columns)]
                forwarded = read_labels(machine, self._cache, [(block, ids) for block, (ids, _) in batch], self.head)
                for (block, (ids, marks)), tokens in zip(batch, forwarded, strict=True):
                    path = block.match(ids)
                    found.append(([block.labels[path[mark]] for mark in marks], tokens))
        return or_whole(found, self._cache, lambda: self._whole(coded))

    def _whole(self, coded: list[Coded]) -> list[Found]:
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
            read = chances(self.head, self._logits(padded, mask)).cpu()
            for i, row in zip(batch, read, strict=True):
                found[i] = (row[coded[i][1]].tolist(), len(coded[i][0]))
        return [found[i] for i in range(len(coded))]

    def _logits(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Label logits at every token, shape [texts, longest, labels]."""
        if self.layers is None:
            return self.model(input_ids=ids, attention_mask=mask).logits  # type: ignore[no-any-return]
        hidden = self.model.base_model(input_ids=ids, attention_mask=mask).last_hidden_state
        return self.layers(hidden)  # type: ignore[no-any-return]


def join(tokenizer: PreTrainedTokenizerBase, parts: Sequence[Piece], first: Sequence[int]) -> Coded:
    """Ids and marks of a text of which every piece is tokenized on its own."""
    ids, marks = list(first), []
    for piece in parts:
        ids += part(tokenizer, piece.text, piece.control)
        if piece.mark:
            marks.append(max(0, len(ids) - 1))
    return ids, marks


def join_whole(tokenizer: PreTrainedTokenizerBase, pieces: Sequence[Piece], first: Sequence[int]) -> Coded:
    """Ids and marks of a text that is tokenized as a whole; a mark is the token with the last character before it."""
    text = "".join(piece.text for piece in pieces).encode("utf-8", "replace").decode()
    coded = tokenizer(text, add_special_tokens=False, split_special_tokens=True, return_offsets_mapping=True)
    starts = [start for start, _ in coded["offset_mapping"]]
    marks, end = [], 0
    for piece in pieces:
        end += len(piece.text)
        if piece.mark:
            marks.append(len(first) + sum(start < end for start in starts) - 1)
    return [*first, *coded["input_ids"]], marks


def read_labels(
    machine: Machine,
    cache: TreeCache,
    texts: Sequence[tuple[Block, list[int]]],
    head: Head,
) -> list[int]:
    """Forward what is new in some texts and note the probability of "right" there; tokens forwarded for each."""
    forest = Forest(machine, cache, texts, again=False)
    for places, hidden in forest.read():
        for (i, _), chance in zip(places, chances(head, machine.head(hidden)).tolist(), strict=True):
            forest.rows[i].block.labels.append(chance)
    forest.commit()
    return forest.forwarded
