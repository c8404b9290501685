"""Compare the fused Llama body with that of transformers."""

import pytest
import torch
from transformers import DynamicCache, LlamaConfig, LlamaModel, Qwen2Config, Qwen2Model

from hintree.models import load_model
from hintree.models.local.adapter import cache_argument
from hintree.models.local.fused_llama import MOST_PARAMETERS, fused_body
from hintree.models.local.tree_support import detect_tree_support

LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 10_000.0,
    "factor": 4.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 16,
}
KINDS = {
    "plain": {},
    "fewer keys than queries": {"num_key_value_heads": 2},
    "one key": {"num_key_value_heads": 1},
    "biases": {"attention_bias": True, "mlp_bias": True},
    "wide heads": {"head_dim": 24},
    "llama 3 positions": {"rope_parameters": LLAMA3},
    "positions that grow": {"rope_parameters": {"rope_type": "dynamic", "rope_theta": 10_000.0, "factor": 2.0}},
}


def body(**options):
    torch.manual_seed(0)
    base = {"vocab_size": 50, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 3}
    model = LlamaModel(LlamaConfig(**base | {"num_attention_heads": 4, "max_position_embeddings": 64} | options)).eval()
    perturb(model)
    return model


def perturb(model):
    """Move the weights away from their initial values, where biases are 0 and all logits alike."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))


def read(model, queries, dtype=torch.float32):
    """Return the hidden states of two texts of 24 tokens, computed ``queries`` tokens per pass."""
    ids = torch.randint(50, (2, 24), generator=torch.Generator().manual_seed(1))
    cache, found = DynamicCache(), []
    with torch.inference_mode():
        for at in range(0, 24, queries):
            mask = torch.full((2, 1, queries, at + queries), torch.finfo(dtype).min, dtype=dtype).triu(at + 1)
            position = torch.arange(at, at + queries).expand(2, -1)
            found.append(
                model(
                    input_ids=ids[:, at : at + queries],
                    attention_mask=mask,
                    position_ids=position,
                    use_cache=True,
                    **cache_argument(model, cache),
                ).last_hidden_state
            )
    return torch.cat(found, 1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("queries", [1, 2, 8, 24])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_hidden_states_are_those_of_transformers(kind, queries, dtype):
    stock = body(**KINDS[kind]).to(dtype)
    near = 1e-5 if dtype == torch.float32 else 1e-8
    torch.testing.assert_close(read(fused_body(stock), queries, dtype), read(stock, 24, dtype), atol=near, rtol=near)


def test_changed_weights_are_noticed():
    stock = body()
    before = read(fused_body(stock), 8)
    perturb(stock)
    after = read(fused_body(stock), 8)
    assert (after - before).abs().max() > 0.1
    torch.testing.assert_close(after, read(stock, 24), atol=1e-5, rtol=1e-5)


def test_a_body_is_fused_once():
    stock = body()
    assert fused_body(stock) is fused_body(stock)
    assert fused_body(stock) is not fused_body(body())


def test_other_models_keep_their_own_body():
    qwen = Qwen2Config(vocab_size=50, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4)
    large = LlamaConfig(
        vocab_size=MOST_PARAMETERS // 32 + 1, hidden_size=32, num_hidden_layers=1, num_attention_heads=4
    )
    for other in (Qwen2Model(qwen), LlamaModel(large), body().bfloat16(), body(hidden_act="gelu")):
        assert fused_body(other) is None


def test_a_shipped_model_runs_on_the_fused_body():
    student = load_model("embedded:student", device="cpu")
    assert detect_tree_support(student.model).body is fused_body(student.model.base_model) is not None
