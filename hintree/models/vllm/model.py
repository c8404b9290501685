"""Language models that vLLM runs in this process: one batch of the engine per call.

Prompts are encoded, and texts ended, by the functions of the local models: the engine gets token ids and returns token
ids, so that steps keep the tokens they were written as, and stop texts, patterns and loops mean the same.
"""

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cached_property, partial
from itertools import count
from typing import Any, NamedTuple

from hintree.errors import CheckpointError, LogitsError, ModelError, ServerError, UsageError
from hintree.models.base import Completion, GenerationRequest, Prompt, Scored
from hintree.models.labels import LabelCandidates, LabelReading, answer_at_once
from hintree.models.local.coding import encode_and_run, or_error
from hintree.models.local.ends import end_tokens, ignored_settings, warn_of_ignored
from hintree.models.local.label_reading import encode_before
from hintree.models.local.sampler import Sampler
from hintree.models.local.sequence import SequenceState, begin_sequences, not_finite, results_of, too_long
from hintree.models.local.text import continuation, decoded, unknown_words
from hintree.models.remote.logprobs import entropy_of_top
from hintree.models.vllm.engine import EngineModel, engine_failed, usage_of
from hintree.search.core.ledger import Usage

TOP_LOGPROBS = 20
"""Most probable tokens of which the entropy of a token's distribution is computed; vLLM's own limit."""


