"""Decoder of a small Llama in few fused operators.

In a model of a few million parameters, matrix products take a fifth of a forward pass; the rest is the overhead of some
forty small operators per layer in transformers. This module uses a dozen, with equal results within rounding: one
matrix product for queries, keys and values, one for gate and up, and rotary embeddings (arXiv 2104.09864) as one
product of complex numbers. All other models, and larger ones, run on the decoder of transformers.
"""

from collections.abc import Callable
from operator import attrgetter
from types import SimpleNamespace
from typing import Any, NamedTuple, TypeGuard
from weakref import WeakKeyDictionary, ref

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import LlamaModel

from hintree.models.local.packed import is_packed

MOST_PARAMETERS = 20_000_000
"""Maximum number of parameters of a fused model; larger ones gain little, and the fused weights are a second copy."""
FEW_QUERIES = 2
"""Maximum number of queries per row for which two matrix products beat PyTorch's fused attention (blocks of 32)."""

LENGTH_DEPENDENT = ("dynamic", "longrope")
"""Types of rotary embeddings that depend on the longest text of a batch."""
PARAMETER_VERSION = attrgetter("_version")
"""Returns how often a parameter was modified in place."""

_FUSED: "WeakKeyDictionary[nn.Module, FusedLlama]" = WeakKeyDictionary()


def fused_body(body: nn.Module) -> "FusedLlama | None":
    """Return the fused form of a decoder, cached; None unless it fits."""
    if not fits_fused(body):
        return None
    if body not in _FUSED:
        _FUSED[body] = FusedLlama(body)
    return _FUSED[body]


def fits_fused(body: nn.Module) -> TypeGuard[LlamaModel]:
    """Tell whether a decoder can be fused: a small Llama in float32 or float64 on a CPU."""
    if type(body) is not LlamaModel or body.config.hidden_act != "silu" or body.num_parameters() > MOST_PARAMETERS:
        return False
    if is_packed(body):
        return False
    kinds = {(type(p), p.dtype, p.device.type) for p in body.parameters()}
    return kinds in ({(nn.Parameter, torch.float32, "cpu")}, {(nn.Parameter, torch.float64, "cpu")})


class FusedWeights(NamedTuple):
    """Fused weights of one layer.

    Norm weights are folded into the linear layers that follow them. Rows of queries and keys that are rotated together
    are adjacent.

    qkv: Shape [(heads + 2 key-value heads) x head size, width]; its bias has the first dimension, or is None.
    out: Transposed, shape [heads x head size, width]; its bias has shape [width], or is None.
    gate_up: Shape [2 x intermediate size, width]; its bias has the first dimension, or is None.
    down: Transposed, shape [intermediate size, width]; its bias has shape [width], or is None.
    """

    qkv: Tensor
    qkv_bias: Tensor | None
    out: Tensor
    out_bias: Tensor | None
    gate_up: Tensor
    gate_up_bias: Tensor | None
    down: Tensor
    down_bias: Tensor | None


