"""Detection of models that can run on the prefix-trie KV cache, by a test forward pass."""

import logging
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from transformers import DynamicCache, PreTrainedModel
from transformers.cache_utils import DynamicLayer

from hintree.models.local.adapter import ModelAdapter, cache_argument
from hintree.models.local.fused_llama import fused_body
from hintree.models.local.positions import limited_attention
from hintree.models.local.prefix_trie import PrefixCache, PrefixTrie
from hintree.models.local.row_support import tolerance
from hintree.models.local.tree_batch import TreeBatch

log = logging.getLogger(__name__)
HEADS = ("score", "classifier")
"""Attribute names under which transformers keeps the head of a token classifier."""


def detect_tree_support(model: PreTrainedModel, head: nn.Module | None = None) -> ModelAdapter | None:
    """Return the model's adapter, or None, with the reason in the log, if it cannot run on the prefix-trie cache.

    A model is supported if every layer attends to all earlier tokens, by its configuration and by its cache, and if it
    computes the same logits for a small tree of tokens as for each path alone. Sliding windows, sparse attention,
    recurrent layers and position schemes that ignore ``position_ids`` (ALiBi) are not supported.

    Args:
        model: Run on a few tokens; not modified.
        head: Maps hidden states to logits, if the model has no head of its own.
    """
    if limit := limited_attention(model.config):
        log.info("%s does not attend to all tokens (%s), a row cache serves it", type(model).__name__, limit)
        return None
    try:
        with torch.inference_mode():
            adapter = make_adapter(model, head)
            adapter = adapter._replace(body=fused_body(adapter.body) or adapter.body)
            difference = compare_with_full_forward(model, adapter, head)
    except Exception as error:  # any architecture may raise anything here; the row cache still serves it
        log.info("%s does not run on the tree cache, a row cache serves it: %s", type(model).__name__, error)
        return None
    if difference > tolerance(model):
        log.info("%s differs on a tree by %.2g, a row cache serves it", type(model).__name__, difference)
        return None
    return adapter


def make_adapter(model: PreTrainedModel, head: nn.Module | None) -> ModelAdapter:
    """Return the body, head and KV shape of a model.

    Raises:
        ValueError: The model has no head, a layer that does not attend to all tokens, or layers of different shapes.
    """
    body = model.base_model
    head = (
        head
        or model.get_output_embeddings()
        or next((getattr(model, name) for name in HEADS if isinstance(getattr(model, name, None), nn.Module)), None)
    )
    cache = DynamicCache(config=model.config)
    token = torch.zeros(1, 1, dtype=torch.long, device=model.device)
    body(input_ids=token, use_cache=True, **cache_argument(body, cache))
    if head is None or any(type(layer) is not DynamicLayer for layer in cache.layers):
        raise ValueError("it has no plain head, or layers that do not attend to all tokens")
    shapes = {states.shape for layer in cache.layers for states in (layer.keys, layer.values)}  # type: ignore[union-attr]
    if len(shapes) != 1:
        raise ValueError("its keys and values do not have one shape")
    _, heads, _, size = shapes.pop()
    return ModelAdapter(body, head, len(cache.layers), heads, size)


def compare_with_full_forward(model: PreTrainedModel, adapter: ModelAdapter, head: nn.Module | None) -> float:
    """Return the largest logit difference between a tree of two paths and full forward passes.

    The difference is relative to the largest absolute logit.
    """
    words = model.config.get_text_config().vocab_size
    texts = [[i % words for i in path] for path in ((1, 2, 3, 4, 5), (1, 2, 3, 6, 7, 8))]
    trie = PrefixTrie()
    prefix_logits = logits_after(adapter, trie, [texts[0][:4]])
    tree_logits = logits_after(adapter, trie, texts)
    full = [model(input_ids=torch.tensor([ids], device=model.device)) for ids in (texts[0][:4], *texts)]
    want = torch.stack([out.logits[0, -1] if head is None else head(out.last_hidden_state[0, -1]) for out in full])
    return float((torch.cat([prefix_logits, tree_logits]) - want).abs().max() / want.abs().max())


def logits_after(adapter: ModelAdapter, trie: PrefixTrie, texts: Sequence[Sequence[int]]) -> Tensor:
    """Return the next-token logits after each text, shape [texts, vocabulary]; adds the texts to the trie."""
    tree = TreeBatch(adapter, PrefixCache(), [(trie, text) for text in texts])
    index, hidden = tree.prefill_ends()
    tree.commit()
    logits: Tensor = adapter.head(hidden)[index]
    return logits
