"""Sequences in llama.cpp's KV cache: which tokens each holds, which cells they share, and which are evicted first.

The cache is unified: all sequences use one pool of cells, and a copied prefix shares the cells of its source. This
bookkeeping mirrors the pool, so that a batch is begun only if it fits.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hintree.models.llama_cpp.context import Context

Cells = NDArray[np.int32]


@dataclass(slots=True, eq=False)
class CachedSequence:
    """A sequence with keys and values in the cache.

    Attributes:
        lane: Its number in llama.cpp, >= 0.
        ids: Its token ids, in order of position.
        cells: The cell of each token; shared ones occur in several sequences.
        pinned: True while it is computed; it is not evicted then.
        used: Time of its last use, as a count of uses.
    """

    lane: int
    ids: list[int] = field(default_factory=list)
    cells: Cells = field(default_factory=lambda: np.zeros(0, np.int32))
    pinned: bool = True
    used: int = 0


class SequenceCache:
    """All sequences in the KV cache of one context.

    Args:
        context: Modified: prefixes are copied and sequences removed in it.
        divisible: True if a sequence can be cut at any token. False for models with recurrent states, of which a
            prefix is available only as a whole sequence.
    """

    def __init__(self, context: Context, *, divisible: bool) -> None:
        self.context, self.divisible = context, divisible
        self.sequences: list[CachedSequence] = []
        self._shares = np.zeros(context.cells, np.int32)
        self._free_lanes = list(range(context.lanes))[::-1]
        self._uses = 0

    def free_cells(self) -> int:
        """Return the number of cells that are empty, or can be emptied by evicting what is not pinned."""
        pinned = np.zeros(len(self._shares), bool)
        for sequence in self.sequences:
            if sequence.pinned:
                pinned[sequence.cells] = True
        return len(pinned) - int(pinned.sum())

    def free_lanes(self) -> int:
        """Return the number of sequences that can be opened, evicting those that are not pinned."""
        return len(self._free_lanes) + sum(not sequence.pinned for sequence in self.sequences)

    def longest_prefix(self, ids: Sequence[int]) -> tuple[CachedSequence | None, int]:
        """Return the sequence that shares the longest prefix with ``ids``, and its length; one token is left over."""
        wanted = np.asarray(ids[:-1], np.int32)
        best, length = None, 0
        for sequence in self.sequences:
            common = common_prefix(wanted, np.asarray(sequence.ids[: len(wanted)], np.int32))
            if common > length and (self.divisible or common == len(sequence.ids)):
                best, length = sequence, common
        return best, length

    def open(self, source: CachedSequence | None = None, length: int = 0) -> CachedSequence:
        """Open a pinned sequence that begins with the first ``length`` tokens of another; it shares their cells."""
        if source is not None:
            source.used = self._tick()
        if not self._free_lanes:
            self._evict(keep=source)
        sequence = CachedSequence(self._free_lanes.pop(), used=self._tick())
        self.sequences.append(sequence)
        if source is not None and length:
            self.context.copy(source.lane, sequence.lane, length if length < len(source.ids) else -1)
            sequence.ids, sequence.cells = list(source.ids[:length]), source.cells[:length].copy()
            self._shares[sequence.cells] += 1
        return sequence

    def extend(self, additions: Sequence[tuple[CachedSequence, Sequence[int]]]) -> None:
        """Add tokens to sequences, evicting others for their cells; the caller computes them next."""
        needed = sum(len(ids) for _, ids in additions)
        while len(empty := np.flatnonzero(self._shares == 0)) < needed:
            self._evict()
        start = 0
        for sequence, ids in additions:
            cells = empty[start : start + len(ids)].astype(np.int32)
            start += len(ids)
            self._shares[cells] = 1
            sequence.ids += ids
            sequence.cells = np.concatenate([sequence.cells, cells])

    def close(self, sequence: CachedSequence) -> None:
        """Remove a sequence; cells that no other shares become empty."""
        self.context.remove(sequence.lane)
        self._shares[sequence.cells] -= 1
        self.sequences.remove(sequence)
        self._free_lanes.append(sequence.lane)

    def clear(self) -> None:
        """Remove all sequences from the cache."""
        for sequence in list(self.sequences):
            self.close(sequence)

    def _evict(self, keep: CachedSequence | None = None) -> None:
        """Remove the sequence that was not used for longest. Raises IndexError if all are pinned."""
        unused = sorted((s for s in self.sequences if not s.pinned and s is not keep), key=lambda s: s.used)
        self.close(unused[0])

    def _tick(self) -> int:
        self._uses += 1
        return self._uses


def common_prefix(a: Cells, b: Cells) -> int:
    """Return the length of the common prefix of two arrays of token ids."""
    size = min(len(a), len(b))
    differ = a[:size] != b[:size]
    return int(differ.argmax()) if differ.any() else size
