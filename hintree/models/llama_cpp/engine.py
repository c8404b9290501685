"""Decode loop on llama.cpp: admit what fits, prefill, share the prompt with its siblings, decode, retire."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from hintree.models.llama_cpp.kv_cache import CachedSequence, SequenceCache
from hintree.models.llama_cpp.prefill import PrefillText, count_fitting, prefill
from hintree.models.local.sequence import DecodeBatch, SampleStep, SequenceState

NOISE_STEPS = 32
"""Tokens of each sequence for which the sampler's noise is drawn at once."""


class Running(NamedTuple):
    """A sequence being generated, and its tokens in the cache: all but the one sampled last."""

    state: SequenceState
    cached: CachedSequence


def generate_sequences(cache: SequenceCache, sequences: Sequence[SequenceState], sample: SampleStep) -> None:
    """Generate every sequence to its end; on return, the result of each is set.

    Args:
        cache: Modified: prompts and generated tokens stay in it until they are evicted.
        sequences: Modified: tokens, computed tokens and result. Each must fit the cache on its own.
        sample: Samples tokens and ends sequences.
    """
    waiting = sorted(sequences, key=lambda state: state.prompt_ids)
    running: list[Running] = []
    while waiting or running:
        reserved = sum(state.max_tokens - len(state.ids) for state, _ in running)
        size = count_fitting(cache, [(state.prompt_ids, state.max_tokens) for state in waiting], reserved)
        running += begin(cache, waiting[:size], sample)
        waiting = waiting[size:]
        if running:
            running = decode(cache, running, sample, joining=bool(waiting))


def begin(cache: SequenceCache, states: Sequence[SequenceState], sample: SampleStep) -> list[Running]:
    """Compute the prompts of sequences, each once, and sample their first tokens; return those that have not ended.

    A prompt's tokens are counted for the first of its sequences.
    """
    groups: dict[tuple[int, ...], list[SequenceState]] = {}
    for state in states:
        groups.setdefault(tuple(state.prompt_ids), []).append(state)
    texts = [PrefillText(list(ids), len(ids) - 1) for ids in groups]
    rows: dict[PrefillText, Tensor] = {}
    prefill(cache, texts, lambda text, _, logits: rows.update({text: logits.clone()}))
    found: list[Running] = []
    logits: list[Tensor] = []
    for text, siblings in zip(texts, groups.values(), strict=True):
        siblings[0].computed += text.computed
        for i, state in enumerate(siblings):
            own = cache.open(text.sequence, len(text.ids)) if i else text.sequence
            found += [Running(state, own)] if own is not None else []
            logits.append(rows[text])
    if found:
        sample(DecodeBatch.of([state for state, _ in found], 1), 0, torch.stack(logits))
    return retire(found)


def decode(cache: SequenceCache, running: list[Running], sample: SampleStep, *, joining: bool) -> list[Running]:
    """Generate up to ``NOISE_STEPS`` tokens of each sequence; return those that have not ended.

    Args:
        cache: Modified: the tokens are stored in it.
        running: The sequences, at least one.
        sample: Samples tokens and ends sequences.
        joining: True if others wait; then half of the sequences having ended also ends the run.
    """
    batch, size = DecodeBatch.of([state for state, _ in running], NOISE_STEPS), len(running)
    for step in range(NOISE_STEPS):
        if not running or (joining and 2 * len(running) <= size):
            break
        tokens = [state.ids[-1] for state, _ in running]
        positions = [len(cached.ids) for _, cached in running]
        cache.extend([(cached, [token]) for (_, cached), token in zip(running, tokens, strict=True)])
        lanes = [cached.lane for _, cached in running]
        logits = cache.context.forward(tokens, positions, lanes, [True] * len(running))
        for state, _ in running:
            state.computed += 1
        sample(batch, step, logits)
        if len(still_open := batch.open_indices()) < len(running):
            batch, running = batch.keep(still_open), retire(running)
    return running


def retire(running: Sequence[Running]) -> list[Running]:
    """Return the sequences that have not ended; the tokens of the others may be evicted from now on."""
    for state, cached in running:
        cached.pinned = state.result is None
    return [entry for entry in running if entry.state.result is None]
