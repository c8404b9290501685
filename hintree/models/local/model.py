"""Local models on transformers: batched generation and log-likelihood on the prefix-trie KV cache.

Every sequence has its own temperature, stop texts, length limit and seed. It leaves the batch when it ends, and waiting
sequences join when there is capacity.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, partial

import torch
from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from hintree.errors import CheckpointError, LogitsError, ModelError, UsageError
from hintree.models.base import Completion, GenerationRequest, Prompt, Scored
from hintree.models.hidden_states import HiddenState, TextEnd
from hintree.models.labels import LabelCandidates, LabelReading, answer_at_once
from hintree.models.local.coding import encode_and_run, or_error
from hintree.models.local.ends import end_tokens, ignored_settings, warn_of_ignored
from hintree.models.local.engine import generate_on_tree
from hintree.models.local.hidden_states import StateReader
from hintree.models.local.label_reading import (
    NextLogits,
    as_reading,
    encode_before,
    next_logits_in_full,
    next_logits_on_tree,
)
from hintree.models.local.loglikelihood import (
    TokenValues,
    loglikelihood_in_full,
    loglikelihood_on_tree,
    recompute_if_not_finite,
)
from hintree.models.local.packed import count_parameters
from hintree.models.local.positions import context_length, frequency_switch
from hintree.models.local.prefix_trie import PrefixCache
from hintree.models.local.row_cache import Rows, generate_in_rows, next_logits_in_rows
from hintree.models.local.row_snapshots import SnapshotStore
from hintree.models.local.row_support import RowMode, detect_row_mode, warn_of_recomputing
from hintree.models.local.sampler import Sampler
from hintree.models.local.sequence import SequenceState, begin_sequences, not_finite, results_of, too_long
from hintree.models.local.text import continuation, unknown_words
from hintree.models.local.threads import threads_for, use_threads
from hintree.models.local.tree_support import detect_tree_support
from hintree.models.thinking import ThinkingStyle, detect_style
from hintree.search.core.ledger import Usage

BATCH_TOKENS = 48_000
"""Sequences x longest sequence of one batch of the row cache; bounds memory."""


class LocalModelBase:
    """Weights, tokenizer, prefix cache and usage counter of a model in this process.

    Args:
        name: The string that names the model.
        model: From transformers; switched to evaluation mode, its weights are not modified.
        tokenizer: The model's tokenizer; not modified.
        cache_bytes: Limit in bytes of the keys and values kept between calls, and of those of one tree batch. It
            changes speed, never a result.
        tree: False to use the row cache, which is the reference, instead of the prefix-trie cache.
        head: Maps hidden states to logits, if the model has no head of its own.

    Attributes:
        adapter: The model on the prefix-trie cache; None if the row cache serves it.
        tree_length: Longest text in tokens that the prefix-trie cache holds; longer ones are computed without it.
        context: Longest sequence in tokens.
        threads: Number of threads of its forward passes.
        thinking: How the model marks its thoughts; None for one that writes none.
        usage: Sum of the usage of all calls.
    """

    def __init__(
        self,
        name: str,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        *,
        cache_bytes: int | None = None,
        tree: bool = True,
        head: nn.Module | None = None,
    ) -> None:
        self.name = name
        self.model = model.eval()
        self.tokenizer = tokenizer
        self.parameters = count_parameters(model)
        self.chat = tokenizer.chat_template is not None
        self.context = context_length(model)
        self.thinking: ThinkingStyle | None = detect_style(str(tokenizer.get_chat_template())) if self.chat else None
        self.usage = Usage()
        self.threads = threads_for(self.parameters)
        self.cache = PrefixCache(cache_bytes)
        with self._inference():
            self.adapter = detect_tree_support(model, head) if tree else None
        self.tree_length = frequency_switch(model.config) or self.context

    @property
    def _capacity(self) -> int:
        """Return the KV slots of one tree batch; 0 without a tree."""
        return self.cache.limit // self.adapter.slot_bytes if self.adapter else 0

    @contextmanager
    def _inference(self) -> Iterator[None]:
        """Compute without gradients, on the model's number of threads."""
        with use_threads(self.threads), torch.inference_mode():
            yield

    def forget(self) -> None:
        """Clear the prefix cache: the next call computes every token of its texts."""
        self.cache.clear()

    def _scored(
        self, prompt_tokens: Sequence[int], fitting: Sequence[int], values: Sequence[TokenValues]
    ) -> list[Scored | ModelError]:
        """Return the result of each text: the values of those that fit the context, else the error.

        Args:
            prompt_tokens: Length of each text in tokens.
            fitting: Indices of the texts that ``values`` belong to.
            values: Probabilities and computed tokens of each of these.
        """
        results: list[Scored | ModelError] = [too_long(self.name, n, self.context) for n in prompt_tokens]
        for i, (read, computed) in zip(fitting, values, strict=True):
            usage = Usage(1, prompt_tokens[i], computed, 0)
            self.usage = self.usage.plus(usage)
            results[i] = Scored(tuple(read), usage) if all(map(math.isfinite, read)) else self._damaged()
        return results

    def read_labels(
        self, prompts: Sequence[Prompt], labels: Sequence[str], *, groups: Sequence[str] = ()
    ) -> list[LabelReading | ModelError]:
        """Return the probabilities of labels as the next word of each prompt; see ``SupportsLabels``."""
        results: list[LabelReading | ModelError] = []
        coded: dict[int, tuple[list[int], LabelCandidates]] = {}
        for i, prompt in enumerate(prompts):
            try:
                coded[i] = encode_before(self.tokenizer, answer_at_once(prompt, self.thinking), tuple(labels))
                results.append(too_long(self.name, len(coded[i][0]), self.context))
            except (CheckpointError, UsageError) as error:
                results.append(CheckpointError(f"{self.name}: {error}"))
        fitting = [i for i, (ids, _) in coded.items() if len(ids) <= self.context]
        logits = self._next_logits(
            [coded[i][0] for i in fitting], [groups[i] if groups else prompts[i].user for i in fitting]
        )
        for i, (row, computed) in zip(fitting, logits, strict=True):
            ids, candidates = coded[i]
            usage = Usage(1, len(ids), computed, 0)
            self.usage = self.usage.plus(usage)
            finite = bool(row.isfinite().all())
            read = partial(as_reading, self.tokenizer, row, candidates, usage)
            results[i] = or_error(self.name, read) if finite else self._damaged()
        return results

    def _next_logits(self, texts: Sequence[list[int]], groups: Sequence[str]) -> list[NextLogits]:
        """Return the logits after each text, on the tree where all texts fit it and no NaN spreads there."""
        with self._inference():
            if self.adapter is None or any(len(ids) > self.tree_length for ids in texts):
                return self._next_logits_in_rows(texts)
            found = next_logits_on_tree(self.adapter, self.cache, texts, groups, self._capacity)
            if all(bool(row.isfinite().all()) for row, _ in found):
                return found
            self.cache.clear()
            return self._next_logits_in_rows(texts)

    def _next_logits_in_rows(self, texts: Sequence[list[int]]) -> list[NextLogits]:
        """Return the logits after each text, without the prefix-trie cache."""
        return next_logits_in_full(self.model, texts)

    def _damaged(self, where: str = "") -> LogitsError:
        """Return the error for numbers that are not finite."""
        return not_finite(self.name, where)


