"""Configurations of every text-generation class of transformers, shrunk to a few thousand parameters."""

from typing import Any

from transformers import CONFIG_MAPPING, PreTrainedConfig

VOCABULARY = 98
"""Token ids of every tiny model: two control tokens and the printable ASCII characters."""
LAYERS = 4
"""Enough layers for one of each kind in the models that mix them."""
CONTEXT = 1024
WINDOW = 16
"""Length of every sliding window, chunk and sparse selection: texts in the tests are much longer."""

WIDTH = 32
GROUPS = (
    (VOCABULARY, "vocab_size vocab_size_per_layer_input decoder_vocab_size encoder_hash_byte_group_vocab"),
    (VOCABULARY, "pronunciation_vocab_size shape_vocab_size ngram_vocab_size_base"),
    (WIDTH, "hidden_size d_model n_embd emb_dim dim_model embedding_dim embedding_size lru_width word_embed_proj_dim"),
    (WIDTH, "hidden_size_global attention_hidden_size output_embedding_size input_embedding_size"),
    (LAYERS, "num_hidden_layers n_layer n_layers num_layers decoder_layers num_decoder_layers num_blocks"),
    (LAYERS, "encoder_layers num_encoder_layers depth"),
    (4, "num_attention_heads n_head n_heads num_heads attention_heads decoder_attention_heads num_kv_heads"),
    (4, "num_decoder_attention_heads linear_num_value_heads linear_num_heads mamba_n_heads mamba_num_heads"),
    (4, "swa_num_attention_heads n_mamba_heads"),
    (2, "num_key_value_heads kv_n_heads encoder_attention_heads num_encoder_attention_heads linear_num_key_heads"),
    (2, "index_n_heads swa_num_key_value_heads index_topk_blocks"),
    (48, "intermediate_size ffn_dim decoder_ffn_dim ffn_hidden_size d_inner dff dim_ff intermediate_size_mlp"),
    (48, "dense_intermediate_size feed_forward_size"),
    (16, "encoder_ffn_dim moe_intermediate_size expert_ffn_hidden_size shared_expert_intermediate_size"),
    (16, "shared_intermediate_size shared_experts_intermediate_size moe_shared_expert_intermediate_size"),
    (16, "kv_lora_rank q_lora_rank mamba_d_head mamba_headdim mamba_head_dim adapter_rank router_hidden_size"),
    (16, "hidden_size_per_layer_input pronunciation_embed_dim shape_embed_dim laurel_rank o_lora_rank gated_norm_rank"),
    (8, "head_dim d_head dim_head qk_rope_head_dim qk_nope_head_dim v_head_dim index_head_dim linear_key_head_dim"),
    (8, "linear_value_head_dim linear_head_dim mamba_d_state state_size ssm_state_size rotary_dim kv_channels"),
    (8, "swa_head_dim attention_head_size global_head_dim d_rel hc_lowrank query_pre_attn_scalar"),
    (8, "chunk_size mamba_chunk_size block_size index_topk index_block_size rel_extent"),
    (CONTEXT, "max_position_embeddings n_positions n_ctx max_seq_len max_target_positions context_length"),
    (CONTEXT, "model_max_length"),
    (WINDOW, "sliding_window sliding_window_size attention_window_size local_attention attention_chunk_size"),
    (WINDOW, "window_size keep_window_size local_attention_window_len local_attn_chunk_length lsh_attn_chunk_length"),
    (4, "num_experts n_routed_experts num_local_experts moe_num_experts"),
    (2, "num_experts_per_tok num_experts_per_token moe_topk moe_top_k moe_k top_k_experts zero_expert_num"),
    (1, "topk_group n_group num_expert_group"),
)
SIZES = {name: size for size, names in GROUPS for name in names.split()}

