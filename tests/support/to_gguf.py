"""A lab model as GGUF, so that llama.cpp can serve it: ``python -m tests.support.to_gguf FOLDER FILE``.

Three things do not fit into llama.cpp as they are:

- Spaces. The lab's tokenizer drops them and puts them back by rule; llama.cpp spells a token always in the same way. So
  a word becomes " word", and a second token without the space, for what stands after a line break, is added: it has the
  same embedding, and an output bias that keeps it from being written.
- Heads that are together wider than the model. The model is widened by zeros, and its norms are told so.
- An output bias is known to the architecture "qwen2", and it is otherwise a Llama with biases of queries, keys and
  values. The bias of the attention's output goes into that of the values, since attention weights sum to one.
"""

import re
import sys
from pathlib import Path

import gguf
import torch

from hintree.experiments.bench.llama_cpp import TENSORS
from hintree.models import load_model

NEVER = -1e4
"""Bias of tokens that must not be written; exp() of it is 0."""
GLUED = re.compile(r"[.,?:!\n]")
"""Marks that the lab's tokenizer writes without a space before them."""


def to_gguf(name: str, file: Path) -> None:
    """Write the model, its tokenizer and nothing else, in 32-bit floats."""
    local = load_model(name, device="cpu", dtype="float32")
    config, weights = local.model.config, dict(local.model.state_dict())
    wide = max(config.hidden_size, config.num_attention_heads * config.head_dim)
    assert wide % config.num_attention_heads == 0 and wide // config.num_attention_heads == config.head_dim
    weights = {key: widened(key, tensor, config.hidden_size, wide) for key, tensor in weights.items()}
    words = local.tokenizer.convert_ids_to_tokens(range(len(local.tokenizer)))
    special = set(local.tokenizer.all_special_ids)
    doubled = [i for i, word in enumerate(words) if i not in special and not GLUED.fullmatch(word)]
    spelled = [word if i not in doubled else f"\u2581{word}" for i, word in enumerate(words)]
    spelled += [words[i] for i in doubled]
    out = gguf.GGUFWriter(str(file), "qwen2")
    out.add_context_length(config.max_position_embeddings)
    out.add_embedding_length(wide)
    out.add_block_count(config.num_hidden_layers)
    out.add_feed_forward_length(config.intermediate_size)
    out.add_head_count(config.num_attention_heads)
    out.add_head_count_kv(config.num_key_value_heads)
    out.add_layer_norm_rms_eps(config.rms_norm_eps * config.hidden_size / wide)
    out.add_rope_freq_base(config.rope_parameters["rope_theta"])
    out.add_tokenizer_model("t5")
    out.add_tokenizer_pre("default")
    out.add_token_list(spelled)
    out.add_token_scores([-1.0] * len(spelled))
    kinds = {local.tokenizer.unk_token_id: gguf.TokenType.UNKNOWN}
    out.add_token_types(
        [kinds.get(i, gguf.TokenType.CONTROL if i in special else gguf.TokenType.NORMAL) for i in range(len(spelled))]
    )
    out.add_bos_token_id(local.tokenizer.bos_token_id)
    out.add_eos_token_id(local.tokenizer.eos_token_id)
    out.add_unk_token_id(local.tokenizer.unk_token_id)
    out.add_pad_token_id(local.tokenizer.pad_token_id)
    out.add_add_bos_token(True)
    out.add_add_eos_token(False)
    out.add_add_space_prefix(False)
    out.add_remove_extra_whitespaces(False)
    embedded = weights.pop("model.embed_tokens.weight")
    weights.pop("lm_head.weight")
    embedded = torch.cat([embedded, embedded[doubled]])
    add(out, "token_embd.weight", embedded)
    add(out, "output.weight", embedded)
    add(out, "output.bias", torch.tensor([0.0] * len(words) + [NEVER] * len(doubled)))
    for layer in range(config.num_hidden_layers):
        at = f"model.layers.{layer}.self_attn."
        matrix, bias = weights[at + "o_proj.weight"].double(), weights.pop(at + "o_proj.bias").double()
        moved = torch.linalg.pinv(matrix) @ bias
        weights[at + "v_proj.bias"] = (weights[at + "v_proj.bias"].double() + moved).float()
    for key, tensor in weights.items():
        add(out, gguf_name(key), tensor)
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()


def widened(key: str, tensor: torch.Tensor, narrow: int, wide: int) -> torch.Tensor:
    """Return a tensor with zeros behind every axis of the model's width; a norm of twice as many numbers is larger."""
    reads = key.endswith(("q_proj.weight", "k_proj.weight", "v_proj.weight", "gate_proj.weight", "up_proj.weight"))
    writes = key.endswith(("o_proj.weight", "o_proj.bias", "down_proj.weight", "norm.weight"))
    padding = (0, wide - narrow) if tensor.ndim == 1 or reads or "embed_tokens" in key else (0, 0, 0, wide - narrow)
    if not (reads or writes or "embed_tokens" in key):
        return tensor
    scale = (narrow / wide) ** 0.5 if key.endswith("norm.weight") else 1.0
    return torch.nn.functional.pad(scale * tensor, padding)


def add(out: gguf.GGUFWriter, name: str, tensor: torch.Tensor) -> None:
    out.add_tensor(name, tensor.float().contiguous().numpy())


def gguf_name(name: str) -> str:
    """A tensor's name in GGUF."""
    layer = re.fullmatch(r"model\.layers\.(\d+)\.(.+)\.(weight|bias)", name)
    if layer:
        return f"blk.{layer[1]}.{TENSORS[layer[2]]}.{layer[3]}"
    return f"{TENSORS[name.removesuffix('.weight')]}.weight"


if __name__ == "__main__":
    to_gguf(sys.argv[1], Path(sys.argv[2]))
