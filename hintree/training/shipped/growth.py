"""Grow a trained model into a wider and deeper one that computes the same function (Net2Net, Chen et al. 2016).

Every dimension of the residual stream, every attention head and every unit of the MLPs is copied; what reads copies is
split between them at random, so that they learn different things. A new layer writes nothing at first.
"""

from pathlib import Path

import torch
from torch import Tensor
from transformers import LlamaForCausalLM

from hintree.training.shipped.initialisation import ModelSize, new_model
from hintree.training.shipped.vocabulary import build_tokenizer

UNEVEN = 0.5
"""Standard deviation of the random part of a split, in that of the weights of an even one."""


def grown(folder: Path, size: ModelSize, *, seed: int) -> LlamaForCausalLM:
    """Return a model of a larger size with the logits of the model in ``folder``.

    Args:
        folder: A model of the lab.
        size: Multiples of the old widths and number of heads, with heads as wide as the old ones; no fewer layers.
        seed: Seed of the splits and of the new layers.
    """
    old = LlamaForCausalLM.from_pretrained(folder)
    model = new_model(build_tokenizer(), size, seed=seed)
    wide = size.hidden // old.config.hidden_size
    heads = size.heads // old.config.num_attention_heads
    inner = size.inner // old.config.intermediate_size
    state = old.state_dict()
    with torch.no_grad():
        model.model.embed_tokens.weight.copy_(tiled(state["model.embed_tokens.weight"], 1, wide) / wide)
        model.model.norm.weight.copy_(state["model.norm.weight"].repeat(wide))
        for i, layer in enumerate(model.model.layers):
            if i >= len(old.model.layers):
                layer.self_attn.o_proj.weight.zero_()
                layer.mlp.down_proj.weight.zero_()
                continue
            for name, weight in layer.named_parameters():
                before = state[f"model.layers.{i}.{name}"]
                if name.endswith("o_proj.weight"):
                    after = tiled(split(before, heads), 0, wide) / wide
                elif name.endswith("down_proj.weight"):
                    after = tiled(split(before, inner), 0, wide) / wide
                elif before.ndim == 2:
                    after = split(tiled(before, 0, inner if ".mlp." in f".{name}" else heads), wide)
                else:
                    after = before.repeat(weight.shape[0] // before.shape[0])
                    after = after / wide if name.endswith("o_proj.bias") else after
                weight.copy_(after)
    return model


def tiled(weight: Tensor, axis: int, copies: int) -> Tensor:
    """Return copies of a matrix side by side along an axis."""
    return torch.cat([weight] * copies, axis)


def split(weight: Tensor, copies: int) -> Tensor:
    """Return random matrices side by side that sum up to ``weight``, shape [rows, copies x columns]."""
    parts = torch.randn(copies, *weight.shape) * (UNEVEN * weight.std() / copies)
    parts += weight / copies - parts.mean(0)
    return torch.cat(list(parts), 1)
