"""Packed linear layers: the same numbers, in any batch, without a second copy of the weights."""

import os
from pathlib import Path

import pytest
import torch
from torch import nn
from transformers import GraniteConfig, GraniteForCausalLM, Qwen2Config, Qwen2ForCausalLM

from hintree.errors import UsageError
from hintree.models import GenerationRequest, Prompt, load_classifier, load_model
from hintree.models.head_spec import Head
from hintree.models.local.packed import (
    BFloat16Linear,
    Int8Linear,
    PackedLinear,
    can_pack,
    count_parameters,
    has_bfloat16,
    has_int8,
    is_packed,
)
from tests.support.checkpoints import byte_tokenizer

int8 = pytest.mark.skipif(not has_int8(), reason="no kernels for int8")
bfloat16 = pytest.mark.skipif(not has_bfloat16(), reason="this processor does not compute in bfloat16")
pytestmark = pytest.mark.skipif(not can_pack(), reason="this processor or PyTorch cannot pack")
KINDS = (PackedLinear, pytest.param(BFloat16Linear, marks=bfloat16), pytest.param(Int8Linear, marks=int8))
FOLDER = os.environ.get("HINTREE_MODELS", "")


def settings(tokenizer):
    """Sizes of 3M parameters, with tied embeddings, and the tokenizer's ids."""
    return {
        "vocab_size": len(tokenizer),
        "hidden_size": 384,
        "intermediate_size": 1024,
        "num_hidden_layers": 2,
        "num_attention_heads": 6,
        "num_key_value_heads": 2,
        "tie_word_embeddings": True,
        "eos_token_id": tokenizer.eos_token_id,
        "bos_token_id": None,
        "pad_token_id": tokenizer.pad_token_id,
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A random Qwen2 of 3M parameters with tied embeddings."""
    place, tokenizer = tmp_path_factory.mktemp("packed"), byte_tokenizer()
    torch.manual_seed(0)
    model = Qwen2ForCausalLM(Qwen2Config(**settings(tokenizer)))
    with torch.no_grad():
        for parameter in model.parameters():  # spread the logits, which are nearly alike at the start
            parameter.mul_(1.5)
    model.save_pretrained(place)
    tokenizer.save_pretrained(place)
    return place


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(300, 200), (257, 131), (896, 1024)], ids=str)
def test_a_row_is_the_same_bits_among_any_number_of_rows(shape, kind):
    torch.manual_seed(1)
    layer = kind(nn.Linear(*shape))
    with torch.inference_mode():
        rows = torch.randn(300, shape[0])
        want = layer(rows)
        for count in (*range(1, 66), 100, 129, 256):
            assert torch.equal(layer(rows[:count]), want[:count])
            assert torch.equal(layer(rows[7 : 7 + count]), want[7 : 7 + count])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(896, 300), (4864, 896)], ids=str)
def test_the_number_of_threads_changes_no_bit(kind, shape):
    torch.manual_seed(1)
    layer, rows, before = kind(nn.Linear(*shape)), torch.randn(100, shape[0]), torch.get_num_threads()
    with torch.inference_mode():
        one = layer(rows)
        torch.set_num_threads(2)
        two = layer(rows)
    torch.set_num_threads(before)
    assert torch.equal(one, two)


def test_every_linear_layer_is_packed_and_no_weights_stay_beside_it(folder):
    model = load_model(str(folder), device="cpu")
    layers = [m for m in model.model.modules() if isinstance(m, PackedLinear)]
    assert len(layers) == 2 * 7 + 1
    assert not [m for m in model.model.modules() if type(m) is nn.Linear]
    matrices = {name for name, p in model.model.named_parameters() if p.dim() == 2}
    assert matrices == {"model.embed_tokens.weight"}
    plain = load_model(str(folder), device="cpu", pack=False)
    assert [type(m) for m in plain.model.modules() if isinstance(m, nn.Linear)] == [nn.Linear] * (2 * 7 + 1)
    assert model.parameters == plain.parameters == plain.model.num_parameters() == count_parameters(model.model)


def test_packed_logits_equal_the_plain_ones(folder):
    packed, plain = (load_model(str(folder), device="cpu", pack=pack).model for pack in (True, False))
    ids = torch.tensor([[5, 6, 7, 8, 9]])
    with torch.inference_mode():
        torch.testing.assert_close(packed(ids).logits, plain(ids).logits, atol=1e-4, rtol=1e-4)


def test_a_packed_text_is_the_same_in_any_batch(folder):
    model = load_model(str(folder), device="cpu")
    questions = [Prompt("How many pens?" + " And now?" * (i % 7)) for i in range(9)]
    requests = [GenerationRequest(q, seed=i, temperature=1.0, max_tokens=8) for i, q in enumerate(questions)]
    together = [done.text for done in model.generate(requests)]
    model.forget()
    alone = [model.generate([one])[0].text for one in requests]
    assert together == alone
    assert len(set(together)) == len(together)


def test_reading_the_weights_of_a_packed_layer_unpacks_it():
    torch.manual_seed(1)
    plain = nn.Linear(64, 48)
    layer, rows = PackedLinear(plain), torch.randn(5, 64)
    packed = layer(rows)
    assert torch.equal(layer.weight, plain.weight)
    torch.testing.assert_close(layer(rows), packed)
    assert count_parameters(layer) == 64 * 48 + 48


@bfloat16
def test_bfloat16_rounds_weights_inputs_and_results_and_sums_in_float32():
    torch.manual_seed(1)
    plain, rows = nn.Linear(512, 300), torch.randn(3, 20, 512)
    layer = BFloat16Linear(plain)
    weights = plain.weight.detach().bfloat16().float()
    want = (rows.bfloat16().float() @ weights.T).bfloat16().float() + plain.bias
    with torch.inference_mode():
        torch.testing.assert_close(layer(rows), want, atol=1e-6, rtol=2**-7)  # a sum may round up or down
    assert torch.equal(layer.weight, weights)


@bfloat16
def test_a_bfloat16_model_has_packed_layers_and_computes_the_rest_in_float32(folder):
    model, whole = (load_model(str(folder), device="cpu", dtype=dtype) for dtype in ("bfloat16", "float32"))
    layers = [m for m in model.model.modules() if isinstance(m, BFloat16Linear)]
    assert len(layers) == 2 * 7 + 1
    assert {p.dtype for p in model.model.parameters()} == {torch.float32}
    assert isinstance(model.adapter.head, BFloat16Linear)
    assert model.parameters == whole.parameters
    assert model.adapter.slot_bytes == whole.adapter.slot_bytes
    ids = torch.tensor([[5, 6, 7, 8, 9]])
    with torch.inference_mode():
        torch.testing.assert_close(model.model(ids).logits, whole.model(ids).logits, atol=0.05, rtol=0.05)
    plain = load_model(str(folder), device="cpu", dtype="bfloat16", pack=False)
    assert {p.dtype for p in plain.model.parameters()} == {torch.bfloat16}


@bfloat16
def test_a_bfloat16_prm_keeps_its_head_in_float32(folder):
    head = Head(kind="tokens", labels=("+", "-"))
    prm, whole = (load_classifier(str(folder), head, device="cpu", dtype=dtype) for dtype in ("bfloat16", "float32"))
    assert is_packed(prm.model) and not is_packed(prm.layers)
    ids, mask = torch.tensor([[5, 6, 7, 8]]), torch.ones(1, 4, dtype=torch.long)
    with torch.inference_mode():
        torch.testing.assert_close(prm._logits(ids, mask), whole._logits(ids, mask), atol=0.05, rtol=0.05)


@pytest.mark.parametrize("dtype", [pytest.param("bfloat16", marks=bfloat16), pytest.param("int8", marks=int8)])
def test_a_packed_head_keeps_the_scale_of_its_logits(tmp_path, dtype):
    tokenizer = byte_tokenizer()
    torch.manual_seed(0)
    GraniteForCausalLM(GraniteConfig(**settings(tokenizer), logits_scaling=8.0)).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    model = load_model(str(tmp_path), device="cpu", dtype=dtype)
    assert is_packed(model.model)
    hidden = torch.randn(3, 384)
    with torch.inference_mode():
        assert torch.equal(model.adapter.head(hidden), model.model.get_output_embeddings()(hidden) / 8)


@int8
def test_int8_rounds_weights_to_7_bits_and_inputs_to_8():
    torch.manual_seed(1)
    plain = nn.Linear(512, 300)
    layer, rows = Int8Linear(plain), torch.randn(20, 512)
    scales = plain.weight.detach().abs().amax(1, keepdim=True) / 63
    weights = (plain.weight.detach() / scales).round() * scales
    steps = rows.abs().amax(1, keepdim=True) / 127
    want = ((rows / steps).round() * steps) @ weights.T + plain.bias
    with torch.inference_mode():
        torch.testing.assert_close(layer(rows), want, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(layer.weight, weights, atol=1e-6, rtol=1e-6)


@int8
def test_int8_sums_do_not_overflow_and_rows_of_nan_stay_nan():
    plain = nn.Linear(512, 4, bias=False)
    with torch.no_grad():
        plain.weight.fill_(1.0)
    layer = Int8Linear(plain)
    rows = torch.stack([torch.ones(512), -torch.ones(512), torch.full((512,), torch.nan), torch.zeros(512)])
    with torch.inference_mode():
        found = layer(rows)[:, 0]
    assert found[:2].tolist() == pytest.approx([512, -512], rel=1e-5)
    assert found[2].isnan() and found[3] == 0


@int8
def test_int8_replaces_the_layers_of_a_model_whose_support_is_known(folder):
    model = load_model(str(folder), device="cpu", dtype="int8")
    assert isinstance(model.adapter.head, Int8Linear)
    layers = [m for m in model.model.modules() if isinstance(m, Int8Linear) and m._packed is not None]
    assert len(layers) == 2 * 7 + 1
    assert model.parameters == load_model(str(folder), device="cpu").parameters
    requests = [GenerationRequest(Prompt("How many pens?"), seed=i, temperature=1.0, max_tokens=5) for i in range(3)]
    assert [len(done.probabilities) for done in model.generate(requests)] == [5] * 3


@int8
def test_int8_leaves_small_models_and_the_heads_of_prms_in_float32(folder, chat_model):
    for name in (str(chat_model), "embedded:student"):
        assert not is_packed(load_model(name, device="cpu", dtype="int8").model)
    prm = load_classifier(str(folder), Head(kind="tokens", labels=("+", "-")), device="cpu", dtype="int8")
    assert is_packed(prm.model) and not is_packed(prm.layers)
    assert isinstance(prm.model.base_model.layers[0].mlp.up_proj, Int8Linear)


def test_int8_on_another_device_is_refused(folder):
    with pytest.raises(UsageError, match="runs on a CPU, not on meta"):
        load_model(str(folder), device="meta", dtype="int8")


def test_a_packed_layer_is_not_trained():
    layer = PackedLinear(nn.Linear(8, 8))
    with pytest.raises(UsageError, match="pack=False"):
        layer(torch.zeros(1, 8, requires_grad=True))


def test_small_models_and_fused_ones_are_not_packed(chat_model):
    for name in (str(chat_model), "embedded:student"):
        assert not any(isinstance(m, PackedLinear) for m in load_model(name, device="cpu").model.modules())


def test_label_tokens_are_read_before_the_head_is_packed(folder):
    head = Head(kind="tokens", labels=("+", "-"))
    packed, plain = (load_classifier(str(folder), head, device="cpu", pack=pack) for pack in (True, False))
    ids, mask = torch.tensor([[5, 6, 7, 8]]), torch.ones(1, 4, dtype=torch.long)
    with torch.inference_mode():
        torch.testing.assert_close(packed._logits(ids, mask), plain._logits(ids, mask), atol=1e-4, rtol=1e-4)
    assert packed.parameters == plain.parameters


@pytest.mark.slow
@pytest.mark.skipif(not (Path(FOLDER) / "smol_hf").is_dir(), reason="NO REAL MODELS: $HINTREE_MODELS has no smol_hf")
def test_a_real_model_writes_the_same_text_in_any_batch():
    model = load_model(str(Path(FOLDER) / "smol_hf"), device="cpu")
    questions = [Prompt(f"Ana has {n} pens. Ben gets 3 more. How many pens does Ben have?") for n in range(2, 10)]
    requests = [GenerationRequest(q, seed=i, temperature=0.8, max_tokens=24) for i, q in enumerate(questions * 2)]
    together = [done.text for done in model.generate(requests)]
    for size in (1, 3):
        model.forget()
        parts = [requests[i : i + size] for i in range(0, len(requests), size)]
        assert [done.text for part in parts for done in model.generate(part)] == together
