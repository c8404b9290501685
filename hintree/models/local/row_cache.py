"""Reference generation with one row of keys and values per sequence.

Tests compare the prefix-trie cache with it. It also serves the models that tree attention does not support.
"""

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel

from hintree.models.local.adapter import cache_argument
from hintree.models.local.sequence import DecodeBatch, SampleStep, SequenceState


def generate_in_rows(
    model: PreTrainedModel, sequences: list[SequenceState], sample: SampleStep, batch_tokens: int
) -> None:
    """Generate every sequence to its end, sequences of similar length together.

    Args:
        model: Not modified.
        sequences: Modified: tokens, computed tokens and result.
        sample: Samples tokens and ends sequences.
        batch_tokens: Most sequences x longest sequence of one batch.
    """
    waiting = sorted(sequences, key=lambda sequence: (len(sequence.prompt_ids), sequence.prompt_ids))
    while waiting:
        longest = len(waiting[-1].prompt_ids) + max(sequence.max_tokens for sequence in waiting)
        size = max(1, batch_tokens // longest)
        batch, waiting = waiting[-size:], waiting[:-size]
        generate_batch(model, batch, sample)


def generate_batch(model: PreTrainedModel, sequences: list[SequenceState], sample: SampleStep) -> None:
    """Generate one batch of sequences to their ends; every distinct prompt is prefilled once."""
    logits, cache, mask = prefill_rows(model, sequences)
    live = DecodeBatch.of(sequences, max(sequence.max_tokens for sequence in sequences))
    for step in itertools.count():
        sample(live, step, logits)
        still_open = live.open_indices()
        if not still_open:
            return
        if len(still_open) < len(live.sequences):
            keep = torch.tensor(still_open, device=mask.device)
            cache.batch_select_indices(keep)
            mask, live = mask[keep], live.keep(still_open)
        tokens = torch.tensor([[sequence.ids[-1]] for sequence in live.sequences], device=mask.device)
        mask = torch.cat([mask, mask.new_ones(len(live.sequences), 1)], 1)
        position = mask.sum(1, keepdim=True) - 1
        logits = model(
            input_ids=tokens, attention_mask=mask, position_ids=position, **cache_argument(model, cache)
        ).logits[:, -1]
        for sequence in live.sequences:
            sequence.computed += 1


def prefill_rows(model: PreTrainedModel, sequences: Sequence[SequenceState]) -> tuple[Tensor, DynamicCache, Tensor]:
    """Compute every distinct prompt once, left-padded, and copy its keys and values to each sequence.

    Returns:
        Next-token logits [sequences, vocabulary], the cache, and the padding mask [sequences, longest prompt].
    """
    prompts: dict[tuple[int, ...], int] = {}
    for sequence in sequences:
        prompt = tuple(sequence.prompt_ids)
        sequence.computed += 0 if prompt in prompts else len(prompt)
        prompts.setdefault(prompt, len(prompts))
    longest = max(len(p) for p in prompts)
    ids = torch.tensor([[0] * (longest - len(p)) + list(p) for p in prompts], device=model.device)
    mask = torch.tensor([[0] * (longest - len(p)) + [1] * len(p) for p in prompts], device=model.device)
    cache = DynamicCache(config=model.config)
    position = (mask.cumsum(1) - 1).clamp(min=0)
    logits = model(
        input_ids=ids, attention_mask=mask, position_ids=position, logits_to_keep=1, **cache_argument(model, cache)
    ).logits[:, -1]
    index = torch.tensor([prompts[tuple(sequence.prompt_ids)] for sequence in sequences], device=model.device)
    cache.batch_select_indices(index)
    return logits[index], cache, mask[index]
