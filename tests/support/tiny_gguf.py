"""Write tiny random-weight models to GGUF with the package gguf: tensors' names from its tables, not from hintree's."""

from pathlib import Path

import gguf
import numpy as np
import torch
from tokenizers import pre_tokenizers
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel

from tests.support.checkpoints import CHATML

CONTROL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
MERGES = ("Ġ t", "h e", "Ġt he", "i n", "Ċ Ċ", "Ġ Ġ", "1 2")
KINDS = {
    "llama": "llama",
    "qwen2": "qwen2",
    "qwen3": "qwen3",
    "smollm3": "smollm3",
    "gemma2": "gemma2",
    "gemma3": "gemma3_text",
}
"""``model_type`` in transformers of every architecture that hintree reads, by its name in GGUF."""
MORE = {
    "lfm2": {"layer_types": ["conv", "full_attention"] * 4, "block_auto_adjust_ff_dim": False, "conv_L_cache": 3},
    "gemma2": {"query_pre_attn_scalar": 16, "sliding_window": 16, "tie_word_embeddings": True},
    "gemma3": {"query_pre_attn_scalar": 16, "sliding_window": 16, "tie_word_embeddings": True},
}


def byte_vocabulary() -> list[str]:
    """256 bytes, a few merges of them, and control tokens."""
    return [*sorted(pre_tokenizers.ByteLevel.alphabet()), *(m.replace(" ", "") for m in MERGES), *CONTROL]


def tiny_model(architecture: str, **settings: object) -> PreTrainedModel:
    torch.manual_seed(0)
    config = AutoConfig.for_model(
        KINDS.get(architecture, architecture),
        **{
            "vocab_size": len(byte_vocabulary()),
            "hidden_size": 64,
            "intermediate_size": 96,
            "num_hidden_layers": 8,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "head_dim": 16,
            "max_position_embeddings": 512,
            "tie_word_embeddings": False,
            "rms_norm_eps": 1e-6,
            "initializer_range": 0.15,
            "bos_token_id": None,
            "eos_token_id": None,
            "pad_token_id": None,
            **MORE.get(architecture, {}),
            **settings,
        },
    )
    return AutoModelForCausalLM.from_config(config).eval()


def write_gguf(
    file: Path,
    architecture: str = "qwen2",
    model: PreTrainedModel | None = None,
    *,
    kind: gguf.GGMLQuantizationType = gguf.GGMLQuantizationType.F32,
    template: str | None = CHATML,
    metadata: dict[str, object] | None = None,
    tokenizer: bool = True,
    tensors: dict[str, np.ndarray] | None = None,
) -> PreTrainedModel:
    """Write a model, or a new one of the architecture; matrices in the format ``kind``.

    Args:
        file: The new file.
        architecture: A key of ``KINDS``.
        model: The model.
        kind: Storage format of matrices; all other tensors are in float32.
        template: Chat template.
        metadata: More keys, or other values for keys; None leaves a key out.
        tokenizer: False to leave the vocabulary out.
        tensors: More tensors by their names in GGUF.

    Returns:
        The model that was written, before rounding to ``kind``.
    """
    model = tiny_model(architecture) if model is None else model
    out = gguf.GGUFWriter(str(file), architecture)
    for key, value in (keys_of(architecture, model, template, tokenizer) | (metadata or {})).items():
        if value is not None:
            add(out, key, value)
    names = gguf.get_tensor_name_map(
        next(key for key, name in gguf.MODEL_ARCH_NAMES.items() if name == architecture), model.config.num_hidden_layers
    )
    stored = {
        k: v for k, v in model.state_dict().items() if not (k == "lm_head.weight" and model.config.tie_word_embeddings)
    }
    for key, tensor in stored.items():
        name = names.get_name(key, try_suffixes=(".weight", ".bias"))
        data = as_stored(architecture, key, tensor, model.config)
        plain = data.ndim < 2
        out.add_tensor(name, data if plain else gguf.quantize(data, kind), raw_dtype=None if plain else kind)
    for name, data in (tensors or {}).items():
        out.add_tensor(name, data)
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()
    return model


def add(out: gguf.GGUFWriter, key: str, value: object) -> None:
    if isinstance(value, bool):
        out.add_bool(key, value)
    elif isinstance(value, int):
        out.add_uint32(key, value)
    elif isinstance(value, float):
        out.add_float32(key, value)
    elif isinstance(value, str):
        out.add_string(key, value)
    else:
        out.add_array(key, list(value))


def keys_of(architecture: str, model: PreTrainedModel, template: str | None, tokenizer: bool) -> dict[str, object]:
    """Metadata as llama.cpp's converter writes it."""
    c = model.config
    rope = c.rope_parameters.get("full_attention", c.rope_parameters)
    own = {
        "context_length": c.max_position_embeddings,
        "embedding_length": c.hidden_size,
        "block_count": c.num_hidden_layers,
        "feed_forward_length": c.intermediate_size,
        "attention.head_count": c.num_attention_heads,
        "attention.head_count_kv": c.num_key_value_heads,
        "attention.key_length": c.head_dim,
        "attention.value_length": c.head_dim,
        "attention.layer_norm_rms_epsilon": float(c.rms_norm_eps),
        "rope.freq_base": float(rope["rope_theta"]),
    }
    if architecture.startswith("gemma"):
        own["attention.sliding_window"] = c.sliding_window
    if architecture == "gemma2":
        own |= {
            "attn_logit_softcapping": c.attn_logit_softcapping,
            "final_logit_softcapping": c.final_logit_softcapping,
        }
    keys = {f"{architecture}.{key}": value for key, value in own.items()}
    if not tokenizer:
        return keys
    words = byte_vocabulary()
    end = words.index("<|im_end|>")
    return keys | {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "qwen2",
        "tokenizer.ggml.tokens": words,
        "tokenizer.ggml.token_type": [3 if word in CONTROL else 1 for word in words],
        "tokenizer.ggml.merges": list(MERGES),
        "tokenizer.ggml.eos_token_id": end,
        "tokenizer.ggml.bos_token_id": words.index("<|endoftext|>"),
        "tokenizer.ggml.padding_token_id": words.index("<|endoftext|>"),
        "tokenizer.ggml.add_bos_token": False,
        "tokenizer.chat_template": template,
    }


def as_stored(architecture: str, key: str, tensor: torch.Tensor, config: object) -> np.ndarray:
    """A tensor as llama.cpp stores it: rotated pairs side by side in Llamas, norms of Gemma plus one."""
    tensor = tensor.float()
    if architecture in ("llama", "smollm3") and (".q_proj." in key or ".k_proj." in key):
        heads = config.num_attention_heads if ".q_proj." in key else config.num_key_value_heads
        tensor = tensor.reshape(heads, 2, -1, *tensor.shape[1:]).transpose(1, 2).reshape(tensor.shape)
    if architecture.startswith("gemma") and key.endswith("norm.weight"):
        tensor = tensor + 1
    if key.endswith(".conv.conv.weight"):
        tensor = tensor.squeeze(1)
    return tensor.contiguous().numpy()
