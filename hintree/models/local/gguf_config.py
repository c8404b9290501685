"""Translate the metadata and tensor names of a GGUF file to those of transformers, by architecture.

A key of the architecture that is not translated here changes what the model computes, so it is an error, never ignored.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from transformers import AutoConfig, PreTrainedConfig

from hintree.errors import CheckpointError
from hintree.models.local.gguf_header import SERVE, GGUFHeader

LONGEST_CONTEXT = 1 << 24
"""Largest context length that a header may state, in tokens."""
LAYER = re.compile(r"blk\.(\d+)\.(.+)\.(weight|bias)")
OUTSIDE = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}
FACTORS = "rope_freqs.weight"
"""Tensor of the divisors of the rotary frequencies (Llama 3.1 and later), shape [head size / 2]."""
IN_LAYER = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
HEAD_NORMS = {"attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm"}
GEMMA_NORMS = {
    "post_attention_norm": "post_attention_layernorm",
    "ffn_norm": "pre_feedforward_layernorm",
    "post_ffw_norm": "post_feedforward_layernorm",
}
SHAPE_KEYS = frozenset(
    "context_length embedding_length block_count feed_forward_length vocab_size attention.head_count "
    "attention.head_count_kv attention.key_length attention.value_length attention.layer_norm_rms_epsilon "
    "rope.freq_base rope.dimension_count rope.scaling.type rope.scaling.factor rope.scaling.original_context_length "
    "rope.scaling.finetuned tensor_data_layout".split()
)
"""Keys that ``shape_of`` translates, or that say nothing about what the model computes."""


class GGUFArchitecture(NamedTuple):
    """Translation of one architecture of llama.cpp.

    kind: ``model_type`` of transformers.
    names: Names of modules in a layer, by their names in GGUF.
    permuted: True if rows of queries and keys are stored in the order of llama.cpp's rotary embedding.
    shifted: True if norm weights are stored as 1 + the weight of transformers.
    keys: Translated keys besides ``SHAPE_KEYS``.
    more: Returns further settings of the configuration from the file's own keys, which lack the prefix.
    """

    kind: str
    names: Mapping[str, str] = IN_LAYER
    permuted: bool = False
    shifted: bool = False
    keys: frozenset[str] = frozenset()
    more: Callable[[Mapping[str, Any]], dict[str, Any]] = lambda _: {}


def smollm3(own: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings of SmolLM3: every fourth layer has no rotary embedding."""
    return {"no_rope_layers": [int((layer + 1) % 4 != 0) for layer in range(int(own["block_count"]))]}


