import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import GPT2Config, GPT2LMHeadModel, GPTJConfig, GPTJForCausalLM

from hintree.errors import CheckpointError
from hintree.models import load_model
from tests.support.architectures import character_tokenizer
from tests.support.tiny_configs import VOCABULARY

SIZES = {"vocab_size": VOCABULARY, "n_positions": 32, "n_embd": 16, "n_layer": 1, "n_head": 2, "eos_token_id": None}
TRIANGLE = torch.ones(1, 1, 32, 32).tril().bool()
MASKED = torch.tensor(-1e4)
FREQUENCIES = 10_000.0 ** -(torch.arange(0, 4, 2) / 4)


def saved_with(folder, model, **extra):
    """Save a model with extra tensors, named by their dotted names with "__" for the dots."""
    model.save_pretrained(folder)
    character_tokenizer().save_pretrained(folder)
    tensors = load_file(folder / "model.safetensors") | {name.replace("__", "."): t for name, t in extra.items()}
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    return str(folder)


def gpt2():
    return GPT2LMHeadModel(GPT2Config(**SIZES, bos_token_id=None))


@pytest.mark.parametrize(
    "extra",
    [
        {"transformer__h__0__attn__masked_bias": MASKED},
        {"transformer__h__0__attn__bias": TRIANGLE, "transformer__h__0__attn__masked_bias": MASKED},
    ],
)
def test_masks_that_older_versions_saved_are_accepted(tmp_path, extra):
    assert load_model(saved_with(tmp_path, gpt2(), **extra)).context == 32


def test_rotary_frequencies_that_older_versions_saved_are_accepted(tmp_path):
    model = GPTJForCausalLM(GPTJConfig(**SIZES, rotary_dim=4, bos_token_id=None))
    name = saved_with(tmp_path, model, transformer__h__0__attn__rotary_emb__inv_freq=FREQUENCIES)
    assert load_model(name).context == 32


@pytest.mark.parametrize(
    ("name", "tensor"),
    [
        ("transformer__h__0__attn__masked_bias", torch.tensor(1.5)),
        ("transformer__h__0__attn__masked_bias", torch.zeros(3)),
        ("transformer__h__0__attn__causal_mask", torch.randn(1, 1, 4, 4)),
        ("transformer__h__0__attn__rotary_emb__inv_freq", torch.tensor([1.0, 0.5, 0.4])),
        ("transformer__h__0__attn__gate", MASKED),
        ("extra__weight", TRIANGLE),
    ],
)
def test_tensors_that_hold_weights_are_refused(tmp_path, name, tensor):
    with pytest.raises(CheckpointError, match=r"unexpected keys in its weights.*CausalLM"):
        load_model(saved_with(tmp_path, gpt2(), **{name: tensor}))
