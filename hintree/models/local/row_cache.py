"""Texts being written, and the plain way to write them: a row of keys and values for each.

The row cache is the reference that the tree cache is held against, and serves models that do not fit on a tree.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel

from hintree.errors import ModelError
from hintree.models.base import Completion, GenerationRequest
from hintree.models.local.sampling import Draws, uniforms


@dataclass(slots=True, eq=False)
class Row:
    """One text being written.

    Attributes:
        prompt, limit: Token ids, and the most tokens that may follow.
        last: Tokens that may be the last one of it.
        ids, probabilities, entropies: What was written so far.
        forwarded: Tokens that went through the model for it.
        answer: Set when it has ended.
    """

    request: GenerationRequest
    prompt: list[int]
    limit: int
    last: frozenset[int]
    ids: list[int] = field(default_factory=list)
    probabilities: list[float] = field(default_factory=list)
    entropies: list[float] = field(default_factory=list)
    forwarded: int = 0
    answer: Completion | ModelError | None = None


class Batch(NamedTuple):
    """Rows that get their next tokens together, and how they draw them."""

    rows: list[Row]
    draws: Draws

    @classmethod
    def of(cls, rows: list[Row], steps: int) -> "Batch":
        """The batch of these rows, for so many tokens of each."""
        requests = [row.request for row in rows]
        seeds = np.array([request.seed % 2**64 for request in requests], dtype=np.uint64)
        written = np.array([len(row.ids) for row in rows], dtype=np.uint64)
        settings = np.array([(r.temperature, r.top_k, r.top_p, r.min_p) for r in requests], dtype=np.float64)
        noise = uniforms(seeds, written + np.arange(steps, dtype=np.uint64)[:, None])
        return cls(rows, Draws.of(noise, *settings.T))

    def keep(self, stay: list[int]) -> "Batch":
        """Some of the rows."""
        return Batch([self.rows[i] for i in stay], self.draws.keep(stay))


Sample = Callable[[Batch, int, Tensor], None]
"""Adds the batch's token of this number to every row by its logits, and answers the rows that end with it."""


def write_rows(model: PreTrainedModel, rows: list[Row], sample: Sample, batch_tokens: int) -> None:
    """Write all rows to their ends, rows of similar length together, at most ``batch_tokens`` in a batch."""
    waiting = sorted(rows, key=lambda row: (len(row.prompt), row.prompt))
    while waiting:
        longest = len(waiting[-1].prompt) + max(row.limit for row in waiting)
        size = max(1, batch_tokens // longest)
        batch, waiting = waiting[-size:], waiting[:-size]
        write_batch(model, batch, sample)


def write_batch(model: PreTrainedModel, rows: list[Row], sample: Sample) -> None:
    """Write one batch of rows: every distinct prompt is read once."""
    logits, cache, mask = prefill(model, rows)
    live = Batch.of(rows, max(row.limit for row in rows))
    for step in itertools.count():
        sample(live, step, logits)
        stay = [i for i, row in enumerate(live.rows) if row.answer is None]
        if not stay:
            return
        if len(stay) < len(live.rows):
            keep = torch.tensor(stay, device=mask.device)
            cache.batch_select_indices(keep)
            mask, live = mask[keep], live.keep(stay)
        tokens = torch.tensor([[row.ids[-1]] for row in live.rows], device=mask.device)
        mask = torch.cat([mask, mask.new_ones(len(live.rows), 1)], 1)
        depth = mask.sum(1, keepdim=True) - 1
        logits = model(input_ids=tokens, attention_mask=mask, position_ids=depth, past_key_values=cache).logits[:, -1]
        for row in live.rows:
            row.forwarded += 1


def prefill(model: PreTrainedModel, rows: Sequence[Row]) -> tuple[Tensor, DynamicCache, Tensor]:
    """Read every distinct prompt once and give each row its copy: next logits, cache, mask."""
    prompts: dict[tuple[int, ...], int] = {}
    for row in rows:
        row.forwarded += 0 if tuple(row.prompt) in prompts else len(row.prompt)
        prompts.setdefault(tuple(row.prompt), len(prompts))
    longest = max(len(p) for p in prompts)
    ids = torch.tensor([[0] * (longest - len(p)) + list(p) for p in prompts], device=model.device)
    mask = torch.tensor([[0] * (longest - len(p)) + [1] * len(p) for p in prompts], device=model.device)
    cache = DynamicCache(config=model.config)
    depth = (mask.cumsum(1) - 1).clamp(min=0)
    logits = model(
        input_ids=ids, attention_mask=mask, position_ids=depth, past_key_values=cache, logits_to_keep=1
    ).logits[:, -1]
    index = torch.tensor([prompts[tuple(row.prompt)] for row in rows], device=model.device)
    cache.batch_select_indices(index)
    return logits[index], cache, mask[index]
