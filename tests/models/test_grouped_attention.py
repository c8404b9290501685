"""Attention without copies of shared keys: the bits of transformers' own, on a CPU only."""

from contextlib import nullcontext
from types import SimpleNamespace

import pytest
import torch
from transformers import Qwen2Config, Qwen2ForCausalLM
from transformers.integrations.sdpa_attention import sdpa_attention_forward

from hintree.models.local import adapter as adapters
from hintree.models.local.grouped_attention import NAME, grouped, grouped_attention
from hintree.models.local.prefix_trie import PrefixTrie
from hintree.models.local.tree_support import detect_tree_support, logits_after


@pytest.fixture(scope="module")
def model():
    """A random Qwen2 whose six query heads share two heads of keys."""
    torch.manual_seed(0)
    sizes = {"hidden_size": 48, "intermediate_size": 64, "num_attention_heads": 6, "num_key_value_heads": 2}
    return Qwen2ForCausalLM(Qwen2Config(vocab_size=64, num_hidden_layers=2, **sizes)).eval()


@pytest.mark.parametrize(("heads", "queries"), [(14, 2), (14, 5), (14, 64), (2, 5)])
def test_attended_values_are_the_bits_of_transformers(heads, queries):
    torch.manual_seed(1)
    query, key, value = (torch.randn(3, n, length, 16) for n, length in ((heads, queries), (2, 90), (2, 90)))
    mask = torch.where(torch.rand(3, 1, queries, 90) < 0.3, torch.finfo(torch.float32).min, 0.0)
    layer = SimpleNamespace(num_key_value_groups=heads // 2, is_causal=True)
    for scaling in (None, 0.3):
        want = sdpa_attention_forward(layer, query, key, value, mask, scaling=scaling)[0]
        assert torch.equal(grouped_attention(layer, query, key, value, mask, scaling=scaling)[0], want)


def test_a_tree_is_computed_with_it_and_gives_the_same_logits(model, monkeypatch):
    adapter, texts = detect_tree_support(model), [[1, 2, 3, 4, 5], [1, 2, 3, 6], [1, 2, 7, 8, 9, 10]]
    seen = []
    monkeypatch.setattr(
        model.model.layers[1].self_attn.o_proj,
        "forward",
        lambda x, plain=model.model.layers[1].self_attn.o_proj.forward: (
            seen.append(model.config._attn_implementation) or plain(x)
        ),
    )
    with torch.inference_mode():
        found = logits_after(adapter, PrefixTrie(), texts)
        assert set(seen) == {NAME}
        monkeypatch.setattr(adapters, "grouped", lambda *_: nullcontext())
        assert torch.equal(logits_after(adapter, PrefixTrie(), texts), found)
    assert seen[-1] == model.config._attn_implementation == "sdpa"


def test_other_devices_and_other_attention_are_left_as_they_are(model):
    with grouped(model.model, "cuda"):
        assert model.config._attn_implementation == "sdpa"
    eager = SimpleNamespace(config=Qwen2Config(attn_implementation="eager"))
    with grouped(eager, "cpu"):
        assert eager.config._attn_implementation == "eager"
    with pytest.raises(ValueError, match="a fault"), grouped(model.model, "cpu"):
        raise ValueError("a fault")
    assert model.config._attn_implementation == "sdpa"
