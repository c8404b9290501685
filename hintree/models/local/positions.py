"""Facts that a model's configuration states about positions and about the reach of its attention."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from transformers import PreTrainedConfig, PreTrainedModel

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
FULL, SLIDING = "full_attention", "sliding_attention"
"""Layer types: a token attends to itself and all earlier tokens, or to the last tokens of these only, its window."""

TEST_WINDOW = 3
"""Window in tokens of tests at load, shorter than their texts: a model that passes is right beyond its window too."""


def limited_attention(config: PreTrainedConfig) -> str | None:
    """Return a setting that limits which earlier tokens a layer attends to, other than the window of ``layer_windows``.

    None if there is no such setting.
    """
    values = config.get_text_config().to_dict()
    for name, value in settings(values):
        if name not in LIMITS or not value or (name == "sliding_window" and value == values.get(name)):
            continue
        if name != "attention_types" or "local" in str(value):
            return f"{name} {value}"
    return None


def layer_windows(config: PreTrainedConfig) -> dict[str, int | None]:
    """Return the window of each layer type in tokens, or None for types that attend to all earlier tokens.

    Without ``layer_types``, a sliding window belongs to all layers.
    """
    values = config.get_text_config().to_dict()
    window = values.get("sliding_window")
    types = values.get("layer_types") or [SLIDING if window else FULL]
    return {name: window if name == SLIDING else None for name in dict.fromkeys(types)}


@contextmanager
def shortened_window(config: PreTrainedConfig, tokens: int) -> Iterator[None]:
    """Set the sliding window of a configuration, if it has one, so that short texts test what lies beyond it.

    Models of transformers read their window in every forward pass. On exit, the configuration is what it was.
    """
    inner = config.get_text_config()
    before = getattr(inner, "sliding_window", None)
    if before:
        inner.sliding_window = tokens
    try:
        yield
    finally:
        if before:
            inner.sliding_window = before


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


def context_length(model: PreTrainedModel) -> int:
    """Return the longest text in tokens that the model was built for."""
    return int(getattr(model.config.get_text_config(), "max_position_embeddings", None) or 2**31)
