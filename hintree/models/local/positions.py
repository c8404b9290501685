"""Facts that a model's configuration states about positions and about the reach of its attention."""

from collections.abc import Iterator
from typing import Any

from transformers import PreTrainedConfig

LIMITS = (
    "attention_chunk_size",
    "attention_types",
    "attention_window_size",
    "block_size",
    "compress_rates",
    "index_topk",
    "index_topk_blocks",
    "indexer_budget",
    "keep_window_size",
    "local_attention",
    "local_attention_window_len",
    "sliding_window",
    "sliding_window_size",
    "window_size",
)
"""Settings of models whose tokens attend to some of the earlier tokens only."""


def limited_attention(config: PreTrainedConfig) -> str | None:
    """Return the setting that limits which earlier tokens a layer attends to, or None if all layers attend to all."""
    values = config.get_text_config().to_dict()
    full = set(values.get("layer_types") or ()) == {"full_attention"}
    for name, value in settings(values):
        if name not in LIMITS or not value or (full and name == "sliding_window"):
            continue
        if name != "attention_types" or "local" in str(value):
            return f"{name} {value}"
    return None


def frequency_switch(config: PreTrainedConfig) -> int | None:
    """Return the longest text in tokens before the rotary frequencies change (LongRoPE), or None if they never do.

    Dynamic NTK scaling changes them only beyond ``max_position_embeddings``, which is the context here.
    """
    values = config.get_text_config().to_dict()
    limits = [
        int(value.get("original_max_position_embeddings") or values["original_max_position_embeddings"])
        for name, value in settings(values)
        if name in ("rope_parameters", "rope_scaling") and isinstance(value, dict)
        if "longrope" in (value.get("rope_type"), value.get("type"))
    ]
    return min(limits, default=None)


def settings(values: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the name and value of every setting, nested ones too."""
    for name, value in values.items():
        yield name, value
        if isinstance(value, dict):
            yield from settings(value)
