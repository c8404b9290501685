"""How probable is a text? The probabilities of tokens that stand there already, read in forward passes alone."""

from collections.abc import Sequence

import torch
from torch import Tensor
from transformers import PreTrainedModel

from hintree.models.local.prefix_trie import Found, TreeCache, fit
from hintree.models.local.tree_batch import Forest, Machine

Text = tuple[list[int], int]
"""Token ids, and the index of the first one whose probability is asked for, at least 1."""


def weigh_on_tree(
    machine: Machine, cache: TreeCache, texts: Sequence[Text], groups: Sequence[str], columns: int
) -> list[Found]:
    """The probabilities, from a tree cache: what a text of the same group has had is not forwarded again.

    The token before those asked for is, for the sake of the logits after it.
    """
    found: list[Found] = []
    with cache.call(groups) as blocks:
        while len(found) < len(texts):
            left = list(zip(blocks, texts, strict=True))[len(found) :]
            batch = left[: fit([(block, ids) for block, (ids, _) in left], columns)]
            prefixes = [(block, ids[:end]) for block, (ids, start) in batch for end in range(start, len(ids))]
            if not prefixes:
                found += [([], 0) for _ in batch]
                continue
            forest = Forest(machine, cache, prefixes)
            index, hidden = forest.read_ends()
            forest.commit()
            targets = [ids[end] for _, (ids, start) in batch for end in range(start, len(ids))]
            chances = iter(zip(probabilities(machine.head(hidden)[index], targets), forest.forwarded, strict=True))
            for _, (ids, start) in batch:
                mine = [next(chances) for _ in range(start, len(ids))]
                found.append(([chance for chance, _ in mine], sum(tokens for _, tokens in mine)))
    return found


def weigh_whole(model: PreTrainedModel, texts: Sequence[Text]) -> list[Found]:
    """The probabilities, from one forward pass over each text as a whole: the reference."""
    found = []
    for ids, start in texts:
        logits = model(input_ids=torch.tensor([ids], device=model.device)).logits[0, start - 1 : -1]
        found.append((probabilities(logits, ids[start:]), len(ids)))
    return found


def probabilities(logits: Tensor, tokens: Sequence[int]) -> list[float]:
    """Probability of each token under its logits, which have shape [tokens, vocabulary]."""
    index = torch.tensor(tokens, device=logits.device)[:, None]
    return [float(x) for x in torch.log_softmax(logits.float(), -1).gather(1, index)[:, 0].exp()]