class NextToken(NamedTuple):
    """Log-probabilities of some tokens after a text.

    logprobs: By token id, at temperature 1.
    most_probable: The most probable token.
    usage: Cost of the text.
    """

    logprobs: dict[int, float]
    most_probable: int
    usage: Usage


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
        return Sampler(self.name, self.tokenizer, self._end_ids)

    def unknown_words(self, text: str) -> list[str]:
        """Return the words of ``text`` that the tokenizer cannot represent; empty for open vocabularies."""
        return unknown_words(self.tokenizer, text)

    def generate(self, requests: Sequence[GenerationRequest]) -> list[Completion | ModelError]:
        """Generate one text per request, in order; a request that fails gets its error as the result."""
        sequences = begin_sequences(self.name, self.tokenizer, requests, self._end_ids, self.context)
        self._run([sequence for sequence in sequences if sequence.result is None])
        results, usage = results_of(sequences)
        self.usage = self.usage.plus(usage)
        return results

    def _run(self, sequences: Sequence[SequenceState]) -> None:
        """Generate sequences in one batch of the engine; every one has a result afterwards."""
        engine = self.llm.llm_engine
        running: dict[str, SequenceState] = {}
        failure = ServerError(f"{self.name}: vLLM dropped a text before its end")
        try:
            for sequence in sequences:
                self._add(sequence, running)
            while running and engine.has_unfinished_requests():
                ended = []
                for output in engine.step():
                    sequence = running[output.request_id]
                    self._take(sequence, output)
                    if sequence.result is not None:
                        ended.append(output.request_id)
                        del running[output.request_id]
                engine.abort_request(ended)
        except Exception as error:  # out of memory, or any other failure inside the engine
            failure = engine_failed(self.name, error)
        finally:
            with suppress(Exception):  # an engine that failed may fail here again
                engine.abort_request(list(running))  # on Ctrl-C too
        for sequence in running.values():
            sequence.result = failure

    def _add(self, sequence: SequenceState, running: dict[str, SequenceState]) -> None:
        """Add a sequence to the engine and to ``running``; its result is an error if vLLM refuses it."""
        key = f"hintree-{next(self._numbers)}"
        try:
            prompt = {"prompt_token_ids": sequence.prompt_ids}
            self.llm.llm_engine.add_request(key, prompt, sampling_params(sequence))
            running[key] = sequence
        except ValueError as error:
            sequence.result = engine_failed(self.name, error)

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

    def loglikelihood(self, texts: Sequence[tuple[Prompt, str]]) -> list[Scored | ModelError]:
        """Return the probability of each token of each text after its prompt, from one prefill pass.

        vLLM computes the whole text for it, also what its prefix cache holds.
        """
        return encode_and_run(self.name, texts, lambda text: continuation(self.tokenizer, *text), self._loglikelihood)

    def _loglikelihood(self, coded: Sequence[tuple[list[int], int]]) -> list[Scored | ModelError]:
        """Return the results of ``loglikelihood`` for texts by their token ids and where the prompt ends."""
        outputs = self._prefill([ids for ids, _ in coded], [{"prompt_logprobs": 0}] * len(coded))
        results: list[Scored | ModelError] = []
        for (ids, start), output in zip(coded, outputs, strict=True):
            if isinstance(output, ModelError):
                results.append(output)
                continue
            pairs = zip(ids[start:], output.prompt_logprobs[start:], strict=True)
            entries = [entries[token] for token, entries in pairs]
            probabilities = tuple(map(probability_of, entries))
            results.append(self._count(output, entries) or Scored(probabilities, usage_of(output)))
        return results

    def read_labels(
        self, prompts: Sequence[Prompt], labels: Sequence[str], *, groups: Sequence[str] = ()
    ) -> list[LabelReading | ModelError]:
        """Return the probabilities of labels as the next word of each prompt; see ``SupportsLabels``."""
        coded: dict[int, tuple[list[int], LabelCandidates]] = {}
        results: dict[int, LabelReading | ModelError] = {}
        for i, prompt in enumerate(prompts):
            try:
                coded[i] = encode_before(self.tokenizer, answer_at_once(prompt, self.thinking), tuple(labels))
            except (CheckpointError, UsageError) as error:
                results[i] = CheckpointError(f"{self.name}: {error}")
        wanted = [[token for own in found.tokens for token in own] for _, found in coded.values()]
        outputs = self.next_logprobs([ids for ids, _ in coded.values()], wanted)
        for (i, (_, found)), output in zip(coded.items(), outputs, strict=True):
            if isinstance(output, ModelError):
                results[i] = output
            else:
                results[i] = or_error(self.name, partial(self._reading, output, found.tokens))
        return [results[i] for i in range(len(prompts))]

    def next_logprobs(
        self, texts: Sequence[Sequence[int]], wanted: Sequence[Sequence[int]]
    ) -> list[NextToken | ModelError]:
        """Return the log-probabilities of some next tokens of each text, and count their cost.

        Args:
            texts: Token ids of each text.
            wanted: For each text, at most 128 tokens.

        Returns:
            One entry per text, in the same order, or the error of a text that cannot be read.
        """
        outputs = self._prefill(texts, [{"logprob_token_ids": list(dict.fromkeys(tokens))} for tokens in wanted])
        results: list[NextToken | ModelError] = []
        for output in outputs:
            if isinstance(output, ModelError):
                results.append(output)
                continue
            (chosen,), (entries,) = output.outputs[0].token_ids, output.outputs[0].logprobs
            logprobs = {token: entry.logprob for token, entry in entries.items()}
            error = self._count(output, list(entries.values()))
            results.append(error or NextToken(logprobs, chosen, usage_of(output)))
        return results

    def _reading(self, found: NextToken, tokens: Sequence[Sequence[int]]) -> LabelReading:
        """Return the probabilities of labels from those of their tokens."""
        sums = tuple(sum(math.exp(found.logprobs[token]) for token in own) for own in tokens)
        return LabelReading(sums, decoded(self.tokenizer, [found.most_probable], control=True), found.usage)

    def _prefill(self, texts: Sequence[Sequence[int]], wanted: Sequence[Mapping[str, Any]]) -> list[Any]:
        """Return vLLM's output for each text, or its error; further sampling parameters say which values it holds."""
        from vllm import SamplingParams

        results: list[Any] = [too_long(self.name, len(ids), self.context - 1) for ids in texts]
        fitting = [i for i, ids in enumerate(texts) if len(ids) < self.context]
        prompts = [{"prompt_token_ids": list(texts[i])} for i in fitting]
        params = [SamplingParams(max_tokens=1, temperature=0.0, detokenize=False, **wanted[i]) for i in fitting]
        try:
            outputs = self.llm.generate(prompts, params, use_tqdm=False) if fitting else []
        except Exception as error:  # as in _run
            outputs = [engine_failed(self.name, error)] * len(fitting)
        for i, output in zip(fitting, outputs, strict=True):
            results[i] = output
        return results

    def _count(self, output: Any, entries: Sequence[Any]) -> LogitsError | None:
        """Add the cost of an output to the model's usage; return an error if a log-probability is NaN or infinite."""
        if not all(math.isfinite(entry.logprob) for entry in entries):
            return not_finite(self.name)
        self.usage = self.usage.plus(usage_of(output))
        return None


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
