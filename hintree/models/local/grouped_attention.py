"""Attention of models whose query heads share keys and values, without a copy of these for every head.

With a mask, transformers copies keys and values on a CPU until each query head has its own, in every layer and pass:
seven times the cache of Qwen2.5-0.5B. PyTorch's kernel reads them where they are, and computes the same bits.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn
from transformers import AttentionInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward

NAME, REPLACED = "hintree_grouped", "sdpa"
"""Names of this attention, and of the one that it stands for, in transformers' table."""
OTHERS = ("position_bias", "softcap", "cache")
"""Arguments of attention that is left to transformers."""


def grouped_attention(
    module: nn.Module, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None, **settings: Any
) -> tuple[Tensor, None]:
    """Return the attended values, shape [rows, queries, heads, size], and None for the weights.

    Args:
        module: The attention layer.
        query: Shape [rows, heads, queries, size].
        key: Shape [rows, fewer heads, KV slots, size].
        value: Shape [rows, fewer heads, KV slots, size].
        attention_mask: Added to the scores, shape [rows, 1, queries, KV slots].
        settings: As transformers passes them.
    """
    shared = query.shape[1] != key.shape[1] and attention_mask is not None
    if not shared or any(settings.get(name) is not None for name in OTHERS):
        found: tuple[Tensor, None] = sdpa_attention_forward(module, query, key, value, attention_mask, **settings)
        return found
    attended = F.scaled_dot_product_attention(
        query, key, value, attn_mask=attention_mask, scale=settings.get("scaling"), enable_gqa=True
    )
    return attended.transpose(1, 2).contiguous(), None


@contextmanager
def grouped(body: Any, device: str) -> Iterator[None]:
    """Let a model use this attention on a CPU, if it would use PyTorch's; on exit, it is what it was.

    Args:
        body: A model of transformers, or one of our own, which has no configuration.
        device: Where it computes. With a mask, other devices have no fused kernel for shared keys.
    """
    config = getattr(body, "config", None)
    inner = config.get_text_config() if config is not None and device == "cpu" else None
    if inner is None or inner._attn_implementation != REPLACED:
        yield
        return
    inner._attn_implementation = NAME
    try:
        yield
    finally:
        inner._attn_implementation = REPLACED


AttentionInterface.register(NAME, grouped_attention)
