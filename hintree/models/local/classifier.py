"""Local token classifiers, such as process reward models: label probabilities at marked tokens of a text."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from hintree.errors import ModelError
from hintree.models.base import Piece, Scored
from hintree.models.head_spec import Head
from hintree.models.local.adapter import ModelAdapter
from hintree.models.local.coding import coded, encode_and_run
from hintree.models.local.head_layers import label_probabilities
from hintree.models.local.loglikelihood import TokenValues, recompute_if_not_finite
from hintree.models.local.model import BATCH_TOKENS, LocalModelBase
from hintree.models.local.prefix_trie import PrefixCache, PrefixTrie, count_fitting
from hintree.models.local.text import conversation, part
from hintree.models.local.tree_batch import TreeBatch

Coded = tuple[list[int], list[int]]
"""Token ids of a text, and the indices of its marked tokens."""


class LocalClassifier(LocalModelBase):
    """Token classifier in this process; implements ``Classifier``.

    On the prefix-trie cache only tokens are computed that no text of the same group has cached. The label of every
    computed token is stored with its KV slot, so a step that was scored once is not computed again.

    Args:
        name, model, tokenizer, cache_bytes, tree: As for ``LocalModelBase``.
        head: Declares the logits to read and how they become a probability.
        layers: Map hidden states to label logits, for heads that are not the model's own.
    """

    def __init__(
        self,
        name: str,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        *,
        head: Head | None = None,
        layers: nn.Module | None = None,
        cache_bytes: int | None = None,
        tree: bool = True,
    ) -> None:
        foreign = layers if head is not None and head.kind == "tensors" else None
        super().__init__(name, model, tokenizer, cache_bytes=cache_bytes, tree=tree, head=foreign)
        self.head = head or Head()
        self.layers = layers
        if layers is not None and self.adapter is not None:
            self.adapter = self.adapter._replace(head=layers)
        if foreign is not None:
            self.parameters += sum(p.numel() for p in foreign.parameters())

    def classify(
        self, texts: Sequence[Sequence[Piece]], *, groups: Sequence[str] = (), whole: bool = False, bos: bool = True
    ) -> list[Scored | ModelError]:
        """Return the probability of "right" at each marked piece of each text; see ``Classifier``."""
        groups = groups or [pieces[0].text for pieces in texts]
        return encode_and_run(
            self.name,
            list(zip(groups, texts, strict=True)),
            lambda text: (text[0], *encode_pieces(self.tokenizer, text[1], whole=whole, bos=bos)),
            self._classify,
        )

    def _classify(self, texts: Sequence[tuple[str, list[int], list[int]]]) -> list[Scored | ModelError]:
        """Return the results of ``classify`` for texts by cache group, token ids and marked tokens."""
        coded, groups = [(ids, marks) for _, ids, marks in texts], [group for group, *_ in texts]
        fitting = [i for i, (ids, _) in enumerate(coded) if len(ids) <= self.context]
        chosen = [coded[i] for i in fitting]
        with self._inference():
            if self.adapter is None or any(len(ids) > self.tree_length for ids, _ in chosen):
                found = self._in_full(chosen)
            else:
                found = self._on_tree(self.adapter, chosen, [groups[i] for i in fitting])
        return self._scored([len(ids) for ids, _ in coded], fitting, found)

    def conversation(self, turns: Sequence[tuple[str, Sequence[Piece]]]) -> list[Piece] | None:
        """Return the turns in the model's chat template, or None if it has none."""
        return conversation(self.tokenizer, turns) if self.chat else None

    def encode(self, texts: Sequence[Sequence[Piece]], *, whole: bool, bos: bool) -> list[Coded]:
        """Return the token ids of each text and the indices of its marked tokens."""
        return [encode_pieces(self.tokenizer, pieces, whole=whole, bos=bos) for pieces in texts]

    def _on_tree(self, adapter: ModelAdapter, coded: list[Coded], groups: list[str]) -> list[TokenValues]:
        """Return the probabilities at the marks of each text, computing uncached tokens only."""
        found: list[TokenValues] = []
        with self.cache.call(groups) as tries:
            while len(found) < len(coded):
                left = list(zip(tries, coded, strict=True))[len(found) :]
                batch = left[: count_fitting([(trie, ids) for trie, (ids, _) in left], self._capacity)]
                computed = label_new_tokens(adapter, self.cache, [(trie, ids) for trie, (ids, _) in batch], self.head)
                for (trie, (ids, marks)), tokens in zip(batch, computed, strict=True):
                    path = trie.match(ids)
                    found.append(([trie.labels[path[mark]] for mark in marks], tokens))
        return recompute_if_not_finite(found, self.cache, lambda: self._in_full(coded))

    def _in_full(self, coded: list[Coded]) -> list[TokenValues]:
        """Return the probabilities from full forward passes, texts of similar length together: the reference."""
        found: dict[int, TokenValues] = {}
        order = sorted(range(len(coded)), key=lambda i: len(coded[i][0]))
        while order:
            longest = len(coded[order[-1]][0])
            size = max(1, BATCH_TOKENS // longest) if longest <= self.tree_length else 1  # no padding: positions change
            batch, order = order[-size:], order[:-size]
            rows = [coded[i][0] for i in batch]
            padded = torch.tensor([ids + [0] * (longest - len(ids)) for ids in rows], device=self.model.device)
            mask = torch.tensor([[1] * len(ids) + [0] * (longest - len(ids)) for ids in rows], device=padded.device)
            probabilities = label_probabilities(self.head, self._logits(padded, mask)).cpu()
            for i, row in zip(batch, probabilities, strict=True):
                found[i] = (row[coded[i][1]].tolist(), len(coded[i][0]))
        return [found[i] for i in range(len(coded))]

    def _logits(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Return label logits, shape [texts, longest, labels], of token ids and padding mask [texts, longest]."""
        if self.layers is None:
            return self.model(input_ids=ids, attention_mask=mask).logits  # type: ignore[no-any-return]
        hidden = self.model.base_model(input_ids=ids, attention_mask=mask).last_hidden_state
        return self.layers(hidden)  # type: ignore[no-any-return]


def encode_pieces(tokenizer: PreTrainedTokenizerBase, pieces: Sequence[Piece], *, whole: bool, bos: bool) -> Coded:
    """Return the token ids of a text and the indices of its marked tokens; ``whole`` and ``bos`` as for a model."""
    first = [tokenizer.bos_token_id] if bos and tokenizer.bos_token_id is not None else []
    return (join_whole if whole else join)(tokenizer, pieces, first)


def join(tokenizer: PreTrainedTokenizerBase, parts: Sequence[Piece], first: Sequence[int]) -> Coded:
    """Return ids and marks of a text of which every piece is tokenized on its own."""
    ids, marks = list(first), []
    for piece in parts:
        ids += part(tokenizer, piece.text, piece.control)
        if piece.mark:
            marks.append(max(0, len(ids) - 1))
    return ids, marks


def join_whole(tokenizer: PreTrainedTokenizerBase, pieces: Sequence[Piece], first: Sequence[int]) -> Coded:
    """Return ids and marks of a text that is tokenized as a whole.

    A mark is the token that holds the last character before it.
    """
    found = coded(tokenizer, ["".join(piece.text for piece in pieces)], split=True, offsets=True)
    starts = [start for start, _ in found.offsets[0]]
    marks, end = [], 0
    for piece in pieces:
        end += len(piece.text)
        if piece.mark:
            marks.append(len(first) + sum(start < end for start in starts) - 1)
    return [*first, *found.ids[0]], marks


def label_new_tokens(
    adapter: ModelAdapter,
    cache: PrefixCache,
    texts: Sequence[tuple[PrefixTrie, list[int]]],
    head: Head,
) -> list[int]:
    """Compute the uncached tokens of some texts and store the probability of "right" at each in their tries.

    Returns:
        Computed tokens of each text.
    """
    tree = TreeBatch(adapter, cache, texts, last_again=False)
    for positions, hidden in tree.prefill():
        for (i, _), probability in zip(
            positions, label_probabilities(head, adapter.head(hidden)).tolist(), strict=True
        ):
            tree.rows[i].trie.labels.append(probability)
    tree.commit()
    return tree.computed
