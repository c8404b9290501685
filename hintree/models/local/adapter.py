"""Whether a transformers model can run on a tree cache, found out by trying."""

import logging
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from transformers import DynamicCache, PreTrainedModel
from transformers.cache_utils import DynamicLayer

from hintree.models.local.fused_llama import lean_body
from hintree.models.local.prefix_trie import Block, TreeCache
from hintree.models.local.tree_batch import Forest, Machine

log = logging.getLogger(__name__)
HEADS = ("score", "classifier")
"""Where transformers keeps the head of a token classifier."""


def find_machine(model: PreTrainedModel, head: nn.Module | None = None) -> Machine | None:
    """The model as a tree cache needs it; None, with the reason in the log, if it does not fit.

    ``head`` goes from hidden states to logits if the model has none of its own.

    A model fits if every layer attends to all tokens before it and it computes the same logits for a small tree of
    tokens as for each of its paths alone. Sliding windows, recurrent layers and positions that are not given from
    outside do not.
    """
    try:
        with torch.inference_mode():
            machine = open_up(model, head)
            lean = lean_body(machine.body)
            machine = machine._replace(body=lean or machine.body)
            difference = compare(model, machine, head)
    except Exception as error:  # whatever a foreign architecture raises, the row cache still serves it
        log.info("%s does not run on the tree cache, a row cache serves it: %s", type(model).__name__, error)
        return None
    if difference > (1e-3 if model.dtype == torch.float32 else 5e-2):
        log.info("%s differs on a tree by %.2g, a row cache serves it", type(model).__name__, difference)
        return None
    return machine


def open_up(model: PreTrainedModel, head: nn.Module | None) -> Machine:
    """Body, head and cache shape of a model. Raises ValueError if its layers are not all alike and attend to all."""
    body = model.base_model
    head = (
        head
        or model.get_output_embeddings()
        or next((getattr(model, name) for name in HEADS if isinstance(getattr(model, name, None), nn.Module)), None)
    )
    cache = DynamicCache(config=model.config)
    body(input_ids=torch.zeros(1, 1, dtype=torch.long, device=model.device), past_key_values=cache, use_cache=True)
    if head is None or any(type(layer) is not DynamicLayer for layer in cache.layers):
        raise ValueError("it has no plain head, or layers that do not attend to all tokens")
    shapes = {states.shape for layer in cache.layers for states in (layer.keys, layer.values)}  # type: ignore[union-attr]
    if len(shapes) != 1:
        raise ValueError("its keys and values do not have one shape")
    _, heads, _, size = shapes.pop()
    return Machine(body, head, len(cache.layers), heads, size)


def compare(model: PreTrainedModel, machine: Machine, head: nn.Module | None) -> float:
    """Largest difference of the logits after two paths that share a beginning, relative to the largest logit."""
    words = model.config.get_text_config().vocab_size
    texts = [[i % words for i in path] for path in ((1, 2, 3, 4, 5), (1, 2, 3, 6, 7, 8))]
    block = Block()
    first = logits_after(machine, block, [texts[0][:4]])
    found = logits_after(machine, block, texts)
    given = [model(input_ids=torch.tensor([ids], device=model.device)) for ids in (texts[0][:4], *texts)]
    want = torch.stack([out.logits[0, -1] if head is None else head(out.last_hidden_state[0, -1]) for out in given])
    return float((torch.cat([first, found]) - want).abs().max() / want.abs().max())


def logits_after(machine: Machine, block: Block, texts: Sequence[Sequence[int]]) -> Tensor:
    """Logits after each text, read through the block; shape [texts, vocabulary]."""
    forest = Forest(machine, TreeCache(), [(block, text) for text in texts])
    index, hidden = forest.read_ends()
    forest.commit()
    logits: Tensor = machine.head(hidden)[index]
    return logits
