"""Adapter from a transformers model to the arrays of the local runtime."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from inspect import signature
from types import MappingProxyType
from typing import Any, NamedTuple

from torch import Tensor, nn

from hintree.models.local.grouped_attention import grouped
from hintree.models.local.positions import FULL

ALL_EARLIER: Mapping[str, int | None] = MappingProxyType({FULL: None})
"""Windows of a model whose layers all attend to all earlier tokens."""


class ModelAdapter(NamedTuple):
    """The parts of a model that the runtime calls, and the shape of its keys and values.

    Holds references only; it is valid as long as the model's architecture and number format do not change.

    body: Decoder without a head: returns ``last_hidden_state`` for token ids, a 4D mask, positions and a cache.
    head: Maps hidden states [n, width] to logits [n, vocabulary or labels].
    layers, heads, size: Number of layers, and the largest number of key-value heads and head size of a layer.
    windows: Window in tokens of each layer type, or None if its tokens attend to all earlier ones.
    """

    body: Any
    head: Any
    layers: int
    heads: int
    size: int
    windows: Mapping[str, int | None] = ALL_EARLIER

    def forward(self, tokens: Tensor, mask: Tensor | Mapping[str, Tensor], positions: Tensor, cache: Any) -> Tensor:
        """Run the body on new tokens; ``cache`` receives their keys and values, the other arguments stay unmodified.

        Args:
            tokens: Token ids, shape [rows, queries].
            mask: Added to attention scores, shape [rows, 1, queries, KV slots]: 0 to attend, else a large negative.
                One for all layers, or one for each layer type.
            positions: Position of each token, shape [rows, queries].
            cache: A ``transformers.Cache``.

        Returns:
            Hidden states, shape [rows, queries, width].
        """
        with grouped(self.body, tokens.device.type):
            hidden: Tensor = self.body(
                input_ids=tokens,
                attention_mask=mask,
                position_ids=positions,
                use_cache=True,
                **cache_argument(self.body, cache),
            ).last_hidden_state
        return hidden

    @property
    def slot_bytes(self) -> int:
        """Return the size of one token's keys and values in bytes."""
        return 2 * self.layers * self.heads * self.size * int(next(self.body.parameters()).element_size())


def cache_argument(module: nn.Module, cache: Any) -> Mapping[str, Any]:
    """Return the keyword argument that passes a cache to a transformers module.

    transformers 5.24 renamed ``past_key_values`` to ``cache``, and 5.40 will remove the old name. Both are supported,
    and the name ``cache_params`` of some recurrent models.
    """
    return {_cache_argument_name(type(module).forward): cache}


@lru_cache(maxsize=64)
def _cache_argument_name(forward: Callable[..., Any]) -> str:
    """Return the first known name that is a parameter of the forward method, else "past_key_values"."""
    names = signature(forward).parameters
    return next((name for name in ("cache", "past_key_values", "cache_params") if name in names), "past_key_values")
