"""Prefix-trie KV cache: keys and values of tokens, stored once per distinct prefix.

One trie holds the texts of one group, such as all prompts and steps about one problem (compare RadixAttention in
SGLang, arXiv 2312.07104). Each trie node is one token and owns one KV slot. Forking a text copies nothing. Prefill
covers only the tokens after the longest cached prefix, wherever the new text comes from: a hint, a rewritten step, or
another model's step.
"""

import math
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

from hintree.models.local.integrity import check_cache, check_trie
from hintree.models.resources import cache_budget, join_budget, share_of_budget

SPARE = 16
"""Eviction frees one part in so many of the limit more than it has to."""
ROOT = -1
"""Parent of a first token."""


class PrefixTrie:
    """Token trie of one group of texts, with one KV slot per trie node.

    A slot is an index that is valid until the next ``prune``. Slots are dense: a parent's slot is smaller than its
    children's, and the first ``stored`` slots hold keys and values while the rest are still being computed.

    Attributes:
        tokens, parents: Token id and parent slot of each slot.
        labels: Classifier output at each stored slot; empty for language models.
        end_states: Hidden states [width] at slots where texts ended, by slot, if the cache keeps them.
        states: Keys and values, shape [2 x layers, heads, capacity, head size]; owned by the trie.
        stored: Number of slots with keys and values.
    """

    def __init__(self) -> None:
        self.tokens: list[int] = []
        self.parents: list[int] = []
        self.labels: list[float] = []
        self.end_states: dict[int, Tensor] = {}
        self.states: Tensor | None = None
        self.stored = 0
        self._children: dict[tuple[int, int], int] = {}
        self._used: set[int] = set()

    def match(self, ids: Sequence[int]) -> list[int]:
        """Return the slots of the longest cached prefix of a text and mark them as used. Adds no slot."""
        path = self._path(ids)
        self._used.update(path)
        return path

    def find(self, ids: Sequence[int]) -> list[int]:
        """Return the slots with keys and values of the longest cached prefix of a text. Marks and adds none."""
        path = self._path(ids)
        return path[: bisect_left(path, self.stored)]  # slots rise along a path

    def _path(self, ids: Sequence[int]) -> list[int]:
        path, at = [], ROOT
        for token in ids:
            found = self._children.get((at, token))
            if found is None:
                break
            path.append(found)
            at = found
        return path

    def copy(self, other: "PrefixTrie", path: Sequence[int]) -> None:
        """Fill this trie, which must be empty, with a path of another trie from its root on."""
        assert other.states is not None
        self.insert([other.tokens[slot] for slot in path])
        self.store(other.states.index_select(2, torch.tensor(path, device=other.states.device)))

    def insert(self, ids: Sequence[int]) -> list[int]:
        """Return the slot of each token of a text, allocating slots for the uncached suffix."""
        path = self.match(ids)
        for token in ids[len(path) :]:
            path.append(self.child(path[-1] if path else ROOT, token)[0])
        return path

    def child(self, parent: int, token: int) -> tuple[int, bool]:
        """Return the slot of a token after a parent slot, and True if it was allocated by this call."""
        found = self._children.setdefault((parent, token), len(self.tokens))
        new = found == len(self.tokens)
        if new:
            self.tokens.append(token)
            self.parents.append(parent)
        self._used.add(found)
        return found, new

    def ancestors(self, slot: int) -> list[int]:
        """Return the slots above one, nearest first."""
        above = []
        while (slot := self.parents[slot]) != ROOT:
            above.append(slot)
        return above

    def store(self, states: Tensor) -> None:
        """Copy keys and values into the slots after the stored ones, growing the capacity if needed.

        Args:
            states: Shape [2 x layers, heads, new slots, head size], in slot order; not modified.
        """
        end = self.stored + states.shape[2]
        if self.states is None or end > self.states.shape[2]:
            grown = states.new_empty(*states.shape[:2], max(end, self.stored + self.stored // 4), states.shape[3])
            if self.states is not None:
                grown[:, :, : self.stored] = self.states[:, :, : self.stored]
            self.states = grown
        self.states[:, :, self.stored : end] = states
        self.stored = end

    def start_call(self) -> None:
        """Mark every slot as unused; ``prune`` keeps the slots that are used from now on."""
        self._used.clear()

    def release_capacity(self) -> None:
        """Free the capacity that no stored slot fills."""
        if self.states is not None and self.stored < self.states.shape[2]:
            self.states = self.states[:, :, : self.stored].clone()

    def prune(self) -> None:
        """Drop the slots not used since ``start_call`` and compact the rest; earlier slot indices become invalid."""
        if len(self._used) == len(self.tokens):
            return self.release_capacity()
        kept = sorted(self._used)
        slot_of = {ROOT: ROOT} | {slot: i for i, slot in enumerate(kept)}
        self.tokens = [self.tokens[slot] for slot in kept]
        self.parents = [slot_of[self.parents[slot]] for slot in kept]
        self.labels = [self.labels[slot] for slot in kept] if self.labels else []
        self.end_states = {slot_of[slot]: state for slot, state in self.end_states.items() if slot in slot_of}
        self._children = {(p, t): i for i, (p, t) in enumerate(zip(self.parents, self.tokens, strict=True))}
        self._used = set(range(len(kept)))
        if self.states is not None:
            self.states = self.states[:, :, torch.tensor(kept, device=self.states.device, dtype=torch.long)]
        self.stored = len(kept)

    def check_integrity(self) -> None:
        """Verify parent links, the child index, used marks and KV slots; for tests. Modifies nothing.

        Raises:
            InternalError: An invariant does not hold; the message names the slot and the invariant.
        """
        check_trie(self, self._children, self._used)

    @property
    def bytes(self) -> int:
        """Return the size of the keys, values and kept states in bytes, unused capacity included."""
        ends = len(self.end_states) * next(iter(self.end_states.values())).nbytes if self.end_states else 0
        return ends + (0 if self.states is None else self.states.nbytes)


class PrefixCache:
    """Prefix tries of one model, by group, bounded to ``limit`` bytes between calls.

    Args:
        limit: Limit of this cache alone; None to share the budget of all caches (``hintree.models.resources``).

    Attributes:
        budget: Bytes that it shares with other caches, or ``limit``.
        keeps_ends: True to keep the hidden state that the last token of every generated text is sampled from.

    Eviction has three stages: unused capacity is freed first, then slots that the last call did not use, then whole
    tries in least-recently-used order. Evicted tokens are computed again when a text needs them. The cache owns its
    tries; a trie is valid until it is evicted, at the earliest when no text in it is to be continued in this call.
    """

    def __init__(self, limit: int | None = None) -> None:
        self._shared = limit is None
        self.budget = cache_budget() if limit is None else limit
        self.keeps_ends = False
        self._tries: OrderedDict[Hashable, PrefixTrie] = OrderedDict()
        join_budget(self)
        self._workspace: Tensor | None = None

    def workspace(self, shape: Sequence[int], like: Tensor) -> Tensor:
        """Return an uninitialised tensor of ``shape``, with the type and device of ``like``.

        The cache owns the memory and reuses it: the tensor is valid until the next call of this method.
        """
        size = math.prod(shape)
        if self._workspace is None or self._workspace.numel() < size:
            before = 0 if self._workspace is None else self._workspace.numel()
            self._workspace = None  # free it before the larger one is allocated
            self._workspace = like.new_empty(max(size, min(2 * before, self.limit // like.element_size())))
        return self._workspace[:size].view(*shape)

    @contextmanager
    def call(self, groups: Sequence[Hashable]) -> Iterator[list[PrefixTrie]]:
        """Open the trie of each group for one call of the model.

        On exit, evict down to the limit. On an error, drop everything, as a forward pass may have stopped half-way.
        """
        try:
            yield self.open(groups)
            self.evict()
        except BaseException:
            self.clear()
            raise

    def open(self, groups: Sequence[Hashable]) -> list[PrefixTrie]:
        """Return the trie of each group, created if missing, with all its slots marked as unused."""
        for group in dict.fromkeys(groups):
            self._tries.setdefault(group, PrefixTrie()).start_call()
            self._tries.move_to_end(group)
        return [self._tries[group] for group in groups]

    def tries(self) -> list[PrefixTrie]:
        """Return the tries of all groups."""
        return list(self._tries.values())

    def clear(self) -> None:
        """Drop all tries and the workspace."""
        self._tries.clear()
        self._workspace = None

    def evict(self, needed: Iterable[PrefixTrie] = ()) -> None:
        """Free memory, in the stages that the class describes, if more than ``limit`` bytes are in use.

        It frees a part of the limit more (``SPARE``), so that the many tries of a full cache are not visited at every
        call; the trie that was used last is not dropped for that.

        Args:
            needed: Tries that are left as they are, since texts in them are still to be continued.
        """
        held, limit = self.bytes, self.limit
        if held <= limit:
            return
        spare, kept = limit // SPARE, set(map(id, needed))
        excess, newest = held - limit + spare, next(reversed(self._tries), None)
        free = {group: trie for group, trie in self._tries.items() if id(trie) not in kept}
        for save in (PrefixTrie.release_capacity, PrefixTrie.prune):
            for trie in free.values():
                if excess > 0:
                    excess -= trie.bytes
                    save(trie)
                    excess += trie.bytes
        for group in free:
            if excess > (spare if group == newest else 0):
                excess -= self._tries.pop(group).bytes

    def check_integrity(self) -> None:
        """Verify every trie, and the size limit. Raises InternalError; meant for use between calls."""
        check_cache(self._tries, self.bytes, self.budget)

    @property
    def limit(self) -> int:
        """Return the bytes that it may hold between calls at the moment."""
        return share_of_budget(self, self.budget) if self._shared else self.budget

    @property
    def in_use(self) -> bool:
        """Tell whether it holds a trie."""
        return bool(self._tries)

    @property
    def bytes(self) -> int:
        """Return the size of all keys and values in bytes."""
        return sum(trie.bytes for trie in self._tries.values())


def count_fitting(texts: Sequence[tuple[PrefixTrie, Sequence[int]]], capacity: int, new_tokens: int = 0) -> int:
    """Return how many texts, counted from the first, fit into one tree batch; at least 1.

    Args:
        texts: Trie and token ids of each text.
        capacity: KV slots of the tree batch over all its tries.
        new_tokens: Tokens that will be generated after each text.
    """
    lengths: dict[int, int] = {}
    for trie, ids in texts:
        lengths[id(trie)] = lengths.get(id(trie), 0) + len(ids) + 1 + new_tokens
    if len(lengths) * max(lengths.values()) <= capacity:  # an upper bound that needs no lookups
        return len(texts)
    cached: dict[int, set[int]] = {}
    uncached: dict[int, int] = {}
    seen: set[tuple[int, ...]] = set()
    widest = 0
    for n, (trie, ids) in enumerate(texts):
        key, text = id(trie), (id(trie), *ids)
        path = trie.match(ids)
        cached.setdefault(key, set()).update(path)
        uncached[key] = uncached.get(key, 0) + (0 if text in seen else len(ids) - len(path) + 1 + new_tokens)
        seen.add(text)
        widest = max(widest, len(cached[key]) + uncached[key])
        if n and len(cached) * widest > capacity:
            return n
    return len(texts)
