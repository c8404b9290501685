"""Language models that vLLM runs in this process: one batch of the engine per call.

Prompts are encoded, and texts ended, by the functions of the local models: the engine gets token ids and returns token
ids, so that steps keep the tokens they were written as, and stop texts, patterns and loops mean the same.
"""

import math
from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from itertools import count
from typing import Any

from hintree.errors import CheckpointError, ModelError, ServerError, UsageError
from hintree.models.base import Completion, GenerationRequest, Prompt, Scored
from hintree.models.labels import LabelReading, answer_at_once
from hintree.models.local.ends import end_tokens, ignored_settings, warn_of_ignored
from hintree.models.local.label_reading import encode_before
from hintree.models.local.model import unknown_words
from hintree.models.local.sampler import Sampler
from hintree.models.local.sequence import SequenceState, begin_sequences, not_finite, too_long
from hintree.models.local.text import continuation, decoded
from hintree.models.remote.logprobs import entropy_of_top
from hintree.models.vllm.engine import EngineModel, engine_failed, prefill_usage
from hintree.search.core.ledger import Usage

TOP_LOGPROBS = 20
"""Most probable tokens of which the entropy of a token's distribution is computed; vLLM's own limit."""


class VLLMModel(EngineModel):
    """Language model of vLLM; implements ``LanguageModel``, ``SupportsLoglikelihood`` and ``SupportsLabels``.

    Args:
        name, device, dtype: As for ``EngineModel``.

    Attributes:
        continues_thoughts: True: a prompt is token ids, so that an open thought is continued.
    """

    def __init__(self, name: str, *, device: str = "auto", dtype: str = "auto") -> None:
        super().__init__(name, runner="generate", device=device, dtype=dtype)
        self.continues_thoughts = True
        self._numbers = count()
        self.ignored_settings = ignored_settings(self)
        warn_of_ignored(name, self.ignored_settings)

    @cached_property
    def _end_ids(self) -> frozenset[int]:
        return end_tokens(self, self.tokenizer)

    @cached_property
    def _sampler(self) -> Sampler:
        return Sampler(self.tokenizer, self._end_ids, partial(not_finite, self.name))

    def unknown_words(self, text: str) -> list[str]:
        """Return the words of ``text`` that the tokenizer cannot represent; empty for open vocabularies."""
        return unknown_words(self.tokenizer, text)

    def generate(self, requests: Sequence[GenerationRequest]) -> list[Completion | ModelError]:
        """Generate one text per request, in order; a request that fails gets its error as the result."""
        sequences = begin_sequences(self.name, self.tokenizer, requests, self._end_ids, self.context)
        self._run([sequence for sequence in sequences if sequence.result is None])
        results = [sequence.result for sequence in sequences if sequence.result is not None]
        for result in results:
            if isinstance(result, Completion):
                self.usage = self.usage.plus(result.usage)
        return results

    def _run(self, sequences: Sequence[SequenceState]) -> None:
        """Generate sequences in one batch of the engine; every one has a result afterwards."""
        engine = self.llm.llm_engine
        running: dict[str, SequenceState] = {}
        try:
            for sequence in sequences:
                key = f"hintree-{next(self._numbers)}"
                engine.add_request(key, {"prompt_token_ids": sequence.prompt_ids}, sampling_params(sequence))
                running[key] = sequence
            while running:
                ended = []
                for output in engine.step():
                    sequence = running[output.request_id]
                    self._take(sequence, output)
                    if sequence.result is not None:
                        ended.append(output.request_id)
                        del running[output.request_id]
                engine.abort_request(ended)
        except Exception as error:  # out of memory, or any other failure inside the engine
            engine.abort_request(list(running))
            for sequence in sequences:
                sequence.result = sequence.result or engine_failed(self.name, error)

    def _take(self, sequence: SequenceState, output: Any) -> None:
        """Append the new tokens of a step's output to their sequence, up to the one that ends it."""
        new = output.outputs[0]
        for token, logprobs in zip(new.token_ids, new.logprobs, strict=True):
            if not math.isfinite(logprobs[token].logprob):
                sequence.result = not_finite(self.name, f" at token {len(sequence.ids)}")
                return
            sequence.computed = len(sequence.prompt_ids) - (output.num_cached_tokens or 0) + len(sequence.ids)
            probabilities = {key: probability_of(entry) for key, entry in logprobs.items()}
            self._sampler.append(sequence, token, probabilities[token], entropy_of_top(probabilities.values()))
            if sequence.result is not None:
                return
        if output.finished:
            sequence.result = ServerError(f"{self.name}: vLLM ended a text by {new.finish_reason!r}")

    def loglikelihood(self, texts: Sequence[tuple[Prompt, str]]) -> list[Scored | ModelError]:
        """Return the probability of each token of each text after its prompt, from one prefill pass."""
        coded = [continuation(self.tokenizer, prompt, text) for prompt, text in texts]
        rows = [[[token] for token in ids[start:]] for ids, start in coded]
        found = self.score_tokens([(ids, start, row) for (ids, start), row in zip(coded, rows, strict=True)])
        return [
            self._scored([math.exp(min(0.0, value)) for (value,) in one], len(ids)) if isinstance(one, list) else one
            for one, (ids, _) in zip(found, coded, strict=True)
        ]

    def score_tokens(
        self, texts: Sequence[tuple[Sequence[int], int, Sequence[Sequence[int]]]]
    ) -> list[list[list[float]] | ModelError]:
        """Return log-probabilities of given tokens at given places of texts; updates no usage.

        Args:
            texts: Token ids of each text, the index, at least 1, of the first token that is predicted, and the tokens
                whose log-probabilities are wanted at it and at each later one: as many at every place.

        Returns:
            Per text, the values of each place; or the error of a text that is too long.
        """
        from vllm import SamplingParams

        results: list[list[list[float]] | ModelError] = []
        calls: list[tuple[int, Any, Any]] = []
        for i, (ids, start, rows) in enumerate(texts):
            results.append(too_long(self.name, len(ids), self.context - 1) if len(ids) >= self.context else [])
            if rows and len(ids) < self.context:
                params = SamplingParams(
                    max_tokens=1,
                    temperature=0.0,
                    detokenize=False,
                    prompt_logprob_token_ids=[list(row) for row in rows],
                    prompt_logprob_start=start - 1,
                )
                calls.append((i, {"prompt_token_ids": list(ids)}, params))
        for i, output in self._generate(calls).items():
            results[i] = output if isinstance(output, ModelError) else output.prompt_token_id_logprobs.tolist()
        return results

    def read_labels(
        self, prompts: Sequence[Prompt], labels: Sequence[str], *, groups: Sequence[str] = ()
    ) -> list[LabelReading | ModelError]:
        """Return the probabilities of labels as the next word of each prompt; see ``SupportsLabels``."""
        from vllm import SamplingParams

        results: list[LabelReading | ModelError] = []
        calls: list[tuple[int, Any, Any]] = []
        tokens: dict[int, tuple[tuple[int, ...], ...]] = {}
        for i, prompt in enumerate(prompts):
            try:
                ids, found = encode_before(self.tokenizer, answer_at_once(prompt, self.thinking), tuple(labels))
            except (CheckpointError, UsageError) as error:
                results.append(CheckpointError(f"{self.name}: {error}"))
                continue
            results.append(too_long(self.name, len(ids), self.context - 1))
            if len(ids) < self.context:
                tokens[i] = found.tokens
                wanted = sorted({token for own in found.tokens for token in own})
                params = SamplingParams(max_tokens=1, temperature=0.0, detokenize=False, logprob_token_ids=wanted)
                calls.append((i, {"prompt_token_ids": ids}, params))
        for i, output in self._generate(calls).items():
            results[i] = output if isinstance(output, ModelError) else self._reading(output, tokens[i])
        return results

    def _reading(self, output: Any, tokens: tuple[tuple[int, ...], ...]) -> LabelReading | ModelError:
        """Return the probabilities of the labels' tokens under an output's only new token."""
        (chosen,), (logprobs,) = output.outputs[0].token_ids, output.outputs[0].logprobs
        if not all(map(math.isfinite, (entry.logprob for entry in logprobs.values()))):
            return not_finite(self.name)
        usage = prefill_usage(output)
        self.usage = self.usage.plus(usage)
        found = tuple(sum(probability_of(logprobs[token]) for token in own) for own in tokens)
        return LabelReading(found, decoded(self.tokenizer, [chosen], control=True), usage)

    def _generate(self, calls: Sequence[tuple[int, Any, Any]]) -> Mapping[int, Any]:
        """Return vLLM's output or an error by the number of each call: a number, a prompt and sampling parameters."""
        if not calls:
            return {}
        numbers, prompts, params = zip(*calls, strict=True)
        try:
            return dict(zip(numbers, self.llm.generate(list(prompts), list(params), use_tqdm=False), strict=True))
        except Exception as error:  # as in _run
            return dict.fromkeys(numbers, engine_failed(self.name, error))

    def _scored(self, probabilities: Sequence[float], tokens: int) -> Scored | ModelError:
        """Return probabilities with their usage, or an error if one is not finite."""
        if not all(map(math.isfinite, probabilities)):
            return not_finite(self.name)
        usage = Usage(1, tokens, tokens if probabilities else 0, 0)
        self.usage = self.usage.plus(usage)
        return Scored(tuple(probabilities), usage)


def sampling_params(sequence: SequenceState) -> Any:
    """Return vLLM's sampling parameters of a sequence; the caller ends its text, so the engine looks for no end."""
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind

    request = sequence.request
    return SamplingParams(
        temperature=request.temperature,
        top_k=request.top_k,
        top_p=request.top_p,
        min_p=request.min_p,
        seed=request.seed % 2**63,
        max_tokens=sequence.max_tokens,
        logprobs=TOP_LOGPROBS,
        ignore_eos=True,
        detokenize=False,
        output_kind=RequestOutputKind.DELTA,
    )


def probability_of(entry: Any) -> float:
    """Return the probability in [0, 1] of one of vLLM's log-probabilities."""
    return math.exp(min(0.0, entry.logprob))
