"""Detection of models that can run on the prefix-trie KV cache, by a test forward pass."""

import logging
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from transformers import DynamicCache, PreTrainedModel
from transformers.cache_utils import DynamicLayer, DynamicSlidingWindowLayer

from hintree.models.local.adapter import ModelAdapter, cache_argument
from hintree.models.local.fused_llama import fused_body
from hintree.models.local.positions import TEST_WINDOW, layer_windows, limited_attention, shortened_window
from hintree.models.local.prefix_trie import PrefixCache, PrefixTrie
from hintree.models.local.row_support import tolerance
from hintree.models.local.tree_batch import TreeBatch

log = logging.getLogger(__name__)
HEADS = ("score", "classifier")
"""Attribute names under which transformers keeps the head of a token classifier."""


def detect_tree_support(model: PreTrainedModel, head: nn.Module | None = None) -> ModelAdapter | None:
    """Return the model's adapter, or None, with the reason in the log, if it cannot run on the prefix-trie cache.

    A model is supported if every layer attends to all earlier tokens or to a window of them, by its configuration and
    by its cache, and if it computes the same logits for a small tree of tokens as for each path alone. Windows are
    shortened for this test, as the texts must be longer. Sparse attention, recurrent layers and position schemes that
    ignore ``position_ids`` (ALiBi) are not supported.

    Args:
        model: Run on a few tokens; on return, it is what it was.
        head: Maps hidden states to logits, if the model has no head of its own.
    """
    if limit := limited_attention(model.config):
        log.info("%s does not attend to all tokens (%s), a row cache serves it", type(model).__name__, limit)
        return None
    try:
        with torch.inference_mode():
            adapter = make_adapter(model, head)
            adapter = adapter._replace(body=fused_body(adapter.body) or adapter.body)
            with shortened_window(model.config, TEST_WINDOW):
                test = adapter._replace(windows=layer_windows(model.config))
                difference = compare_with_full_forward(model, test, head)
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
        ValueError: The model has no head, or a layer without plain keys and values.
    """
    body = model.base_model
    labels = (getattr(model, name, None) for name in HEADS)
    to_logits = head or own_head(model) or next((module for module in labels if isinstance(module, nn.Module)), None)
    cache = DynamicCache(config=model.config)
    token = torch.zeros(1, 1, dtype=torch.long, device=model.device)
    body(input_ids=token, use_cache=True, **cache_argument(body, cache))
    plain = [layer for layer in cache.layers if type(layer) in (DynamicLayer, DynamicSlidingWindowLayer)]
    if to_logits is None or len(plain) < len(cache.layers):
        raise ValueError("it has no plain head, or layers without plain keys and values")
    shapes = [kv.shape for layer in plain for kv in (layer.keys, layer.values) if kv is not None]  # type: ignore[union-attr]
    if not shapes:
        raise ValueError("it uses no cache of keys and values")
    heads, size = max(shape[1] for shape in shapes), max(shape[3] for shape in shapes)
    return ModelAdapter(body, to_logits, len(cache.layers), heads, size, layer_windows(model.config))


def own_head(model: PreTrainedModel) -> Callable[[Tensor], Tensor] | None:
    """Return the function from hidden states to next-token logits, with the scale and the soft cap of some classes."""
    head: nn.Module | None = model.get_output_embeddings()
    config = model.config.get_text_config()
    scale = (getattr(config, "logit_scale", None) or 1.0) / (getattr(config, "logits_scaling", None) or 1.0)
    cap = getattr(config, "final_logit_softcapping", None)
    if head is None or (scale == 1.0 and cap is None):
        return head

    def scaled(hidden: Tensor) -> Tensor:
        logits: Tensor = head(hidden) * scale
        return logits if cap is None else torch.tanh(logits / cap) * cap

    return scaled


def compare_with_full_forward(model: PreTrainedModel, adapter: ModelAdapter, head: nn.Module | None) -> float:
    """Return the largest logit difference between a tree of two paths and full forward passes.

    The difference is relative to the largest absolute logit.
    """
    words = model.config.get_text_config().vocab_size
    texts = [[i % words for i in path] for path in ((1, 2, 3, 4, 5, 9), (1, 2, 3, 4, 6, 7, 8, 2))]
    trie = PrefixTrie()
    prefix_logits = logits_after(adapter, trie, [texts[0][:5]])
    tree_logits = logits_after(adapter, trie, texts)
    full = [model(input_ids=torch.tensor([ids], device=model.device)) for ids in (texts[0][:5], *texts)]
    want = torch.stack([out.logits[0, -1] if head is None else head(out.last_hidden_state[0, -1]) for out in full])
    return float((torch.cat([prefix_logits, tree_logits]) - want).abs().max() / want.abs().max())


def logits_after(adapter: ModelAdapter, trie: PrefixTrie, texts: Sequence[Sequence[int]]) -> Tensor:
    """Return the next-token logits after each text, shape [texts, vocabulary]; adds the texts to the trie."""
    tree = TreeBatch(adapter, PrefixCache(), [(trie, text) for text in texts])
    index, hidden = tree.prefill_ends()
    tree.commit()
    logits: Tensor = adapter.head(hidden)[index]
    return logits