class FusedLlama(nn.Module):
    """Decoder that takes the arguments of a transformers decoder and returns its ``last_hidden_state``.

    Holds references to the modules of ``body`` and does not modify them.

    Args:
        body: Decoder of transformers. If its parameters have changed, the fused weights are built anew at the first
            forward pass with a new cache.
    """

    def __init__(self, body: LlamaModel) -> None:
        super().__init__()
        c: Any = body.config
        self.embed, self.rotary, self.layers, self.norm = body.embed_tokens, body.rotary_emb, body.layers, body.norm
        self.size = int(c.head_dim)
        self.eps, self.root = float(c.rms_norm_eps), float(c.hidden_size**0.5)
        self.floor = torch.tensor(self.root * self.eps**0.5)
        self.heads, self.groups = int(c.num_attention_heads), int(c.num_key_value_heads)
        self.context = int(c.max_position_embeddings)
        self._table: Tensor | None = None
        self._all = list(body.parameters())
        self._version = -1
        self._cache: Callable[[], Any] = lambda: None
        self._fused: list[FusedWeights] = []
        self._last: Tensor

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, position_ids: Tensor, cache: Any, use_cache: bool
    ) -> SimpleNamespace:
        """Compute the hidden states of new tokens and append their keys and values to ``cache``.

        Args:
            input_ids: Token ids, shape [rows, queries].
            attention_mask: Added to attention scores, shape [rows, 1, queries, KV slots].
            position_ids: Position of each token, shape [rows, queries].
            cache: A ``transformers.Cache``.
            use_cache: Ignored; the cache is always used.

        Returns:
            ``last_hidden_state``, shape [rows, queries, width].
        """
        if self._cache() is not cache:
            self._read_weights()
            self._cache = ref(cache)
        embedded = self.embed(input_ids)
        x, rotation = embedded.flatten(0, 1), self._rotations(embedded, position_ids)[:, :, None]
        for i, own in enumerate(self._fused):
            self._layer(i, own, x, rotation, attention_mask, cache)
        return SimpleNamespace(last_hidden_state=(self._normalise(x) * self._last).view_as(embedded))

    def _read_weights(self) -> None:
        """Build the fused weights anew if a parameter has changed."""
        version = sum(map(PARAMETER_VERSION, self._all))
        if version != self._version:
            self._fused, self._version = [self._fuse(layer) for layer in self.layers], version
            self._last = self.norm.weight * self.root

    def _rotations(self, like: Tensor, positions: Tensor) -> Tensor:
        """Return the rotation of each pair as complex numbers, shape [*positions, pairs], tabulated if possible."""
        if self.rotary.rope_type in LENGTH_DEPENDENT:
            cos, sin = self.rotary(like, positions)
            return torch.complex(cos, sin)[..., : self.size // 2]
        if self._table is None or self._table.dtype.to_real() != like.dtype:
            cos, sin = self.rotary(like, torch.arange(self.context)[None])
            self._table = torch.complex(cos, sin)[0, :, : self.size // 2].contiguous()
        return self._table[positions]

    def _layer(self, i: int, own: FusedWeights, x: Tensor, rotation: Tensor, mask: Tensor, cache: Any) -> None:
        """Apply one layer to ``x`` [rows x queries, width] in place; ``rotation`` is [rows, queries, 1, pairs]."""
        rows, queries, rotated = len(rotation), rotation.shape[1], self.heads + self.groups
        qkv = F.linear(self._normalise(x), own.qkv, own.qkv_bias).view(rows, queries, rotated + self.groups, self.size)
        torch.view_as_complex(qkv[:, :, :rotated].unflatten(-1, (-1, 2))).mul_(rotation)
        q, k, v = qkv.transpose(1, 2).split((self.heads, self.groups, self.groups), 1)
        keys, values = cache.update(k, v, i)
        seen = attend(q, keys, values, mask)
        add_linear(x, seen.transpose(1, 2).reshape(len(x), -1), own.out, own.out_bias)
        gate, up = F.linear(self._normalise(x), own.gate_up, own.gate_up_bias).chunk(2, -1)
        add_linear(x, F.silu(gate).mul_(up), own.down, own.down_bias)

    def _normalise(self, x: Tensor) -> Tensor:
        """Return x / sqrt(|x|^2 + width eps): RMSNorm without sqrt(width) and weights, which the next layer includes.

        The length of float32 vectors is computed in one operator; float64 vectors are rounded to float32, as in
        transformers. This rounding also removes differences from the order of summation, so that equal texts have equal
        scores.
        """
        if x.dtype == torch.float32:
            length: Tensor = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
            return x / length.hypot_(self.floor)
        return F.rms_norm(x.float(), x.shape[-1:], None, self.eps).to(x.dtype) / self.root

    def _fuse(self, layer: Any) -> FusedWeights:
        at, mlp = layer.self_attn, layer.mlp
        half = torch.arange(self.size).view(2, -1).t().flatten()
        order = torch.cat([head * self.size + half for head in range(self.heads + self.groups)])
        qkv, qkv_bias = concatenated(at.q_proj, at.k_proj, at.v_proj)
        order = torch.cat([order, torch.arange(len(order), len(qkv))])
        gate_up, gate_up_bias = concatenated(mlp.gate_proj, mlp.up_proj)
        return FusedWeights(
            qkv[order] * layer.input_layernorm.weight * self.root,
            None if qkv_bias is None else qkv_bias[order],
            at.o_proj.weight.detach().t(),
            at.o_proj.bias,
            gate_up * layer.post_attention_layernorm.weight * self.root,
            gate_up_bias,
            mlp.down_proj.weight.detach().t(),
            mlp.down_proj.bias,
        )


def concatenated(*layers: nn.Linear) -> tuple[Tensor, Tensor | None]:
    """Concatenate weights and biases of linear layers on the same input; the bias is None if no layer has one."""
    biases = [layer.bias.detach() for layer in layers if layer.bias is not None]
    return torch.cat([layer.weight.detach() for layer in layers]), torch.cat(biases) if biases else None


def add_linear(x: Tensor, more: Tensor, weight: Tensor, bias: Tensor | None) -> None:
    """Add a linear layer of ``more`` to ``x``, both [tokens, width]; the weight has shape [width of more, width]."""
    if bias is not None:
        x += bias
    x.addmm_(more, weight)


def attend(queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor) -> Tensor:
    """Return scaled dot-product attention, shape [rows, heads, queries, size].

    Keys and values have shape [rows, key-value heads, KV slots, size]; key-value heads divide the heads.
    """
    grouped = queries.shape[1] != keys.shape[1]
    if queries.shape[2] > FEW_QUERIES or grouped:
        return F.scaled_dot_product_attention(queries, keys, values, attn_mask=mask, enable_gqa=grouped)
    scores = (queries * queries.shape[-1] ** -0.5) @ keys.transpose(-1, -2)
    weights: Tensor = scores.add_(mask).softmax(-1)
    return weights @ values