class LocalModel(LocalModelBase):
    """Causal language model in this process; implements ``LanguageModel`` and ``SupportsLoglikelihood``.

    Args:
        name, model, tokenizer, cache_bytes, tree: As for ``LocalModelBase``.

    Attributes:
        row_mode: How texts run that the prefix-trie cache does not serve.
        ignored_settings: Settings of generation_config.json that are not applied, such as a repetition penalty.

    Raises:
        CheckpointError: The model is not a causal language model.
    """

    def __init__(
        self,
        name: str,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        *,
        cache_bytes: int | None = None,
        tree: bool = True,
    ) -> None:
        super().__init__(name, model, tokenizer, cache_bytes=cache_bytes, tree=tree)
        self.row_mode = RowMode.CACHED if self.adapter else detect_row_mode(name, self.model)
        if not tree:
            self.row_mode = RowMode.CACHED if self.row_mode.keeps else self.row_mode
        elif self.adapter is None:
            warn_of_recomputing(name, self.row_mode)
        self.snapshots = SnapshotStore(cache_bytes)
        self.continues_thoughts = True
        self.ignored_settings = ignored_settings(self.model)
        warn_of_ignored(name, self.ignored_settings)

    def forget(self) -> None:
        """Clear the prefix cache and the snapshots: the next call computes every token of its texts."""
        super().forget()
        self.snapshots.clear()

    @cached_property
    def _end_ids(self) -> frozenset[int]:
        return end_tokens(self.model, self.tokenizer)

    @cached_property
    def _sampler(self) -> Sampler:
        return Sampler(self.name, self.tokenizer, self._end_ids)

    def unknown_words(self, text: str) -> list[str]:
        """Return the words of ``text`` that the tokenizer cannot represent; empty for open vocabularies."""
        return unknown_words(self.tokenizer, text)

    def generate(self, requests: Sequence[GenerationRequest]) -> list[Completion | ModelError]:
        """Generate one text per request, in order; a request that fails gets its error as the result."""
        sequences = begin_sequences(self.name, self.tokenizer, requests, self._end_ids, self.context)
        still_open = [sequence for sequence in sequences if sequence.result is None]
        with self._inference():
            on_tree = [s for s in still_open if self.adapter and len(s.prompt_ids) + s.max_tokens <= self.tree_length]
            if self.adapter and on_tree:
                groups = [s.request.group or (s.request.prompt.system, s.request.prompt.user) for s in on_tree]
                generate_on_tree(self.adapter, self.cache, on_tree, groups, self._sampler, self._capacity)
                self._retry_damaged(on_tree)
            self._generate_in_rows([sequence for sequence in still_open if sequence.result is None])
        results, usage = results_of(sequences)
        self.usage = self.usage.plus(usage)
        return results

    def _generate_in_rows(self, sequences: Sequence[SequenceState]) -> None:
        """Generate sequences with one row of keys, values and states each."""
        rows = Rows(self.model, self.row_mode, self.tree_length, self.snapshots)
        generate_in_rows(rows, sequences, self._sampler, BATCH_TOKENS)

    def _next_logits_in_rows(self, texts: Sequence[list[int]]) -> list[NextLogits]:
        """Return the logits after each text, from snapshots of earlier texts where the model keeps them."""
        if not self.row_mode.keeps:
            return super()._next_logits_in_rows(texts)
        return next_logits_in_rows(Rows(self.model, self.row_mode, self.tree_length, self.snapshots), texts)

    def _retry_damaged(self, sequences: Sequence[SequenceState]) -> None:
        """Generate sequences with NaN or infinite logits again, each in a row of its own.

        In a tree batch, NaN can spread from one text to others of its trie; in rows, only the damaged texts fail.
        """
        damaged = [sequence for sequence in sequences if isinstance(sequence.result, LogitsError)]
        if damaged:
            self.cache.clear()
            for sequence in damaged:
                sequence.restart()
            self._generate_in_rows(damaged)

    def loglikelihood(self, texts: Sequence[tuple[Prompt, str]]) -> list[Scored | ModelError]:
        """Return the probability of each token of each text after its prompt; computes uncached tokens only."""
        return encode_and_run(
            self.name, texts, lambda one: (one[0].user, *continuation(self.tokenizer, *one)), self._loglikelihood
        )

    def _loglikelihood(self, texts: Sequence[tuple[str, list[int], int]]) -> list[Scored | ModelError]:
        """Return the results of ``loglikelihood`` for texts by cache group, token ids and where the prompt ends."""
        coded = [(ids, start) for _, ids, start in texts]
        fitting = [i for i, (ids, _) in enumerate(coded) if len(ids) <= self.context]
        chosen = [coded[i] for i in fitting]
        with self._inference():
            if self.adapter is None or any(len(ids) > self.tree_length for ids, _ in chosen):
                values = loglikelihood_in_full(self.model, chosen)
            else:
                groups = [texts[i][0] for i in fitting]
                values = loglikelihood_on_tree(self.adapter, self.cache, chosen, groups, self._capacity)
                values = recompute_if_not_finite(values, self.cache, lambda: loglikelihood_in_full(self.model, chosen))
        return self._scored([len(ids) for ids, _ in coded], fitting, values)

    @cached_property
    def _states(self) -> StateReader:
        return StateReader(self)

    def keep_states(self, layer: int | None = None) -> int:
        """Keep the states of a layer for ``hidden_states`` from now on; see ``SupportsHiddenStates``."""
        return self._states.keep(layer)

    def hidden_states(
        self, ends: Sequence[TextEnd], layer: int | None = None, *, groups: Sequence[str] = ()
    ) -> list[HiddenState | ModelError]:
        """Return the state of a layer at the end of each text; see ``SupportsHiddenStates``."""
        with self._inference():
            return self._states.read(ends, self.keep_states(layer), groups)
