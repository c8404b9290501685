"""Language models on llama.cpp in this process, with the interface of local models."""

import logging
import math
from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor

from hintree.errors import CheckpointError, ModelError, UsageError
from hintree.models.base import Completion, GenerationRequest, Prompt, Scored
from hintree.models.labels import LabelCandidates, LabelReading, answer_at_once
from hintree.models.llama_cpp.engine import generate_sequences
from hintree.models.llama_cpp.file import LoadedFile, open_file
from hintree.models.llama_cpp.library import library
from hintree.models.llama_cpp.prefill import PrefillText, TakeLogits, prefill_in_parts
from hintree.models.local.coding import encode_and_run
from hintree.models.local.gguf import find_gguf
from hintree.models.local.label_reading import as_reading, encode_before
from hintree.models.local.load import pick_device
from hintree.models.local.loglikelihood import token_probabilities
from hintree.models.local.sampler import Sampler
from hintree.models.local.sequence import begin_sequences, not_finite, results_of, too_long
from hintree.models.local.text import continuation, unknown_words
from hintree.models.local.threads import use_threads
from hintree.models.thinking import ThinkingStyle, detect_style
from hintree.search.core.ledger import Usage

log = logging.getLogger(__name__)


class LlamaCppModel:
    """Language model of a GGUF file on llama.cpp.

    Implements ``LanguageModel``, ``SupportsLoglikelihood`` and ``SupportsLabels``.

    Args:
        name: The string that names the model.
        file: The loaded file; other models may share it.

    Attributes:
        tokenizer: The file's tokenizer; not modified.
        context: Longest text in tokens.
        thinking: How the model marks its thoughts; None for one that writes none.
        usage: Sum of the usage of all calls.
    """

    def __init__(self, name: str, file: LoadedFile) -> None:
        self.name, self.tokenizer, self._file = name, file.tokenizer, file
        self.parameters = file.weights.parameters
        self.chat = self.tokenizer.chat_template is not None
        self.context = file.context_length
        self.thinking: ThinkingStyle | None = (
            detect_style(str(self.tokenizer.get_chat_template())) if self.chat else None
        )
        self.continues_thoughts = True
        self.usage = Usage()
        self._sampler = Sampler(self.name, self.tokenizer, file.end_ids)

    def unknown_words(self, text: str) -> list[str]:
        """Return the words of ``text`` that the tokenizer cannot represent; empty for open vocabularies."""
        return unknown_words(self.tokenizer, text)

    def forget(self) -> None:
        """Clear the KV cache of the file."""
        self._file.forget()

    def generate(self, requests: Sequence[GenerationRequest]) -> list[Completion | ModelError]:
        """Generate one text per request, in order; a request that fails gets its error as the result."""
        states = begin_sequences(self.name, self.tokenizer, requests, self._file.end_ids, self.context)
        still_open = [state for state in states if state.result is None]
        if still_open:
            prompts = {tuple(state.prompt_ids) for state in still_open}
            cells = sum(map(len, prompts)) + sum(state.max_tokens for state in still_open)
            single = max(len(state.prompt_ids) + state.max_tokens for state in still_open)
            with self._file.lock, use_threads(self._file.threads), torch.inference_mode():
                try:
                    with self._file.dropped_on_error():
                        generate_sequences(self._file.cache(cells, single), still_open, self._sampler)
                except ModelError as error:
                    for state in still_open:
                        state.result = state.result or error
        results, usage = results_of(states)
        self._count([usage])
        return results

    def loglikelihood(self, texts: Sequence[tuple[Prompt, str]]) -> list[Scored | ModelError]:
        """Return the probability of each token of each text after its prompt; computes uncached tokens only."""
        return encode_and_run(self.name, texts, lambda text: continuation(self.tokenizer, *text), self._loglikelihood)

    def _loglikelihood(self, coded: Sequence[tuple[list[int], int]]) -> list[Scored | ModelError]:
        """Return the results of ``loglikelihood`` for texts by their token ids and where the prompt ends."""
        wanted = {
            (tuple(ids), start): PrefillText(ids, start - 1) for ids, start in coded if start < len(ids) <= self.context
        }
        read: dict[tuple[PrefillText, int], float] = {}

        def take(text: PrefillText, i: int, logits: Tensor) -> None:
            if i + 1 < len(text.ids):
                [read[text, i]] = token_probabilities(logits[None], [text.ids[i + 1]])

        error = self._prefill(list(wanted.values()), take)
        results: list[Scored | ModelError] = []
        for ids, start in coded:
            text = wanted.get((tuple(ids), start))
            if len(ids) > self.context or (text is not None and error is not None):
                results.append(error or too_long(self.name, len(ids), self.context))
                continue
            values = [read[text, i - 1] for i in range(start, len(ids))] if text is not None else []
            usage = self._usage_of(text, len(ids))
            results.append(Scored(tuple(values), usage) if all(map(math.isfinite, values)) else not_finite(self.name))
        self._count([result.usage for result in results if isinstance(result, Scored)])
        return results

    def read_labels(
        self, prompts: Sequence[Prompt], labels: Sequence[str], *, groups: Sequence[str] = ()
    ) -> list[LabelReading | ModelError]:
        """Return the probabilities of labels as the next word of each prompt; see ``SupportsLabels``."""
        coded = [self._before_labels(prompt, tuple(labels)) for prompt in prompts]
        wanted = {
            tuple(ids): PrefillText(ids, len(ids) - 1) for ids, _ in (e for e in coded if not isinstance(e, ModelError))
        }
        rows: dict[PrefillText, Tensor] = {}
        error = self._prefill(list(wanted.values()), lambda text, _, logits: rows.update({text: logits.clone()}))
        results: list[LabelReading | ModelError] = []
        for entry in coded:
            failed = entry if isinstance(entry, ModelError) else error
            if isinstance(entry, ModelError) or failed is not None:
                results.append(failed or not_finite(self.name))
                continue
            ids, candidates = entry
            text = wanted[tuple(ids)]
            usage, row = self._usage_of(text, len(ids)), rows[text]
            finite = bool(row.isfinite().all())
            results.append(as_reading(self.tokenizer, row, candidates, usage) if finite else not_finite(self.name))
        self._count([result.usage for result in results if isinstance(result, LabelReading)])
        return results

    def _before_labels(self, prompt: Prompt, labels: tuple[str, ...]) -> tuple[list[int], LabelCandidates] | ModelError:
        """Return the token ids after which labels are read, and the labels' tokens; the error of a bad prompt."""
        try:
            ids, candidates = encode_before(self.tokenizer, answer_at_once(prompt, self.thinking), labels)
        except (CheckpointError, UsageError) as error:
            return CheckpointError(f"{self.name}: {error}")
        return too_long(self.name, len(ids), self.context) if len(ids) > self.context else (ids, candidates)

    def _prefill(self, texts: Sequence[PrefillText], take: TakeLogits) -> ModelError | None:
        """Compute texts and pass their logits to ``take``; return the error if llama.cpp fails."""
        if not texts:
            return None
        sizes = [len(text.ids) for text in texts]
        with self._file.lock, use_threads(self._file.threads), torch.inference_mode():
            try:
                with self._file.dropped_on_error():
                    prefill_in_parts(self._file.cache(sum(sizes), max(sizes)), texts, take)
            except ModelError as error:
                return error
        return None

    def _usage_of(self, text: PrefillText | None, prompt_tokens: int) -> Usage:
        """Return the usage of one result; tokens that several share are counted for the first."""
        computed = text.computed if text is not None else 0
        if text is not None:
            text.computed = 0
        return Usage(1, prompt_tokens, computed, 0)

    def _count(self, usages: Sequence[Usage]) -> None:
        for usage in usages:
            self.usage = self.usage.plus(usage)


def open_gguf(name: str, device: str) -> LlamaCppModel | None:
    """Open a GGUF file on llama.cpp; None if this computer or installation runs it on transformers.

    Args:
        name: A file, or ``OWNER/REPOSITORY/FILE.gguf`` on the hub.
        device: As for ``load_model``.

    Raises:
        UsageError: The device is not available, or the package gguf is not installed.
        UnknownModelError: There is no such file.
        CheckpointError: The file is damaged, or is not supported.
    """
    path, on_gpu = find_gguf(name), not pick_device(device).startswith("cpu")
    try:
        able = library().functions.llama_supports_gpu_offload() or not on_gpu
    except UsageError as error:
        say_slower(name, str(error))
        return None
    return LlamaCppModel(name, open_file(name, path, gpu=on_gpu)) if able else None


@lru_cache(maxsize=64)
def say_slower(name: str, reason: str) -> None:
    """Log once that a model runs on transformers, and why."""
    log.warning("model %s: its weights are dequantized and run on transformers, which is slower: %s", name, reason)
