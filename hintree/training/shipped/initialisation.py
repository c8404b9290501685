"""Initialisation: a new model with Fourier features and offset heads, or an earlier model with a larger vocabulary."""

import math
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from transformers.models.llama.modeling_llama import LlamaAttention

HEADS, THETA = 4, 500.0
"""Attention heads, and the base of the rotary frequencies."""


@dataclass(frozen=True)
class ModelSize:
    """Shape of a model.

    Attributes:
        hidden: Width of the residual stream.
        layers: Number of layers.
        head: Width of an attention head; 0 for an equal part of ``hidden``. Offset heads need about 24.
        inner: Width of the MLP; 0 for three times ``hidden``.
        heads: Attention heads.
    """

    hidden: int
    layers: int
    head: int = 0
    inner: int = 0
    heads: int = HEADS


def new_model(
    tokenizer: PreTrainedTokenizerFast, size: ModelSize, *, seed: int, offset_heads: bool = True
) -> LlamaForCausalLM:
    """Return a small Llama with attention biases and two structured initialisations.

    Number embeddings start with Fourier features of their values. The heads of the first layer start as offset heads.
    Without the first, arithmetic is learned slowly; without the second, copying is hardly learned at all (docs/lab.md).
    """
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=size.hidden,
        intermediate_size=size.inner or 3 * size.hidden,
        num_hidden_layers=size.layers,
        head_dim=size.head or size.hidden // size.heads,
        num_attention_heads=size.heads,
        num_key_value_heads=size.heads,
        attention_bias=True,
        max_position_embeddings=tokenizer.model_max_length,
        rope_parameters={"rope_type": "default", "rope_theta": THETA},
        tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    model = LlamaForCausalLM(config)
    with torch.no_grad():
        table = model.model.embed_tokens.weight
        torch.nn.init.normal_(table, std=0.15)
        for token, i in tokenizer.get_vocab().items():
            if token.isdigit():
                features = fourier(int(token))
                table[i, : len(features)] += features
        for head in range(size.heads if offset_heads else 0):
            look_back(model.model.layers[0].self_attn, head, head % HEADS + 1)
    return model


def look_back(attention: LlamaAttention, head: int, distance: int, sharpness: float = 26.0, pairs: int = 6) -> None:
    """Set the biases of one head so that it attends to the token ``distance`` positions before, whatever its content.

    Rotary attention between constant vectors depends only on the distance d, as a sum of cos((d - distance) w) over the
    frequencies w; the ``pairs`` highest of them make a sharp peak.
    """
    size = attention.head_dim
    strength = math.sqrt(sharpness)
    for pair in range(min(pairs, size // 2)):
        first, second = head * size + pair, head * size + size // 2 + pair
        angle = distance * THETA ** (-2 * pair / size)
        attention.k_proj.bias[first] = strength
        attention.q_proj.bias[first] = strength * math.cos(angle)
        attention.q_proj.bias[second] = -strength * math.sin(angle)


def fourier(n: int, amplitude: float = 0.2) -> Tensor:
    """Return cos and sin of 2 pi n / p for the periods p that sums of small integers need; shape [26]."""
    periods = torch.tensor([*range(2, 11), 20, 50, 100, 200], dtype=torch.float32)
    angles = 2 * math.pi * n / periods
    return amplitude * torch.cat([angles.cos(), angles.sin()])


def widen(folder: Path, tokenizer: PreTrainedTokenizerFast, *, seed: int) -> LlamaForCausalLM:
    """Load an earlier model of the lab into the present vocabulary; new words are initialised as in a new model."""
    old = LlamaForCausalLM.from_pretrained(folder)
    known = PreTrainedTokenizerFast.from_pretrained(folder).get_vocab()
    size = ModelSize(
        old.config.hidden_size,
        old.config.num_hidden_layers,
        old.config.head_dim or 0,
        old.config.intermediate_size,
        old.config.num_attention_heads,
    )
    model = new_model(tokenizer, size, seed=seed)
    before = old.model.embed_tokens.weight
    kept = {name: weight for name, weight in old.state_dict().items() if ".layers." in name or "norm" in name}
    model.load_state_dict(kept, strict=False)
    with torch.no_grad():
        for token, i in tokenizer.get_vocab().items():
            if token in known:
                model.model.embed_tokens.weight[i] = before[known[token]]
    return model
