"""Snapshots of rows: the keys, values and recurrent states after whole texts, kept between calls.

A recurrent or convolution layer holds one state per text, not one per token, so a text continues only where a snapshot
was taken: where texts part, at the end of each prompt, and at the end of each step (compare Marconi, arXiv 2411.19379).
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from torch import Tensor
from transformers import Cache
from transformers.cache_utils import CacheLayerMixin, LinearAttentionCacheLayerMixin

from hintree.models.resources import cache_budget, join_budget, share_of_budget

Text = tuple[int, ...]
"""Token ids of a text, from its first token."""
CACHES = (Cache, CacheLayerMixin, LinearAttentionCacheLayerMixin)
"""Classes of transformers that hold tensors of rows."""
SHORTEST = 16
"""Minimum number of tokens that sharing the start of texts must save; below it, a forward pass costs more."""


class Snapshot(NamedTuple):
    """State of a model after a text.

    cache: One row; never modified.
    logits: Logits of the next token, shape [vocabulary].
    """

    cache: Cache
    logits: Tensor


class SnapshotStore:
    """Snapshots of one model, bounded to ``limit`` bytes; the least recently used one is dropped first.

    Args:
        limit: As for ``PrefixCache``.
    """

    def __init__(self, limit: int | None = None) -> None:
        self._shared, self.bytes = limit is None, 0
        self.budget = cache_budget() if limit is None else limit
        self._snapshots: OrderedDict[Text, Snapshot] = OrderedDict()
        join_budget(self)

    @property
    def limit(self) -> int:
        """Return the bytes that it may hold at the moment."""
        return share_of_budget(self, self.budget) if self._shared else self.budget

    @property
    def in_use(self) -> bool:
        """Tell whether it holds a snapshot."""
        return bool(self._snapshots)

    def longest(self, text: Text, switch: int) -> tuple[int, Snapshot | None]:
        """Return the length in tokens and the snapshot of the longest prefix of a text that has one, else (0, None).

        Args:
            text: Marks the snapshot as used.
            switch: Longest text in tokens before the rotary frequencies change; a snapshot serves one side of it.
        """
        for length in sorted({len(key) for key in self._snapshots if len(key) <= len(text)}, reverse=True):
            found = self._snapshots.get(text[:length])
            if found is not None and (length <= switch) == (len(text) <= switch):
                self._snapshots.move_to_end(text[:length])
                return length, found
        return 0, None

    def put(self, text: Text, snapshot: Snapshot) -> None:
        """Keep the snapshot after a text, and drop others down to the limit."""
        self.bytes += size(snapshot) - size(self._snapshots.pop(text, None))
        self._snapshots[text] = snapshot
        limit = self.limit
        while self.bytes > limit:
            self.bytes -= size(self._snapshots.popitem(last=False)[1])

    def clear(self) -> None:
        """Drop all snapshots of the model."""
        self._snapshots.clear()
        self.bytes = 0

    def branch_points(self, texts: Iterable[Text]) -> set[Text]:
        """Return the prefixes after which texts part from each other, or from texts with a snapshot.

        Each has at least ``SHORTEST`` tokens.
        """
        new = set(texts)
        points = set()
        for one, other in pairwise(sorted(new.union(self._snapshots))):  # neighbours share the longest prefixes
            if one in new or other in new:
                length = common_length(one, other)
                if length >= SHORTEST:
                    points.add(one[:length])
        return points


def common_length(one: Sequence[int], other: Sequence[int]) -> int:
    """Return the number of tokens that two texts share from their start."""
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def size(value: Any) -> int:
    """Return the size in bytes of all tensors in a snapshot, a cache, or a part of it."""
    if isinstance(value, Tensor):
        return value.numel() * value.element_size()
    return sum(map(size, parts(value)))


def parts(value: Any) -> list[Any]:
    """Return the values that a cache, one of its layers, or a container in it holds."""
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, (list, tuple)):
        return list(value)
    return list(vars(value).values()) if isinstance(value, CACHES) else []


def stacked(caches: Sequence[Cache]) -> Cache:
    """Return a new cache that holds the rows of some caches of one length, one below the other."""
    return merged(caches, torch.cat)  # type: ignore[no-any-return]


def single(cache: Cache, row: int) -> Cache:
    """Return a new cache that holds one row of a cache."""
    return merged([cache], lambda states: states[0][row : row + 1].clone())  # type: ignore[no-any-return]


def merged(values: Sequence[Any], merge: Callable[[list[Tensor]], Tensor]) -> Any:
    """Return the first of some values of one kind, copied, with every tensor of rows replaced by ``merge`` of all.

    Tensors of rows have two or more dimensions, the first of which counts rows.
    """
    first = values[0]
    if isinstance(first, Tensor):
        return merge(list(values)) if first.ndim > 1 else first
    if isinstance(first, dict):
        return {name: merged([value[name] for value in values], merge) for name in first}
    if isinstance(first, list):
        return [merged(group, merge) for group in zip(*values, strict=True)]
    if isinstance(first, CACHES):
        whole = copy(first)
        vars(whole).update(merged([vars(value) for value in values], merge))
        return whole
    return first