GEMMA_3N = {
    "layer_types": ["sliding_attention", "full_attention"] * 2,
    "num_kv_shared_layers": 2,
    "intermediate_size": [48] * LAYERS,
    "activation_sparsity_pattern": [0.0] * LAYERS,
}
INDEXER = {
    "indexer_n_heads": 2,
    "indexer_kv_heads": 1,
    "indexer_head_dim": 8,
    "indexer_budget": 8,
    "indexer_compress_ratio": 4,
}
OVERRIDES: dict[str, dict[str, Any]] = {
    "cohere_compass_text": {
        "layer_types": ["sliding_attention", "full_attention"] * 2,
        "rope_parameters": {"sliding_attention": {"rope_type": "default", "rope_theta": 1e4}, "full_attention": None},
    },
    "dbrx": {"attn_config": {"rope_theta": 10000.0, "clip_qkv": 8.0}},
    "deepseek_v2": {"num_experts_per_tok": 2},
    "dots1": {"n_shared_experts": 1, "n_routed_experts": 4, "num_experts_per_tok": 2},
    "dots3_note": {
        "text_config": {"num_key_value_heads": 4, "head_dim": 16},
        "vision_config": {"adapter_in_dim": WIDTH, "adapter_out_dim": WIDTH},
        "audio_config": {"adapter_out_dim": WIDTH, "adapter_input_size": WIDTH},
    },
    "dots3_note_text": {"num_key_value_heads": 4, "head_dim": 16},
    "emu3": {"vocabulary_map": {"<image>": 5}},
    "falcon_h1": {"mamba_d_ssm": 64},
    "gemma3n": {"text_config": GEMMA_3N},
    "gemma3n_text": GEMMA_3N,
    "gpt_neo": {"attention_types": [[["global", "local"], LAYERS // 2]]},
    "hunyuan_v1_dense": {"head_dim": 8},
    "hunyuan_v1_moe": {"head_dim": 8},
    "jamba": {"attn_layer_period": 2, "attn_layer_offset": 1},
    "bamba": {"attn_layer_indices": [1, 3]},
    "granitemoehybrid": {"layer_types": ["linear_attention", "full_attention"] * 2},
    "lfm2": {"layer_types": ["conv", "full_attention"] * 2},
    "lfm2_moe": {"layer_types": ["conv", "full_attention"] * 2},
    "mamba2": {"num_heads": 8, "head_dim": 8, "n_groups": 2},
    "ministral": {"head_dim": 8},
    "nemotron_h": {"n_groups": 2},
    "nemotron": {"head_dim": 8, "num_key_value_heads": 2},
    "qwen4_exp": {"text_config": INDEXER},
    "qwen4_exp_text": INDEXER,
    "reformer": {"axial_pos_shape": [32, 32], "axial_pos_embds_dim": [8, 24]},
    "zamba": {"attention_hidden_size": 2 * WIDTH, "attention_head_dim": 16},
    "zamba2": {"attention_hidden_size": 2 * WIDTH, "attention_head_dim": 16},
    "zaya": {"num_experts_per_tok": 1},
}
"""Values that the sizes of ``GROUPS`` do not fit, by type."""


def tiny_config(kind: str) -> PreTrainedConfig:
    """Return a small configuration of a model type, without an end token."""
    made = CONFIG_MAPPING[kind]
    return made(**merged(shrink(made().to_dict()), OVERRIDES.get(kind, {})))


def merged(values: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Return nested values with those of ``more`` in their places."""
    return values | {
        name: merged(values[name], value) if name.endswith("_config") and isinstance(value, dict) else value
        for name, value in more.items()
    }


def shrink(values: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments for a small configuration from the values of the default one."""
    small: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict) and name.endswith("_config"):
            small[name] = (
                shrink(value) | {"model_type": value["model_type"]} if "model_type" in value else shrink(value)
            )
        elif name in SIZES and isinstance(value, int) and not isinstance(value, bool):
            latent = name == "num_key_value_heads" and "kv_lora_rank" in values
            small[name] = SIZES["num_attention_heads"] if latent else SIZES[name]
        elif name in ("layer_types", "mlp_layer_types", "layers_block_type") and isinstance(value, list):
            kinds = list(dict.fromkeys(value))
            small[name] = [kinds[i % len(kinds)] for i in range(LAYERS)]
        elif name in ("is_decoder", "tie_word_embeddings"):
            small[name] = name == "is_decoder"  # tied random embeddings make a model repeat its last token
        elif name == "eos_token_id":
            small[name] = None
        elif name in ("bos_token_id", "pad_token_id") and value is not None:
            small[name] = 0 if name == "pad_token_id" else 1
    return small
