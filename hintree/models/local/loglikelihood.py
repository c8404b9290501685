"""Log-likelihood of given texts: the probability of each token, from prefill passes alone."""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from transformers import PreTrainedModel

from hintree.models.local.adapter import ModelAdapter
from hintree.models.local.prefix_trie import PrefixCache, count_fitting
from hintree.models.local.tree_batch import TreeBatch

TokenizedText = tuple[list[int], int]
"""Token ids, and the index, at least 1, of the first token whose probability is asked for."""
TokenValues = tuple[list[float], int]
"""Values read at some tokens of a text, and the number of tokens computed for them."""


def loglikelihood_on_tree(
    adapter: ModelAdapter, cache: PrefixCache, texts: Sequence[TokenizedText], groups: Sequence[str], capacity: int
) -> list[TokenValues]:
    """Return token probabilities, computing only tokens that no text of the same group has cached.

    A cached token is computed again if the token after it is asked for, as its hidden state is not stored.

    Args:
        adapter: The model; not modified.
        cache: Its prefix cache; the texts are stored in it.
        texts: Token ids of each, and where to begin.
        groups: Cache group of each text.
        capacity: KV slots of one tree batch over all its tries.
    """
    values: list[TokenValues] = []
    with cache.call(groups) as tries:
        while len(values) < len(texts):
            left = list(zip(tries, texts, strict=True))[len(values) :]
            batch = left[: count_fitting([(trie, ids) for trie, (ids, _) in left], capacity)]
            prefixes = [(trie, ids[:end]) for trie, (ids, start) in batch for end in range(start, len(ids))]
            if not prefixes:
                values += [([], 0) for _ in batch]
                continue
            tree = TreeBatch(adapter, cache, prefixes)
            index, hidden = tree.prefill_ends()
            tree.commit()
            targets = [ids[end] for _, (ids, start) in batch for end in range(start, len(ids))]
            per_token = zip(token_probabilities(adapter.head(hidden)[index], targets), tree.computed, strict=True)
            for _, (ids, start) in batch:
                own = [next(per_token) for _ in range(start, len(ids))]
                values.append(([probability for probability, _ in own], sum(tokens for _, tokens in own)))
    return values


def loglikelihood_in_full(model: PreTrainedModel, texts: Sequence[TokenizedText]) -> list[TokenValues]:
    """Return token probabilities from one full forward pass over each text: the reference."""
    values = []
    for ids, start in texts:
        logits = model(input_ids=torch.tensor([ids], device=model.device)).logits[0, start - 1 : -1]
        values.append((token_probabilities(logits, ids[start:]), len(ids)))
    return values


def token_probabilities(logits: Tensor, tokens: Sequence[int]) -> list[float]:
    """Return the probability of each token under its logits, shape [tokens, vocabulary]."""
    index = torch.tensor(tokens, device=logits.device)[:, None]
    return [float(x) for x in torch.log_softmax(logits.float(), -1).gather(1, index)[:, 0].exp()]


def recompute_if_not_finite(
    values: list[TokenValues], cache: PrefixCache, without_tree: Callable[[], list[TokenValues]]
) -> list[TokenValues]:
    """Return ``values`` if all are finite; else clear the cache and compute each text alone.

    In a tree batch, NaN at one token can spread to other texts of its trie. Computed alone, only the texts fail that
    contain the damaged token.
    """
    if all(math.isfinite(value) for read, _ in values for value in read):
        return values
    cache.clear()
    return [(read, tokens + before) for (read, tokens), (_, before) in zip(without_tree(), values, strict=True)]