def gemma(own: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings of Gemma 2 and 3: sliding window, and the scale and bounds of logits.

    The largest model of each generation scales attention by width / heads instead of the head size.
    """
    largest = own["block_count"] in (46, 62)
    return {
        "sliding_window": own["attention.sliding_window"],
        "query_pre_attn_scalar": own["embedding_length"] // own["attention.head_count"] if largest else head_size(own),
        "attn_logit_softcapping": own.get("attn_logit_softcapping"),
        "final_logit_softcapping": own.get("final_logit_softcapping"),
    }


def gemma2(own: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings of Gemma 2, which bounds its logits even where an early file does not say so."""
    return gemma({"attn_logit_softcapping": 50.0, "final_logit_softcapping": 30.0} | dict(own))


GEMMA_KEYS = frozenset({"attention.sliding_window", "attn_logit_softcapping", "final_logit_softcapping"})
ARCHITECTURES = {
    "llama": GGUFArchitecture("llama", permuted=True),
    "qwen2": GGUFArchitecture("qwen2"),
    "qwen3": GGUFArchitecture("qwen3", IN_LAYER | HEAD_NORMS),
    "smollm3": GGUFArchitecture("smollm3", permuted=True, more=smollm3),
    "gemma2": GGUFArchitecture("gemma2", IN_LAYER | GEMMA_NORMS, shifted=True, keys=GEMMA_KEYS, more=gemma2),
    "gemma3": GGUFArchitecture(
        "gemma3_text", IN_LAYER | GEMMA_NORMS | HEAD_NORMS, shifted=True, keys=GEMMA_KEYS, more=gemma
    ),
}
"""All architectures that are read from GGUF, by llama.cpp's names."""


def architecture_of(header: GGUFHeader, name: str) -> GGUFArchitecture:
    """Return the translation of a file's architecture. Raises CheckpointError if there is none."""
    found = ARCHITECTURES.get(header.architecture)
    if found is None:
        raise CheckpointError(
            f"model {name}: the architecture {header.architecture[:40]!r} is not read from GGUF, only "
            f"{', '.join(ARCHITECTURES)}; name the safetensors model it was made from, {SERVE}"
        )
    return found


def read_config(header: GGUFHeader, name: str) -> PreTrainedConfig:
    """Return the configuration of transformers for a file.

    Raises:
        CheckpointError: The architecture is unknown, a key is missing or damaged, or one is not translated.
    """
    architecture = architecture_of(header, name)
    prefix = f"{header.architecture}."
    own = {key.removeprefix(prefix): value for key, value in header.metadata.items() if key.startswith(prefix)}
    unknown = sorted(key for key, value in own.items() if value and key not in SHAPE_KEYS | architecture.keys)
    if unknown:
        raise CheckpointError(
            f"model {name}: {(prefix + unknown[0])[:60]!r} = {str(own[unknown[0]])[:40]!r} has no counterpart here, so "
            f"the model would compute something else; name the safetensors model it was made from, {SERVE}"
        )
    try:
        settings = shape_of(header, own) | architecture.more(own)
        return AutoConfig.for_model(architecture.kind, **settings)
    except Exception as error:  # configurations of transformers raise errors of their own for odd values
        raise CheckpointError(
            f"model {name}: the metadata of the GGUF file is damaged ({type(error).__name__}: {str(error)[:200]}); "
            "fetch or convert it again"
        ) from error


def shape_of(header: GGUFHeader, own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that all architectures have. Raises KeyError or ValueError if one is missing or absurd."""
    tensors = {tensor.name: tensor for tensor in header.tensors}
    layers = {int(found[1]) for found in map(LAYER.fullmatch, tensors) if found}
    if own["block_count"] != len(layers) or not 0 < own["context_length"] <= LONGEST_CONTEXT:
        raise ValueError(f"block_count {own['block_count']} for {len(layers)}, context {own['context_length']}")
    size, heads = head_size(own), own["attention.head_count"]
    if own.get("rope.dimension_count", size) != size or own.get("attention.value_length", size) != size:
        raise ValueError(f"heads of {size} with rotary or value dimensions of another size")
    ids = {f"{short}_token_id": header.metadata.get(f"tokenizer.ggml.{long}_token_id") for short, long in TOKENS}
    return ids | {
        "vocab_size": tensors["token_embd.weight"].shape[0],
        "hidden_size": own["embedding_length"],
        "intermediate_size": own["feed_forward_length"],
        "num_hidden_layers": own["block_count"],
        "num_attention_heads": heads,
        "num_key_value_heads": own.get("attention.head_count_kv", heads),
        "head_dim": size,
        "rms_norm_eps": own["attention.layer_norm_rms_epsilon"],
        "max_position_embeddings": own["context_length"],
        "rope_parameters": rotary(header, own),
        "attention_bias": "blk.0.attn_q.bias" in tensors,
        "tie_word_embeddings": "output.weight" not in tensors,
    }


TOKENS = (("bos", "bos"), ("eos", "eos"), ("pad", "padding"))
"""Control tokens of a configuration: name in transformers, name in GGUF."""


def head_size(own: Mapping[str, Any]) -> int:
    """Return the size of an attention head."""
    return int(own.get("attention.key_length", own["embedding_length"] // own["attention.head_count"]))


def rotary(header: GGUFHeader, own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of the rotary embedding. Raises ValueError for a scaling that is not translated."""
    base: dict[str, Any] = {"rope_type": "default", "rope_theta": float(own.get("rope.freq_base", 10_000.0))}
    kind = own.get("rope.scaling.type", "linear" if own.get("rope.scaling.factor") else "none")
    if kind not in ("none", "linear", "yarn") or base["rope_theta"] <= 1:
        raise ValueError(f"rotary scaling {kind!r} of base {base['rope_theta']:g}")
    scaled = dict(base)
    if kind != "none" and own["rope.scaling.factor"] != 1:
        scaled |= {"rope_type": kind, "factor": float(own["rope.scaling.factor"])}
    if kind == "yarn":
        scaled["original_max_position_embeddings"] = own["rope.scaling.original_context_length"]
    if header.architecture != "gemma3":
        return scaled
    local = {"rope_type": "default", "rope_theta": 10_000.0}
    return {"full_attention": scaled, "sliding_attention": local}


def parameter_name(architecture: GGUFArchitecture, tensor: str) -> str | None:
    """Return the name in transformers of a tensor of GGUF; None if it has none."""
    inside = LAYER.fullmatch(tensor)
    if inside:
        module = architecture.names.get(inside[2])
        return module and f"model.layers.{inside[1]}.{module}.{inside[3]}"
    stem, _, end = tensor.rpartition(".")
    return f"{OUTSIDE[stem]}.{end}" if stem in OUTSIDE else None
