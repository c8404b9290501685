"""Sampling of the next tokens of a batch, and detection of the sequences that end with them."""

import math
from bisect import bisect_left
from functools import lru_cache
from typing import Literal

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from hintree.errors import CheckpointError
from hintree.models.base import Completion, GenerationRequest
from hintree.models.local.sampling import choose
from hintree.models.local.sequence import DecodeBatch, SequenceState, not_finite
from hintree.models.local.text import added_text, control_pattern, decoded, fingerprint
from hintree.models.stops import find_ending
from hintree.search.core.ledger import Usage
from hintree.search.core.loops import before_loop, loops

LOOP_CHECK = 32
"""Generated tokens between two checks for a loop."""
LOOP_TOKENS = 1024
"""Last tokens of a text that a check decodes: enough for three of the longest lines that are detected."""


class Sampler:
    """Samples the next token of every sequence of a batch; an instance is a ``SampleStep``.

    Args:
        name: Names the model in errors.
        tokenizer: Decodes the generated tokens; not modified.
        end_ids: Tokens that end a text.
    """

    def __init__(self, name: str, tokenizer: PreTrainedTokenizerBase, end_ids: frozenset[int]) -> None:
        self._name, self._tokenizer, self._end_ids = name, tokenizer, end_ids

    def __call__(self, batch: DecodeBatch, step: int, logits: Tensor) -> None:
        """Append one token to each sequence, and set the result of each that ends with it.

        Args:
            batch: Its sequences are modified.
            step: Tokens sampled since the batch was made; selects the noise.
            logits: Next-token logits, shape [sequences, vocabulary]; a sequence with NaN or infinity fails alone.
        """
        logits, damaged = logits.float(), list[int]()
        if not math.isfinite(float(logits.sum())):  # one NaN or infinity makes the sum NaN or infinite
            healthy = torch.isfinite(logits).all(-1)
            logits, damaged = torch.where(healthy[:, None], logits, 0.0), (~healthy).nonzero()[:, 0].tolist()
        logits = logits - logits.amax(-1, keepdim=True)
        weights = logits.exp()
        total = weights.sum(-1)
        tokens = choose(logits, weights, batch.sampling, step)
        chosen = weights.gather(1, tokens[:, None])[:, 0] / total
        entropies = total.log() - torch.linalg.vecdot(weights, logits) / total
        for sequence, token, probability, entropy in zip(
            batch.sequences, tokens.tolist(), chosen.tolist(), entropies.tolist(), strict=True
        ):
            self.append(sequence, token, probability, entropy)
        for sequence in [batch.sequences[i] for i in damaged]:
            sequence.result = not_finite(self._name, f" at token {len(sequence.ids) - 1}")

    def append(self, sequence: SequenceState, token: int, probability: float, entropy: float) -> None:
        """Append one sampled token to a sequence, and set its result if the token ends it.

        Args:
            sequence: Not ended yet; modified.
            token: The token.
            probability: Its probability at temperature 1, in [0, 1].
            entropy: Entropy of its distribution at temperature 1, in nats, >= 0.
        """
        sequence.ids.append(token)
        sequence.probabilities.append(probability)
        sequence.entropies.append(entropy)
        try:
            if token in sequence.may_end or len(sequence.ids) >= sequence.max_tokens or self._loops(sequence):
                self._finish_if_ended(sequence)
        except CheckpointError as error:  # of the tokenizer, at this text
            sequence.result = CheckpointError(f"{self._name}: {error}")

    def _finish_if_ended(self, sequence: SequenceState) -> None:
        """Set the sequence's result if its last token ended it."""
        request, ids = sequence.request, sequence.ids
        if ids[-1] in self._end_ids and not self._is_stop(request, ids[-1]):
            sequence.result = self._completion(sequence, self._text(sequence, ids[:-1]), "end")
            return
        full, checked = len(ids) >= sequence.max_tokens, len(ids) % LOOP_CHECK == 0
        raw = self._text(sequence, ids, control=has_control(self._tokenizer, request.stop))
        start = len(self._text(sequence, ids[: request.min_tokens - 1])) if request.min_tokens > 1 else 0
        ending = find_ending(raw, request, start) if len(ids) >= request.min_tokens else None
        if ending is not None:
            rest = raw[ending.end :].strip()
            if rest and not ending.stop and len(self._text(sequence, ids[:-1])) < ending.end:
                ending = ending._replace(kept=len(raw), end=len(raw))  # a match inside a token does not cut it
            sequence.result = self._completion(sequence, raw[: ending.kept], "stop", ending.stop, raw[ending.end :])
        elif (full or checked) and (kept := before_loop(raw, request.repeats)) is not None:
            sequence.result = self._without_loop(sequence, kept)
        elif full:
            sequence.result = self._completion(sequence, raw.rstrip("\ufffd"), "length")

    def _loops(self, sequence: SequenceState) -> bool:
        """Tell whether the last tokens loop; looked up after every ``LOOP_CHECK`` tokens, in bounded time."""
        repeats = sequence.request.repeats
        if not repeats or len(sequence.ids) % LOOP_CHECK:
            return False
        return loops(decoded(self._tokenizer, sequence.ids[-LOOP_TOKENS:]), repeats)

    def _without_loop(self, sequence: SequenceState, kept: str) -> Completion:
        """Return a sequence that looped as a completion of the text before the loop, and of the tokens that hold it."""
        ids = sequence.ids
        count = bisect_left(range(len(ids)), len(kept), key=lambda n: len(self._text(sequence, ids[:n])))
        done = self._completion(sequence, kept, "loop")
        probabilities, entropies = done.probabilities[:count], done.entropies[:count]
        return done._replace(probabilities=probabilities, entropies=entropies, token_ids=(), tokenizer="")

    def _is_stop(self, request: GenerationRequest, token: int) -> bool:
        """Tell whether an end token is one of the request's stop texts, such as the end of a thought."""
        return bool(request.stop) and decoded(self._tokenizer, [token], control=True) in request.stop

    def _text(self, sequence: SequenceState, ids: list[int], *, control: bool = False) -> str:
        return added_text(self._tokenizer, sequence.prompt_ids, ids, control=control)

    def _completion(
        self,
        sequence: SequenceState,
        text: str,
        ended: Literal["stop", "end", "length", "loop"],
        stopped_by: str = "",
        rest: str = "",
    ) -> Completion:
        """Return a sequence as a completion; its last token was sampled and never computed.

        Args:
            sequence: The sequence that has ended.
            text: Its text before the stop text; control tokens in it are removed.
            ended: Why it ended.
            stopped_by: The stop text.
            rest: Text of its last token after the stop text; if it is more than blanks, the tokens are not returned.
        """
        usage = Usage(1, len(sequence.prompt_ids), sequence.computed, len(sequence.ids))
        pattern = control_pattern(self._tokenizer) if has_control(self._tokenizer, sequence.request.stop) else None
        text = text if pattern is None else pattern.sub("", text)
        ids, name = ((), "") if rest.strip() else (tuple(sequence.ids), fingerprint(self._tokenizer))
        probabilities, entropies = tuple(sequence.probabilities), tuple(sequence.entropies)
        blanks = "" if rest.strip() else rest
        return Completion(text, ended, probabilities, entropies, usage, stopped_by, ids, name, rest=blanks)


@lru_cache(maxsize=256)
def has_control(tokenizer: PreTrainedTokenizerBase, stop: tuple[str, ...]) -> bool:
    """Tell whether a stop text holds a control token."""
    pattern = control_pattern(tokenizer)
    return pattern is not None and any(pattern.search(text) for text in stop)
