"""Integrity of the prefix-trie cache after random operations, and detection of each kind of damage."""

import random

import pytest
import torch

from hintree.models import GenerationRequest, Prompt, load_model
from hintree.models.local.integrity import InternalError
from hintree.models.local.model import LocalModel
from hintree.models.local.prefix_trie import PrefixCache
from hintree.models.local.tree_batch import TreeBatch
from hintree.models.local.tree_support import detect_tree_support


def random_text(rng, texts):
    """Return an earlier text, cut at a random place and continued with random tokens."""
    old = rng.choice(texts)
    return old[: rng.randint(1, len(old))] + [rng.randrange(1, 60) for _ in range(rng.randint(0, 9))]


@pytest.mark.parametrize("seed", range(4))
def test_random_sequences_of_operations_keep_the_cache_intact(seed, chat_model):
    adapter = detect_tree_support(load_model(str(chat_model)).model)
    rng, evictions = random.Random(seed), 0
    cache = PrefixCache(limit=90 * adapter.slot_bytes)
    texts = {group: [[rng.randrange(1, 60) for _ in range(12)]] for group in "abc"}
    for _ in range(12):
        batch = [(group, random_text(rng, texts[group])) for group in rng.choices("abc", k=rng.randint(1, 5))]
        for group, text in batch:
            texts[group].append(text)
        with torch.inference_mode(), cache.call([group for group, _ in batch]) as tries:
            tree = TreeBatch(adapter, cache, list(zip(tries, [text for _, text in batch], strict=True)), new_tokens=4)
            tree.check_integrity()
            tree.prefill_ends()
            positions = tree.positions
            for _ in range(rng.randint(0, 4)):
                positions = positions[: rng.randint(1, len(positions))]
                positions, _, _ = tree.decode([(position, rng.randrange(1, 4)) for position in positions])
                tree.check_integrity()
            tree.commit()
            for trie in tries:
                trie.check_integrity()
            before = cache.bytes
        cache.check_integrity()
        evictions += before > cache.limit
    assert evictions, "the limit was never reached"


def test_generation_keeps_the_cache_intact(chat_model):
    stock = load_model(str(chat_model))
    model = LocalModel("small cache", stock.model, stock.tokenizer, cache_bytes=20_000)
    for turn in range(3):
        requests = [GenerationRequest(Prompt(f"{i}?", "word " * turn), i, 1.0, max_tokens=12) for i in range(5)]
        model.generate(requests)
        model.cache.check_integrity()
    assert model.cache.bytes <= 20_000


DAMAGE = {
    "parent": (lambda trie: trie.parents.__setitem__(1, 3), "slot 1 has parent 3"),
    "token": (lambda trie: trie.tokens.__setitem__(2, 9), "token 9 after slot 1 is slot 2"),
    "capacity": (lambda trie: setattr(trie, "states", trie.states[:, :, :2]), "the capacity is 2"),
    "label": (lambda trie: trie.labels.append(0.5), "1 labels for 4 stored slots"),
    "end state": (lambda trie: trie.end_states.update({4: torch.zeros(1)}), "slot 4 has a hidden state"),
    "used": (lambda trie: trie._used.discard(1), "its parent 1 is not"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_to_a_trie_is_found_and_named(kind):
    [trie] = PrefixCache().open(["a"])
    trie.insert([1, 2, 3, 4])
    trie.store(torch.zeros(2, 1, 4, 1))
    trie.check_integrity()
    damage, message = DAMAGE[kind]
    damage(trie)
    with pytest.raises(InternalError, match=message):
        trie.check_integrity()


def test_a_shared_working_slot_is_found(chat_model):
    adapter = detect_tree_support(load_model(str(chat_model)).model)
    cache = PrefixCache()
    with torch.inference_mode():
        tree = TreeBatch(adapter, cache, [(cache.open(["a"])[0], [1, 2, 3])])
    tree.rows[0].working_slot[2] = tree.rows[0].working_slot[1]
    with pytest.raises(InternalError, match="share a working slot"):
        tree.check_integrity()
