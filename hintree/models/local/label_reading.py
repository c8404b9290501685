"""Read the probabilities of labels as the next word of prompts, on the prefix-trie cache or in full passes."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import torch
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from hintree.models.base import Prompt, Span
from hintree.models.labels import LabelCandidates, LabelReading, find_candidates
from hintree.models.local.adapter import ModelAdapter
from hintree.models.local.prefix_trie import PrefixCache, count_fitting
from hintree.models.local.shared_start import share_starts
from hintree.models.local.text import continuing, decoded, encode
from hintree.models.local.tree_batch import TreeBatch
from hintree.search.core.ledger import Usage

NextLogits = tuple[Tensor, int]
"""Logits [vocabulary] of the token after a text, and the number of tokens computed for them."""


def encode_before(
    tokenizer: PreTrainedTokenizerBase, prompt: Prompt, labels: tuple[str, ...]
) -> tuple[list[int], LabelCandidates]:
    """Return the token ids after which the labels are read, and the labels' tokens."""
    if not prompt.spans:
        prompt = replace(prompt, assistant=prompt.assistant.rstrip(" "))
    border = replace(prompt, user="Q", system="", turns=(), server=())
    found = candidates(tokenizer, border, labels)
    return encode(tokenizer, prompt.extended(Span(found.blank))), found


@lru_cache(maxsize=256)
def candidates(tokenizer: PreTrainedTokenizerBase, border: Prompt, labels: tuple[str, ...]) -> LabelCandidates:
    """Return the labels' tokens after a prompt, cached; they depend on its assistant part only."""
    before = encode(tokenizer, border)

    def follow(text: str) -> list[int]:
        ids = encode(tokenizer, border.extended(Span(text)))
        return ids[len(before) :] if ids[: len(before)] == before else continuing(tokenizer, text)

    return find_candidates(border.assistant, labels, follow, tokenizer.unk_token_id)


def as_reading(
    tokenizer: PreTrainedTokenizerBase, logits: Tensor, candidates: LabelCandidates, usage: Usage
) -> LabelReading:
    """Return the labels' probabilities under the logits [vocabulary] of the next token."""
    probabilities = torch.softmax(logits if logits.dtype == torch.float64 else logits.float(), -1)
    found = tuple(float(probabilities[list(tokens)].sum()) for tokens in candidates.tokens)
    return LabelReading(found, decoded(tokenizer, [int(probabilities.argmax())], control=True), usage)


def next_logits_on_tree(
    adapter: ModelAdapter, cache: PrefixCache, texts: Sequence[list[int]], groups: Sequence[str], capacity: int
) -> list[NextLogits]:
    """Return the logits after each text, computing its last token and those that its group has not cached.

    Arguments as for ``loglikelihood_on_tree``.
    """
    found: list[NextLogits] = []
    with cache.call(groups) as tries:
        starts = share_starts(adapter, cache, list(zip(tries, texts, strict=True)))
        while len(found) < len(texts):
            left = list(zip(tries, texts, strict=True))[len(found) :]
            batch = left[: count_fitting(left, capacity)]
            tree = TreeBatch(adapter, cache, batch)
            index, hidden = tree.prefill_ends()
            tree.commit()
            found += zip(adapter.head(hidden)[index], tree.computed, strict=True)
    return [(logits, tokens + start) for (logits, tokens), start in zip(found, starts, strict=True)]


def next_logits_in_full(model: PreTrainedModel, texts: Sequence[list[int]]) -> list[NextLogits]:
    """Return the logits after each text from one full forward pass over it: the reference."""
    device = model.device
    return [(model(input_ids=torch.tensor([ids], device=device)).logits[0, -1], len(ids)) for ids in texts]
