"""Reference generation with one row per sequence.

Tests compare the prefix-trie cache with it. It also serves the models that tree attention does not support, such as
those with sliding windows and recurrent states: rows that are generated together have one length, so no model sees
padding, and every forward pass is one that ``generate`` makes too.
"""

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor
from transformers import Cache, PreTrainedModel

from hintree.models.local.row_support import RowMode, compute, own_cache, select_rows
from hintree.models.local.sequence import DecodeBatch, SampleStep, SequenceState


def generate_in_rows(
    model: PreTrainedModel,
    sequences: Sequence[SequenceState],
    sample: SampleStep,
    batch_tokens: int,
    mode: RowMode,
    switch: int,
) -> None:
    """Generate every sequence to its end, sequences with prompts of one length together.

    Args:
        model: Not modified.
        sequences: Modified: tokens, computed tokens and result.
        sample: Samples tokens and ends sequences.
        batch_tokens: Maximum of sequences x longest sequence of one batch.
        mode: How the model runs in rows.
        switch: Longest text in tokens before the model's rotary frequencies change; its cache is then computed anew.
    """
    ordered = sorted(sequences, key=lambda sequence: (len(sequence.prompt_ids), sequence.prompt_ids))
    for length, same in itertools.groupby(ordered, key=lambda sequence: len(sequence.prompt_ids)):
        waiting = list(same)
        while waiting:
            size = max(1, batch_tokens // (length + max(sequence.max_tokens for sequence in waiting)))
            batch, waiting = waiting[:size], waiting[size:]
            generate_batch(model, batch, sample, mode, switch)


def generate_batch(
    model: PreTrainedModel, sequences: list[SequenceState], sample: SampleStep, mode: RowMode, switch: int
) -> None:
    """Generate sequences with prompts of one length to their ends; see ``generate_in_rows``."""
    live = DecodeBatch.of(sequences, max(sequence.max_tokens for sequence in sequences))
    cache: Cache | None = None
    for step in itertools.count():
        length = len(live.sequences[0].prompt_ids) + step
        if cache is None or mode is RowMode.WHOLE or length - 1 == switch:
            logits, cache = prefill_rows(model, live.sequences, mode)
        else:
            tokens = torch.tensor([[sequence.ids[-1]] for sequence in live.sequences], device=model.device)
            logits = compute(model, tokens, cache).logits[:, -1]
            for sequence in live.sequences:
                sequence.computed += 1
        sample(live, step, logits)
        still_open = live.open_indices()
        if not still_open:
            return
        if len(still_open) < len(live.sequences):
            live = live.keep(still_open)
            if cache is not None:
                select_rows(cache, torch.tensor(still_open, device=model.device))


def prefill_rows(
    model: PreTrainedModel, sequences: Sequence[SequenceState], mode: RowMode
) -> tuple[Tensor, Cache | None]:
    """Compute every distinct text of some sequences of one length once, from its first token.

    Returns:
        Next-token logits [sequences, vocabulary], and the cache of all sequences, or None without one.
    """
    texts: dict[tuple[int, ...], int] = {}
    index = []
    for sequence in sequences:
        text = (*sequence.prompt_ids, *sequence.ids)
        sequence.computed += 0 if text in texts else len(text)
        index.append(texts.setdefault(text, len(texts)))
    out = compute(model, torch.tensor(list(texts), device=model.device), cached=mode is RowMode.CACHED, last=True)
    rows = torch.tensor(index, device=model.device)
    if mode is RowMode.WHOLE:
        return out.logits[rows, -1], None
    cache = own_cache(out)
    select_rows(cache, rows)
    return out.logits[rows, -1], cache
