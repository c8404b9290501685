"""Integrity checks of the prefix-trie KV cache and of tree batches, for tests."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hintree.models.local.prefix_trie import PrefixTrie
    from hintree.models.local.tree_batch import TrieRow

ROOT = -1


class InternalError(AssertionError):
    """An invariant of the runtime does not hold: a bug here, never a wrong argument."""


def check_trie(trie: "PrefixTrie", children: Mapping[tuple[int, int], int], used: Collection[int]) -> None:
    """Verify the invariants of one trie.

    Args:
        trie: Not modified.
        children: Its index from (parent slot, token id) to slot.
        used: Its slots used since the call began.

    Raises:
        InternalError: An invariant does not hold.
    """
    size = len(trie.tokens)
    ensure(len(trie.parents) == size, f"{size} tokens, but {len(trie.parents)} parent links")
    for slot, (parent, token) in enumerate(zip(trie.parents, trie.tokens, strict=True)):
        ensure(ROOT <= parent < slot, f"slot {slot} has parent {parent}; a parent comes before its children")
        found = children.get((parent, token))
        ensure(found == slot, f"token {token} after slot {parent} is slot {slot}, but the index says {found}")
    ensure(len(children) == size, f"the index has {len(children)} entries for {size} slots")
    for slot in used:
        ensure(0 <= slot < size, f"slot {slot} is marked as used; there are {size} slots")
        parent = trie.parents[slot]
        ensure(parent == ROOT or parent in used, f"slot {slot} is used, but its parent {parent} is not")
    capacity = 0 if trie.states is None else trie.states.shape[2]
    ensure(0 <= trie.stored <= size, f"{trie.stored} slots are stored, of {size}")
    ensure(trie.stored <= capacity, f"{trie.stored} slots are stored, but the capacity is {capacity}")
    ensure(len(trie.labels) in (0, trie.stored), f"{len(trie.labels)} labels for {trie.stored} stored slots")
    for slot in trie.end_states:
        ensure(0 <= slot < trie.stored, f"slot {slot} has a hidden state; there are {trie.stored} stored slots")


def check_cache(tries: Mapping[Hashable, "PrefixTrie"], size: int, limit: int) -> None:
    """Verify all tries of a cache between calls, when every slot is stored. Raises InternalError."""
    for group, trie in tries.items():
        trie.check_integrity()
        ensure(
            trie.stored == len(trie.tokens), f"group {group!r}: {trie.stored} of {len(trie.tokens)} slots are stored"
        )
    ensure(size <= limit, f"the cache holds {size} bytes; its limit is {limit}")


def check_rows(rows: Sequence["TrieRow"], filled: int, capacity: int) -> None:
    """Verify the working KV slots of a tree batch.

    Args:
        rows: One per trie; not modified.
        filled: Working slots in use in every row.
        capacity: Working slots allocated in every row.

    Raises:
        InternalError: Two trie slots share a working slot, or one lies outside the filled capacity.
    """
    ensure(filled <= capacity, f"{filled} working slots are filled; the capacity is {capacity}")
    for i, row in enumerate(rows):
        slots = list(row.working_slot.values())
        ensure(len(set(slots)) == len(slots), f"row {i}: two trie slots share a working slot")
        ensure(all(0 <= slot < capacity for slot in slots), f"row {i}: a working slot is outside 0 to {capacity - 1}")
        ensure(row.fresh == sorted(set(row.fresh)), f"row {i}: fresh working slots {row.fresh} do not rise")
        stored = {slot for trie_slot, slot in row.working_slot.items() if trie_slot < row.trie.stored}
        ensure(not stored & set(row.fresh), f"row {i}: a stored slot is among the fresh ones")


def ensure(holds: bool, message: str) -> None:
    """Raise InternalError with the message unless ``holds``."""
    if not holds:
        raise InternalError(f"KV cache: {message}")
