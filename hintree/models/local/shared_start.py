"""Copy the start that prompts of different problems have in common, such as a system text, from trie to trie."""

from collections.abc import Sequence

from hintree.models.local.adapter import ModelAdapter
from hintree.models.local.prefix_trie import PrefixCache, PrefixTrie
from hintree.models.local.row_snapshots import SHORTEST, common_length
from hintree.models.local.tree_batch import TreeBatch


def share_starts(
    adapter: ModelAdapter, cache: PrefixCache, texts: Sequence[tuple[PrefixTrie, Sequence[int]]]
) -> list[int]:
    """Fill every empty trie with the longest start of its first text that another trie holds or needs too.

    Starts of fewer than ``SHORTEST`` tokens are not copied.
    A start that no trie holds yet is computed once, for the first of the texts that need it.

    Args:
        adapter: The model; not modified.
        cache: Cache that owns the tries.
        texts: Trie and token ids of each text of a call, before any of them is inserted.

    Returns:
        For each text, the number of tokens computed for it here.
    """
    computed = [0] * len(texts)
    first = {id(trie): i for i, (trie, _) in reversed(list(enumerate(texts))) if not trie.tokens}
    empty = sorted(first.values())
    for at, i in enumerate(empty):
        trie, ids = texts[i]
        path, donor = max(((held.find(ids), held) for held in cache.tries()), key=lambda found: len(found[0]))
        if len(path) >= SHORTEST:
            trie.copy(donor, path)
            continue
        length = max((common_length(ids, texts[j][1]) for j in empty[at + 1 :]), default=0)
        if length >= SHORTEST:
            computed[i] = compute(adapter, cache, trie, ids[:length])
    return computed


def compute(adapter: ModelAdapter, cache: PrefixCache, trie: PrefixTrie, ids: Sequence[int]) -> int:
    """Compute a start and store it in its trie; return the number of tokens computed."""
    batch = TreeBatch(adapter, cache, [(trie, ids)], last_again=False)
    for _ in batch.prefill():
        pass
    batch.commit()
    return batch.computed[0]
