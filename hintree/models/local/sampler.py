"""Sampling of the next tokens of a batch, and detection of the sequences that end with them."""

import math
from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from hintree.errors import LogitsError
from hintree.models.base import Completion
from hintree.models.local.sampling import choose
from hintree.models.local.sequence import DecodeBatch, SequenceState
from hintree.models.local.text import cut, decoded, text_of
from hintree.search.core.ledger import Usage


class Sampler:
    """Samples the next token of every sequence of a batch; an instance is a ``SampleStep``.

    Args:
        tokenizer: Decodes the generated tokens; not modified.
        end_ids: Tokens that end a text.
        damaged: Returns the error for logits that are not finite, given where they occurred.
    """

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        end_ids: frozenset[int],
        damaged: Callable[[str], LogitsError],
    ) -> None:
        self._tokenizer, self._end_ids, self._damaged = tokenizer, end_ids, damaged

    def __call__(self, batch: DecodeBatch, step: int, logits: Tensor) -> None:
        """Append one token to each sequence, and set the result of each that ends with it.

        Args:
            batch: Its sequences are modified.
            step: Tokens sampled since the batch was made; selects the noise.
            logits: Next-token logits, shape [sequences, vocabulary]; a sequence with NaN or infinity fails alone.
        """
        logits, not_finite = logits.float(), []
        if not math.isfinite(float(logits.sum())):  # one NaN or infinity makes the sum NaN or infinite
            healthy = torch.isfinite(logits).all(-1)
            logits, not_finite = torch.where(healthy[:, None], logits, 0.0), (~healthy).nonzero()[:, 0].tolist()
        probabilities = torch.softmax(logits, -1)
        tokens = choose(logits, probabilities, batch.sampling, step)
        chosen = probabilities.gather(1, tokens[:, None])[:, 0].tolist()
        negentropies = torch.linalg.vecdot(probabilities, torch.log_softmax(logits, -1)).tolist()
        for sequence, token, probability, negentropy in zip(
            batch.sequences, tokens.tolist(), chosen, negentropies, strict=True
        ):
            sequence.ids.append(token)
            sequence.probabilities.append(probability)
            sequence.entropies.append(-negentropy)
            if token in sequence.may_end or len(sequence.ids) >= sequence.max_tokens:
                self._finish_if_ended(sequence)
        for sequence in [batch.sequences[i] for i in not_finite]:
            sequence.result = self._damaged(f" at token {len(sequence.ids) - 1}")

    def _finish_if_ended(self, sequence: SequenceState) -> None:
        """Set the sequence's result if its last token ended it."""
        if sequence.ids[-1] in self._end_ids:
            sequence.result = completion(sequence, self._text(sequence, sequence.ids[:-1]), "end")
            return
        text, stopped = cut(self._text(sequence, sequence.ids), sequence.request.stop)
        if stopped:
            sequence.result = completion(sequence, text, "stop")
        elif len(sequence.ids) >= sequence.max_tokens:
            sequence.result = completion(sequence, text, "length")

    def _text(self, sequence: SequenceState, ids: list[int]) -> str:
        """Return the text that tokens add to the prompt.

        They are decoded after the prompt's last token: alone, many tokenizers drop a leading space.
        """
        last = sequence.prompt_ids[-1]
        shown, whole = text_of(self._tokenizer, last), decoded(self._tokenizer, [last, *ids])
        return whole.removeprefix(shown) if whole.startswith(shown) else decoded(self._tokenizer, ids)


def completion(sequence: SequenceState, text: str, ended: Literal["stop", "end", "length"]) -> Completion:
    """Return a sequence as a completion; its last token was sampled and never computed."""
    usage = Usage(1, len(sequence.prompt_ids), sequence.computed, len(sequence.ids))
    return Completion(text, ended, tuple(sequence.probabilities), tuple(sequence.entropies), usage)
