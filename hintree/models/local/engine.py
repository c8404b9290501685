"""Decode loop on the prefix-trie KV cache: schedule, prefill, sample, decode, commit.

Sequences are generated in decode chunks of up to ``DECODE_CHUNK`` tokens. A chunk ends early when gathering its KV
slots anew pays off; sequences that have not ended join the next chunk, with those that wait for capacity.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from torch import Tensor

from hintree.models.local.adapter import ModelAdapter
from hintree.models.local.prefix_trie import PrefixCache, PrefixTrie, count_fitting
from hintree.models.local.sequence import DecodeBatch, SampleStep, SequenceState
from hintree.models.local.shared_start import share_starts
from hintree.models.local.tree_batch import TreeBatch, TreePosition

DECODE_CHUNK = 32
"""Maximum number of tokens decoded for each sequence before the KV slots are gathered anew."""

Entry = tuple[SequenceState, PrefixTrie]
"""A sequence, and the trie of its group."""


@dataclass(slots=True)
class DecodeChunk:
    """One decode chunk in progress.

    Attributes:
        entries: All sequences of the chunk; they belong to the caller.
        joining: True if other sequences wait for capacity.
        max_steps: Maximum number of tokens to decode for each sequence.
        tree: Keys and values of the entries; owned by the chunk.
        batch: The entries that have not ended.
        positions: End in the tree batch of each sequence of ``batch``.
        step: Tokens sampled for each sequence of ``batch`` so far.
        keeps_ends: True to keep the hidden state that the last token of each sequence is sampled from.
    """

    entries: list[Entry]
    joining: bool
    max_steps: int
    tree: TreeBatch
    batch: DecodeBatch
    positions: list[TreePosition]
    step: int = 0
    keeps_ends: bool = False


def generate_on_tree(
    adapter: ModelAdapter,
    cache: PrefixCache,
    sequences: Sequence[SequenceState],
    groups: Sequence[Hashable],
    sample: SampleStep,
    capacity: int,
) -> None:
    """Generate every sequence to its end; on return, the result of each is set.

    Args:
        adapter: The model; not modified.
        cache: Its prefix cache; prompts and generated tokens are stored in it.
        sequences: Modified: tokens, computed tokens and result.
        groups: Cache group of each sequence.
        sample: Samples tokens and ends sequences.
        capacity: KV slots of one tree batch over all its tries.
    """
    with cache.call(groups) as tries:
        waiting = list(zip(sequences, tries, strict=True))
        while waiting:
            chunk, waiting = schedule(adapter, cache, waiting, capacity)
            logits = prefill(adapter, chunk)
            while sample_and_retire(chunk, sample, logits):
                logits = decode(adapter, chunk)
            waiting = commit(chunk) + waiting
            cache.evict(needed=[trie for _, trie in waiting])


def schedule(
    adapter: ModelAdapter, cache: PrefixCache, waiting: list[Entry], capacity: int
) -> tuple[DecodeChunk, list[Entry]]:
    """Return a chunk of the first entries, as many as the capacity holds, and the entries that still wait.

    The chunk's keys and values have shape [2 x layers, tries, heads, working slots, head size]; its noise has shape
    [steps + 1, sequences, 1].
    """
    texts = [(trie, sequence.prompt_ids + sequence.ids) for sequence, trie in waiting]
    size = count_fitting(texts, capacity, DECODE_CHUNK)
    sequences = [sequence for sequence, _ in waiting[:size]]
    for sequence, tokens in zip(sequences, share_starts(adapter, cache, texts[:size]), strict=True):
        sequence.computed += tokens
    steps = min(DECODE_CHUNK, max(sequence.max_tokens - len(sequence.ids) for sequence in sequences))
    tree = TreeBatch(adapter, cache, texts[:size], new_tokens=steps)
    batch = DecodeBatch.of(sequences, steps + 1)
    chunk = DecodeChunk(
        waiting[:size], size < len(waiting), steps, tree, batch, tree.positions, keeps_ends=cache.keeps_ends
    )
    return chunk, waiting[size:]


def prefill(adapter: ModelAdapter, chunk: DecodeChunk) -> Tensor:
    """Compute the uncached tokens of all sequences; return next-token logits, shape [sequences, vocabulary].

    A token shared by several sequences is computed once and counted for the first of them.
    """
    for (sequence, _), tokens in zip(chunk.entries, chunk.tree.computed, strict=True):
        sequence.computed += tokens
    index, hidden = chunk.tree.prefill_ends()
    return logits_of_each(adapter, index, hidden)


def sample_and_retire(chunk: DecodeChunk, sample: SampleStep, logits: Tensor) -> bool:
    """Sample one token per sequence and drop the sequences that ended; return True if the chunk continues.

    The chunk ends at its token limit. It also ends when half of its tries have no open sequence left, or half of its
    sequences have ended and others wait for capacity: then gathering anew makes every further pass smaller.

    Args:
        chunk: Its batch and positions are updated.
        sample: Samples the tokens.
        logits: Next-token logits, shape [sequences, vocabulary].
    """
    size = len(chunk.batch.sequences)
    sample(chunk.batch, chunk.step, logits)
    chunk.step += 1
    still_open = chunk.batch.open_indices()
    if len(still_open) < size:
        if chunk.keeps_ends:
            for i in set(range(size)).difference(still_open):
                chunk.tree.keep_end(chunk.positions[i])
        chunk.batch, chunk.positions = chunk.batch.keep(still_open), [chunk.positions[i] for i in still_open]
        if 2 * len({row for row, _ in chunk.positions}) <= len(chunk.tree.rows):
            return False
        if chunk.joining and 2 * len(still_open) <= len(chunk.entries):
            return False
    return chunk.step <= chunk.max_steps


def decode(adapter: ModelAdapter, chunk: DecodeChunk) -> Tensor:
    """Compute the token sampled last for each sequence; return next-token logits, shape [sequences, vocabulary].

    Sequences that continue alike share one computation, which is counted for the first of them.
    """
    sequences = chunk.batch.sequences
    moves = [(position, sequence.ids[-1]) for position, sequence in zip(chunk.positions, sequences, strict=True)]
    chunk.positions, index, hidden = chunk.tree.decode(moves)
    computed = 0
    for sequence, at in zip(sequences, index, strict=True):
        if at == computed:  # the first sequence with this hidden state
            sequence.computed += 1
            computed += 1
    return logits_of_each(adapter, index, hidden)


def commit(chunk: DecodeChunk) -> list[Entry]:
    """Store the chunk's keys and values in the prefix tries; return the entries that have not ended."""
    chunk.tree.commit()
    return [entry for entry in chunk.entries if entry[0].result is None]


def logits_of_each(adapter: ModelAdapter, index: list[int], hidden: Tensor) -> Tensor:
    """Return logits [sequences, vocabulary] of hidden states [different texts, width], repeated by ``index``."""
    logits: Tensor = adapter.head(hidden)
    return logits[index] if len(logits) < len(index) else logits
