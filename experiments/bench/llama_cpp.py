"""Arm for llama.cpp: its server runs inside this process, on weights converted to GGUF here."""

import re
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from hintree.experiments.bench.arms import GenerateLevel, Paths
from hintree.experiments.bench.shapes import CONTEXT, BenchModel, Shape

SLOTS = 16
"""Sequences that the server decodes at once."""
TENSORS = {
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "lm_head": "output",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
"""Tensor names in transformers and in GGUF, without layer number and suffix."""


def with_llama_cpp(bench: BenchModel, shape: Shape, folder: Path) -> GenerateLevel:
    """Return an arm that sends one request a level, one prompt per child; slots keep their KV cache."""
    file = folder / "model.gguf"
    convert(bench, file)
    xllamacpp: Any = import_module("xllamacpp")
    settings = xllamacpp.CommonParams()
    settings.model.path = str(file)
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = 1
    settings.n_parallel, settings.n_ctx, settings.cache_prompt, settings.verbosity = SLOTS, SLOTS * CONTEXT, True, -1
    server = xllamacpp.Server(settings)

    def generate(parents: Paths, origins: Sequence[int], children: int) -> list[list[int]]:
        requests = {
            "prompt": [list(path) for path in parents for _ in range(children)],
            "n_predict": shape.step,
            "temperature": 1.0,
            "top_k": 0,
            "top_p": 1.0,
            "min_p": 0.0,
            "ignore_eos": True,
            "cache_prompt": True,
        }
        choices = sorted(server.handle_completions(requests)["choices"], key=lambda choice: int(choice["index"]))
        return [[int(i) for i in re.findall(r"\d+", choice["text"])] for choice in choices]

    return generate


def convert(bench: BenchModel, file: Path) -> None:
    """Write a Llama's weights to a GGUF file in float32."""
    gguf: Any = import_module("gguf")
    config = bench.model.config
    heads, width = config.num_attention_heads, config.hidden_size
    out = gguf.GGUFWriter(str(file), "llama")
    out.add_context_length(config.max_position_embeddings)
    out.add_embedding_length(width)
    out.add_block_count(config.num_hidden_layers)
    out.add_feed_forward_length(config.intermediate_size)
    out.add_head_count(heads)
    out.add_layer_norm_rms_eps(config.rms_norm_eps)
    out.add_rope_freq_base(config.rope_parameters["rope_theta"])
    out.add_tokenizer_model("llama")
    out.add_token_list([f"w{i}" for i in range(bench.words)])
    out.add_token_scores([0.0] * bench.words)
    out.add_token_types([1] * bench.words)
    out.add_add_bos_token(False)
    for name, weights in bench.model.state_dict().items():
        out.add_tensor(gguf_name(name), to_gguf_order(name, weights, heads).contiguous().numpy())
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()


def gguf_name(name: str) -> str:
    """Return the GGUF name of a tensor."""
    layer = re.fullmatch(r"model\.layers\.(\d+)\.(.+)\.weight", name)
    if layer:
        return f"blk.{layer[1]}.{TENSORS[layer[2]]}.weight"
    return f"{TENSORS[name.removesuffix('.weight')]}.weight"


def to_gguf_order(name: str, weights: torch.Tensor, heads: int) -> torch.Tensor:
    """Interleave the halves of query and key heads for llama.cpp's rotary embedding; return other weights as is."""
    if "q_proj" not in name and "k_proj" not in name:
        return weights
    size, width = weights.shape
    return weights.view(heads, 2, size // heads // 2, width).transpose(1, 2).reshape(size, width)
