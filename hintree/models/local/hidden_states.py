"""Hidden states of a local model: kept with their KV slots as texts are generated, computed where they are missing.

A kept state is the one that the last token of a text was sampled from. That token itself is computed when the text is
continued, if at all, so that its own state would cost a forward pass.
"""

from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor, nn

from hintree.errors import CheckpointError, ModelError, UsageError
from hintree.models.hidden_states import HiddenState, TextEnd
from hintree.models.local.adapter import ModelAdapter, cache_argument
from hintree.models.local.coding import or_error
from hintree.models.local.fused_llama import FusedLlama
from hintree.models.local.prefix_trie import PrefixCache, count_fitting
from hintree.models.local.sequence import not_finite, too_long
from hintree.models.local.shared_start import share_starts
from hintree.models.local.text import encode
from hintree.models.local.tree_batch import TreeBatch
from hintree.search.core.ledger import Usage

if TYPE_CHECKING:
    from hintree.models.local.model import LocalModel


class ReadState(NamedTuple):
    """State [width] at the end of a text, and the number of tokens computed for it."""

    vector: Tensor
    computed: int


class StateReader:
    """Reads the hidden states of a model, and makes it keep them.

    Args:
        model: Its prefix cache keeps states from now on. With a layer below the last one, its adapter is replaced.
    """

    def __init__(self, model: "LocalModel") -> None:
        self.model = model
        self.width = int(model.model.config.get_text_config().hidden_size)
        self.layers = len(decoder_layers(model.model.base_model))
        self._tapped: list[int] = []
        self._plain = model.adapter
        model.cache.clear()  # texts of earlier calls have no states
        model.cache.keeps_ends = True

    def keep(self, layer: int | None) -> int:
        """Keep the states of a layer; see ``SupportsHiddenStates``. Raises UsageError."""
        layer = self.layers if layer is None else layer
        if not 1 <= layer <= self.layers:
            raise UsageError(f"layer {layer}: {self.model.name} has layers 1 to {self.layers}")
        if layer < self.layers and layer not in self._tapped:
            if self._plain is not None and isinstance(self._plain.body, FusedLlama):
                raise UsageError(
                    f"layer {layer}: {self.model.name} runs in fused operators, as small models do, and only its last "
                    f"layer, {self.layers}, can be read"
                )
            self._tapped.append(layer)
            if self._plain is not None:
                self.model.adapter = tapped(self._plain, self._tapped, self.width)
            self.model.cache.clear()
        return layer

    def read(self, ends: Sequence[TextEnd], layer: int, groups: Sequence[str]) -> list[HiddenState | ModelError]:
        """Return the state of a layer at the end of each text; see ``SupportsHiddenStates``."""
        keys: Sequence[Hashable] = groups or [(end.prompt.system, end.prompt.user) for end in ends]
        results: list[HiddenState | ModelError] = []
        texts: dict[int, list[int]] = {}
        for i, end in enumerate(ends):
            ids = or_error(self.model.name, partial(encode, self.model.tokenizer, end.prompt))
            if isinstance(ids, CheckpointError):
                results.append(ids)
                continue
            texts[i] = ids[: max(1, len(ids) - end.back)]
            results.append(too_long(self.model.name, len(ids), self.model.context))
        fitting = [i for i, ids in texts.items() if len(ids) <= self.model.context]
        states = self._read([texts[i] for i in fitting], layer, [keys[i] for i in fitting])
        for i, state in zip(fitting, states, strict=True):
            usage = Usage(1, len(texts[i]) if state.computed else 0, state.computed, 0)
            self.model.usage = self.model.usage.plus(usage)
            finite = bool(state.vector.isfinite().all())
            results[i] = HiddenState(state.vector, usage) if finite else not_finite(self.model.name)
        return results

    def _read(self, texts: list[list[int]], layer: int, groups: Sequence[Hashable]) -> list[ReadState]:
        """Return the states after some texts, on the tree where all texts fit it and no NaN spreads there."""
        model = self.model
        if model.adapter is None or any(len(ids) > model.tree_length for ids in texts):
            return [self._read_in_full(ids, layer) for ids in texts]
        part = 0 if layer == self.layers else 1 + self._tapped.index(layer)
        found = read_on_tree(model.adapter, model.cache, texts, groups, model.cache.limit // model.adapter.slot_bytes)
        if not all(bool(state.vector.isfinite().all()) for state in found):
            model.cache.clear()
            return [self._read_in_full(ids, layer) for ids in texts]
        return [ReadState(vector[part * self.width :][: self.width], computed) for vector, computed in found]

    def _read_in_full(self, ids: Sequence[int], layer: int) -> ReadState:
        """Return the state after a text from one full forward pass over it: the reference."""
        body, inputs = self.model.model.base_model, torch.tensor([ids], device=self.model.model.device)
        with outputs_of(body, [layer]) as seen:
            hidden = body(input_ids=inputs).last_hidden_state
        return ReadState((hidden if layer == self.layers else seen[layer])[0, -1], len(ids))


def read_on_tree(
    adapter: ModelAdapter, cache: PrefixCache, texts: Sequence[list[int]], groups: Sequence[Hashable], capacity: int
) -> list[ReadState]:
    """Return the state after each text: the one that is kept there, else computed and kept.

    Arguments as for ``loglikelihood_on_tree``.
    """
    found: dict[int, ReadState] = {}
    with cache.call(groups) as tries:
        for i, (trie, ids) in enumerate(zip(tries, texts, strict=True)):
            path = trie.match(ids)
            if len(path) == len(ids) and path[-1] in trie.end_states:
                found[i] = ReadState(trie.end_states[path[-1]], 0)
        missing = [(i, (tries[i], texts[i])) for i in range(len(texts)) if i not in found]
        starts = share_starts(adapter, cache, [text for _, text in missing])
        before = {i: tokens for (i, _), tokens in zip(missing, starts, strict=True)}
        while missing:
            batch = missing[: count_fitting([text for _, text in missing], capacity)]
            missing = missing[len(batch) :]
            tree = TreeBatch(adapter, cache, [text for _, text in batch])
            index, hidden = tree.prefill_ends()
            tree.commit()
            for (i, _), at, tokens, position in zip(batch, index, tree.computed, tree.positions, strict=True):
                tree.keep_end(position)
                found[i] = ReadState(hidden[at], tokens + before[i])
    return [found[i] for i in range(len(texts))]


class TappedBody(nn.Module):
    """Decoder whose ``last_hidden_state`` holds the outputs of some layers too, shape [..., (1 + layers) x width].

    Args:
        body: Decoder of transformers; not modified.
        layers: Numbers of the layers, from 1.
    """

    def __init__(self, body: nn.Module, layers: Sequence[int]) -> None:
        super().__init__()
        self.body, self.layers = body, tuple(layers)

    def forward(self, *, cache: Any, **inputs: Any) -> SimpleNamespace:
        """Run the decoder; arguments as ``ModelAdapter.forward`` passes them."""
        with outputs_of(self.body, self.layers) as seen:
            last = self.body(**inputs, **cache_argument(self.body, cache)).last_hidden_state
        return SimpleNamespace(last_hidden_state=torch.cat([last, *(seen[layer] for layer in self.layers)], -1))


def tapped(adapter: ModelAdapter, layers: Sequence[int], width: int) -> ModelAdapter:
    """Return an adapter whose hidden states hold the outputs of some layers after the last one's."""
    return adapter._replace(
        body=TappedBody(adapter.body, layers), head=lambda hidden: adapter.head(hidden[..., :width])
    )


@contextmanager
def outputs_of(body: nn.Module, layers: Sequence[int]) -> Iterator[dict[int, Tensor]]:
    """Collect the outputs of some layers, counted from 1, of the forward pass inside the context."""
    stack, seen = decoder_layers(body), dict[int, Tensor]()

    def keep(layer: int, output: Any) -> None:
        seen[layer] = output if isinstance(output, Tensor) else output[0]

    hooks = [stack[n - 1].register_forward_hook(lambda _, __, output, n=n: keep(n, output)) for n in layers]
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()


def decoder_layers(body: nn.Module) -> nn.ModuleList:
    """Return the layers of a decoder: its longest list of modules."""
    return max((part for part in body.modules() if isinstance(part, nn.ModuleList)), key=len)
