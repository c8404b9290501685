"""Reference generation with one row per sequence.

Tests compare the prefix-trie cache with it. It also serves the models that tree attention does not support, such as
those with recurrent states: rows that are generated together have one length, so no model sees padding. Texts continue
from snapshots of earlier ones where the model allows it.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from transformers import Cache, PreTrainedModel

from hintree.models.local.row_snapshots import SHORTEST, Snapshot, SnapshotStore, Text, single, stacked
from hintree.models.local.row_support import RowMode, compute, continued, own_cache, select_rows
from hintree.models.local.sequence import DecodeBatch, SampleStep, SequenceState

MOST_STEPS = 32
"""Maximum number of tokens that are computed one by one after a snapshot; more are computed anew in one pass."""


@dataclass(slots=True)
class Rows:
    """A model that runs with one row per sequence, and what it keeps of earlier texts.

    model: From transformers; not modified.
    mode: How the model runs in rows.
    switch: Longest text in tokens before the model's rotary frequencies change; its cache is then computed anew.
    store: Snapshots of earlier texts, which new texts join; used by modes that keep them.
    points: Prefixes after which a snapshot is taken.
    """

    model: PreTrainedModel
    mode: RowMode
    switch: int
    store: SnapshotStore
    points: set[Text] = field(default_factory=set)


def generate_in_rows(rows: Rows, sequences: Sequence[SequenceState], sample: SampleStep, batch_tokens: int) -> None:
    """Generate every sequence to its end, sequences with prompts of one length together.

    Args:
        rows: The model; its store and points are modified.
        sequences: Modified: tokens, computed tokens and result.
        sample: Samples tokens and ends sequences.
        batch_tokens: Maximum of sequences x longest sequence of one batch.
    """
    if rows.mode.keeps:
        rows.points = rows.store.branch_points(tuple(sequence.prompt_ids) for sequence in sequences)
    ordered = sorted(sequences, key=lambda sequence: (len(sequence.prompt_ids), sequence.prompt_ids))
    for length, same in itertools.groupby(ordered, key=lambda sequence: len(sequence.prompt_ids)):
        waiting = list(same)
        while waiting:
            size = max(1, batch_tokens // (length + max(sequence.max_tokens for sequence in waiting)))
            batch, waiting = waiting[:size], waiting[size:]
            generate_batch(rows, batch, sample)


def generate_batch(rows: Rows, sequences: list[SequenceState], sample: SampleStep) -> None:
    """Generate sequences with prompts of one length to their ends; see ``generate_in_rows``."""
    model, mode = rows.model, rows.mode
    live = DecodeBatch.of(sequences, max(sequence.max_tokens for sequence in sequences))
    cache: Cache | None = None
    for step in itertools.count():
        length = len(live.sequences[0].prompt_ids) + step
        if cache is None or length - 1 == rows.switch:
            logits, cache = prefill_rows(rows, live.sequences)
        else:
            tokens = torch.tensor([[sequence.ids[-1]] for sequence in live.sequences], device=model.device)
            logits = compute(model, tokens, cache, length - 1).logits[:, -1]
            for sequence in live.sequences:
                sequence.computed += 1
        sample(live, step, logits)
        still_open = live.open_indices()
        if mode.keeps and cache is not None:
            for i in sorted(set(range(len(live.sequences))).difference(still_open)):
                ended = live.sequences[i]
                rows.store.put((*ended.prompt_ids, *ended.ids[:-1]), Snapshot(single(cache, i), logits[i].clone()))
        if not still_open:
            return
        if len(still_open) < len(live.sequences):
            live = live.keep(still_open)
            if cache is not None:
                select_rows(cache, torch.tensor(still_open, device=model.device))


def prefill_rows(rows: Rows, sequences: Sequence[SequenceState]) -> tuple[Tensor, Cache | None]:
    """Compute every distinct text of some sequences of one length once, from a snapshot or from its first token.

    Returns:
        Next-token logits [sequences, vocabulary], and the cache of all sequences, or None without one.
    """
    texts = [(*sequence.prompt_ids, *sequence.ids) for sequence in sequences]
    distinct = {text: i for i, text in enumerate(dict.fromkeys(texts))}
    if rows.mode.keeps:
        snapshots, computed = compute_from_snapshots(rows, list(distinct))
        logits = torch.stack([snapshots[text].logits for text in texts])
        cache: Cache | None = stacked([snapshots[text].cache for text in texts])
    else:
        ids, index = torch.tensor(list(distinct)), torch.tensor([distinct[text] for text in texts])
        out = compute(rows.model, ids.to(rows.model.device), cached=rows.mode is RowMode.CACHED, last=True)
        cache = own_cache(out) if rows.mode is RowMode.CACHED else None
        if cache is not None:
            select_rows(cache, index.to(rows.model.device))
        logits, computed = out.logits[index, -1], {text: len(text) for text in distinct}
    for sequence, text in zip(sequences, texts, strict=True):
        sequence.computed += computed.pop(text, 0)
    return logits, cache


def next_logits_in_rows(rows: Rows, texts: Sequence[Sequence[int]]) -> list[tuple[Tensor, int]]:
    """Return the next-token logits [vocabulary] after each text, and the tokens that it adds to those computed.

    Args:
        rows: A model that keeps snapshots; its store and points are modified.
        texts: Token ids of each, at least one.
    """
    keys = [tuple(text) for text in texts]
    rows.points = rows.store.branch_points(keys)
    snapshots: dict[Text, Snapshot] = {}
    computed: dict[Text, int] = {}
    for key in sorted(set(keys), key=lambda key: (len(key), key)):
        found, added = compute_from_snapshots(rows, [key])
        snapshots[key], computed[key] = found[key], added.get(key, 0)
    return [(snapshots[key].logits, computed.pop(key, 0)) for key in keys]


def compute_from_snapshots(rows: Rows, texts: Sequence[Text]) -> tuple[dict[Text, Snapshot], dict[Text, int]]:
    """Compute distinct texts from the longest snapshots of their prefixes, with new snapshots where they part.

    Returns:
        The snapshot after each text, and the tokens that each adds to those computed for the texts before it.
    """
    known: dict[Text, Snapshot] = {}
    pieces: dict[Text, int] = {}
    computed: dict[Text, int] = {}
    for text in texts:
        start, snapshot = rows.store.longest(text, rows.switch)
        if snapshot is not None:
            known[text[:start]] = snapshot
        for end in [*branch_ends(rows, text), len(text)]:
            if end - start >= SHORTEST or start < end == len(text):
                if text[:end] not in pieces:
                    anew = rows.mode is RowMode.STEPWISE and end - start > MOST_STEPS
                    pieces[text[:end]] = 0 if anew else start
                    computed[text] = computed.get(text, 0) + end - pieces[text[:end]]
                start = end
    for (_, start), same in itertools.groupby(sorted(pieces.items(), key=piece_order), key=piece_order):
        ends = [text for text, _ in same]
        for text, snapshot in zip(ends, extend_snapshots(rows, known, ends, start), strict=True):
            known[text] = snapshot
            rows.store.put(text, snapshot)
    return known, computed


def branch_ends(rows: Rows, text: Text) -> list[int]:
    """Return the lengths of the proper prefixes of a text after which a snapshot is taken, shortest first."""
    long = len(text) > rows.switch  # its keys have other frequencies than those of shorter texts
    lengths = sorted({len(point) for point in rows.points if len(point) < len(text)})
    return [length for length in lengths if (length > rows.switch) == long and text[:length] in rows.points]


def piece_order(piece: tuple[Text, int]) -> tuple[int, int]:
    """Return the length of a piece's text and of the part before it, both in tokens."""
    return len(piece[0]), piece[1]


def extend_snapshots(rows: Rows, known: dict[Text, Snapshot], texts: Sequence[Text], start: int) -> list[Snapshot]:
    """Return the snapshots after texts of one length, from those after their first ``start`` tokens."""
    ids = torch.tensor(texts, device=rows.model.device)
    if start:
        cache = stacked([known[text[:start]].cache for text in texts])
        out = continued(rows.model, ids[:, start:], cache, start, rows.mode)
    else:
        out = compute(rows.model, ids, cached=True, last=True)
        cache = own_cache(out)
    return [Snapshot(single(cache, i), out.logits[i, -1].clone()) for i in range(len(texts))]
