"""Sliding windows of a real model, gemma-3-270m (window of 512 tokens), from the folder $HINTREE_MODELS."""

import os
from pathlib import Path

import pytest
import torch

from hintree.models import Prompt
from hintree.models.local.load import load_model
from hintree.models.local.prefix_trie import PrefixTrie
from hintree.models.local.row_support import compute, relative
from hintree.models.local.tree_support import logits_after
from tests.support.beams import computed_per_distinct_token

FILE = Path(os.environ.get("HINTREE_MODELS", "")) / "gemma.gguf"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FILE.is_file(), reason="NO REAL MODEL: set HINTREE_MODELS to a folder of gemma.gguf"),
]
SENTENCE = "On day {} the baker sold {} rolls in the morning, and half as many in the afternoon. "


@pytest.fixture(scope="module")
def local():
    return load_model(str(FILE), device="cpu", dtype="float32")


def test_logits_are_those_of_a_full_forward_pass_beyond_the_window(local):
    assert sorted(local.adapter.windows.values(), key=str) == [512, None]
    words = "".join(SENTENCE.format(day, 2 * day + 40) for day in range(1, 60))
    ids = local.tokenizer(words)["input_ids"]
    other = local.tokenizer("Then he closed the shop, and counted the flour that was left.")["input_ids"][1:]
    texts = [ids[:700], [*ids[:690], *other], [*ids[:600], *other]]
    trie = PrefixTrie()
    with torch.inference_mode():
        found = torch.cat([logits_after(local.adapter, trie, texts[:2]), logits_after(local.adapter, trie, texts[2:])])
        want = torch.stack([compute(local.model, torch.tensor([text]), last=True).logits[0, -1] for text in texts])
        wide = local.adapter._replace(windows=dict.fromkeys(local.adapter.windows))
        unlimited = logits_after(wide, PrefixTrie(), texts[:1])
    print(f"largest difference {relative(found, want):.2g} of the largest logit {float(want.abs().max()):.3g}")
    print(f"without windows {relative(unlimited, want[:1]):.2g}")
    assert relative(found, want) < 1e-5 < 1e-3 < relative(unlimited, want[:1])


def test_a_beam_computes_few_tokens_twice(local):
    question = "A baker sold 48 rolls in the morning, and half as many in the afternoon. How many did the baker sell?"
    ratio = computed_per_distinct_token(local, [Prompt(question)], tokens=8)
    print(f"computed / distinct tokens {ratio:.3f}")
    assert 1 <= ratio < 1.1
