"""Tiny random models that run on the prefix-trie cache, and some that do not; texts that branch."""

import torch
from transformers import (
    BloomConfig,
    BloomForCausalLM,
    Cohere2Config,
    Cohere2ForCausalLM,
    DeepseekV3Config,
    DeepseekV3ForCausalLM,
    Gemma2Config,
    Gemma2ForCausalLM,
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    GemmaConfig,
    GemmaForCausalLM,
    GPTNeoConfig,
    GPTNeoForCausalLM,
    GptOssConfig,
    GptOssForCausalLM,
    GraniteConfig,
    GraniteForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    Olmo3Config,
    Olmo3ForCausalLM,
    PhiConfig,
    PhiForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

WORDS = 40
SHAPE = {
    "vocab_size": WORDS,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "pad_token_id": 0,
}
WINDOW = {"sliding_window": 4}
MIXED = SHAPE | WINDOW | {"layer_types": ["sliding_attention", "full_attention"]}
EXPERTS = {"num_local_experts": 4, "num_experts_per_tok": 2}
NEO = {"vocab_size": WORDS, "hidden_size": 32, "num_layers": 2, "num_heads": 4, "window_size": 4} | {
    "attention_types": [[["global", "local"], 1]]
}
LATENT = {
    "num_key_value_heads": 4,
    "head_dim": 4,
    "q_lora_rank": 8,
    "kv_lora_rank": 8,
    "qk_rope_head_dim": 4,
    "qk_nope_head_dim": 8,
    "v_head_dim": 8,
    "first_k_dense_replace": 2,
}
FIT = {
    "llama": (LlamaForCausalLM, LlamaConfig(**SHAPE)),
    "qwen2": (Qwen2ForCausalLM, Qwen2Config(**SHAPE)),
    "qwen3": (Qwen3ForCausalLM, Qwen3Config(**SHAPE)),
    "mistral": (MistralForCausalLM, MistralConfig(**SHAPE, sliding_window=None)),
    "gemma": (GemmaForCausalLM, GemmaConfig(**SHAPE)),
    "phi": (PhiForCausalLM, PhiConfig(**{k: v for k, v in SHAPE.items() if k != "head_dim"})),
    "granite": (GraniteForCausalLM, GraniteConfig(**SHAPE, logits_scaling=8.0)),
    "deepseek_v3": (DeepseekV3ForCausalLM, DeepseekV3Config(**SHAPE | LATENT)),
    "mistral, window": (MistralForCausalLM, MistralConfig(**SHAPE, **WINDOW)),
    "gemma2": (Gemma2ForCausalLM, Gemma2Config(**MIXED, final_logit_softcapping=3.0)),
    "gemma3": (Gemma3ForCausalLM, Gemma3TextConfig(**MIXED)),
    "gpt_oss": (GptOssForCausalLM, GptOssConfig(**MIXED, **EXPERTS)),
    "olmo3": (Olmo3ForCausalLM, Olmo3Config(**MIXED)),
    "cohere2": (Cohere2ForCausalLM, Cohere2Config(**MIXED)),
    "qwen2, window": (Qwen2ForCausalLM, Qwen2Config(**MIXED, use_sliding_window=True)),
}
UNFIT = {
    "window of its own": (GPTNeoForCausalLM, GPTNeoConfig(**NEO)),
    "window that its class ignores": (LlamaForCausalLM, LlamaConfig(**SHAPE, sliding_window=4096)),
    "positions of its own": (BloomForCausalLM, BloomConfig(vocab_size=WORDS, hidden_size=32, n_layer=2, n_head=4)),
}


def build(kind):
    architecture, config = kind
    torch.manual_seed(0)
    model = architecture(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():  # the usual start is so near zero that all logits are alike
            parameter.add_(0.2 * torch.randn_like(parameter))
    return model


def alone(model, text):
    with torch.inference_mode():
        return model(input_ids=torch.tensor([text])).logits[0, -1]


def grown(rng, texts):
    """A new text: an old one that was cut (or not) and goes on with something new."""
    old = rng.choice(texts)
    return old[: rng.randint(1, len(old))] + [rng.randrange(1, WORDS) for _ in range(rng.randint(0, 9))]
