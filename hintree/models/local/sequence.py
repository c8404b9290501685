"""State of the sequences being generated, and the batches they are decoded in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial, reduce
from typing import NamedTuple

import numpy as np
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from hintree.errors import ContextError, LogitsError, ModelError
from hintree.models.base import Completion, GenerationRequest
from hintree.models.local.coding import or_error
from hintree.models.local.sampling import SamplingArrays, uniforms
from hintree.models.local.text import encode, may_end
from hintree.search.core.ledger import Usage


@dataclass(slots=True, eq=False)
class SequenceState:
    """One sequence being generated.

    Attributes:
        request: What was asked for; not modified.
        prompt_ids: Token ids of the prompt.
        max_tokens: Maximum number of tokens to generate: the request's limit, or less if the context is full before.
        may_end: Tokens that may be the sequence's last one.
        ids, probabilities, entropies: Generated so far, one entry per token.
        computed: Tokens computed for it by forward passes, shared ones counted once.
        result: Set when the sequence has ended.
    """

    request: GenerationRequest
    prompt_ids: list[int]
    max_tokens: int
    may_end: frozenset[int]
    ids: list[int] = field(default_factory=list)
    probabilities: list[float] = field(default_factory=list)
    entropies: list[float] = field(default_factory=list)
    computed: int = 0
    result: Completion | ModelError | None = None

    def restart(self) -> None:
        """Drop everything generated so far; the computed tokens stay counted."""
        self.result, self.ids, self.probabilities, self.entropies = None, [], [], []


def begin_sequences(
    name: str,
    tokenizer: PreTrainedTokenizerBase,
    requests: Sequence[GenerationRequest],
    end_ids: frozenset[int],
    context: int,
) -> list[SequenceState]:
    """Return the state of each request before generation.

    Args:
        name: Names the model in errors.
        tokenizer: The model's tokenizer; not modified.
        requests: Any number of requests; equal prompts are encoded once.
        end_ids: Tokens that end the model's text.
        context: Longest text in tokens.

    Returns:
        One state per request, in the same order; its result is an error if the prompt cannot be read or is too long.
    """
    coded = {p: or_error(name, partial(encode, tokenizer, p)) for p in {request.prompt for request in requests}}
    sequences = []
    for request in requests:
        ids = coded[request.prompt]
        if isinstance(ids, ModelError):
            sequences.append(SequenceState(request, [], 0, frozenset(), result=ids))
            continue
        last = or_error(name, partial(may_end, tokenizer, end_ids, request.stop, request.stop_pattern))
        if isinstance(last, ModelError):
            sequences.append(SequenceState(request, [], 0, frozenset(), result=last))
            continue
        sequence = SequenceState(request, ids, min(request.max_tokens, context - len(ids)), last)
        if sequence.max_tokens < 1:
            sequence.result = too_long(name, len(ids), context)
        sequences.append(sequence)
    return sequences


def results_of(states: Sequence[SequenceState]) -> tuple[list[Completion | ModelError], Usage]:
    """Return the results of sequences that have ended, in order, and the cost of their completions together."""
    results = [state.result for state in states if state.result is not None]
    return results, reduce(Usage.plus, (done.usage for done in results if isinstance(done, Completion)), Usage())


def too_long(name: str, tokens: int, context: int) -> ContextError:
    """Return the error for a text that is longer than the context."""
    return ContextError(
        f"the text has {tokens} tokens and {name} can read {context}: shorten the question or name a model with a "
        "longer context"
    )


def not_finite(name: str, where: str = "") -> LogitsError:
    """Return the error for numbers that are not finite."""
    return LogitsError(
        f"{name} computed NaN or infinity{where}: its weights are damaged, or its number format is too small for it"
    )


class DecodeBatch(NamedTuple):
    """Sequences that get their next token together, and the arrays that their sampling needs.

    The sequences belong to the caller: sampling appends to them.
    """

    sequences: list[SequenceState]
    sampling: SamplingArrays

    @classmethod
    def of(cls, sequences: list[SequenceState], steps: int) -> "DecodeBatch":
        """Return the batch of some sequences, with noise for the next ``steps`` tokens of each."""
        requests = [sequence.request for sequence in sequences]
        seeds = np.array([request.seed % 2**64 for request in requests], dtype=np.uint64)
        generated = np.array([len(sequence.ids) for sequence in sequences], dtype=np.uint64)
        settings = np.array([(r.temperature, r.top_k, r.top_p, r.min_p) for r in requests], dtype=np.float64)
        noise = uniforms(seeds, generated + np.arange(steps, dtype=np.uint64)[:, None])
        return cls(sequences, SamplingArrays.of(noise, *settings.T))

    def open_indices(self) -> list[int]:
        """Return the indices of the sequences that have not ended."""
        return [i for i, sequence in enumerate(self.sequences) if sequence.result is None]

    def keep(self, indices: list[int]) -> "DecodeBatch":
        """Return the batch of the sequences at ``indices``, in that order."""
        return DecodeBatch([self.sequences[i] for i in indices], self.sampling.keep(indices))


SampleStep = Callable[[DecodeBatch, int, Tensor], None]
"""Appends a token to every sequence of a batch, given the step's number since the batch was made and next-token logits
[sequences, vocabulary], and sets the result of the sequences that end with it."""
