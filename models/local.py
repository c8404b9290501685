"""Local models: batched decoding of many rows on plain transformers.

Rows that share a prompt share its forward pass; every row has its own temperature, stop texts, length and seed, and
leaves the batch when it is done. Correct first: the cache shaped like the tree is to come behind the same interface.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel, PreTrainedTokenizerBase

from hintree.models.base import Completion, Request
from hintree.models.sampling import choose, uniforms
from hintree.models.text import cut, encode, may_stop
from hintree.search.errors import ContextError, LogitsError, ModelError
from hintree.search.ledger import Usage

BATCH_TOKENS = 48_000
"""Rows x longest text of one batch; bounds memory."""


@dataclass(slots=True, eq=False)
class _Row:
    """One text being written."""

    index: int
    request: Request
    prompt: list[int]
    limit: int
    ids: list[int] = field(default_factory=list)
    probabilities: list[float] = field(default_factory=list)
    entropies: list[float] = field(default_factory=list)
    pays_prompt: bool = False
    answer: Completion | ModelError | None = None


class LocalModel:
    """A causal language model on this machine; see ``LanguageModel`` for what it offers."""

    def __init__(self, name: str, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
        self.name = name
        self.model = model.eval()
        self.tokenizer = tokenizer
        self.parameters = model.num_parameters()
        self.chat = tokenizer.chat_template is not None
        self.context = context_length(model)
        self.usage = Usage()
        self._ends = end_tokens(model, tokenizer)

    def unknown_words(self, text: str) -> list[str]:
        """Words of ``text`` for which the model has no token; empty for open vocabularies."""
        return unknown_words(self.tokenizer, text)

    def generate(self, requests: Sequence[Request]) -> list[Completion | ModelError]:
        """Write one text per request, in order; a request that cannot be served is answered by its error."""
        rows = [self._row(i, request) for i, request in enumerate(requests)]
        for batch in batches([row for row in rows if row.answer is None]):
            with torch.inference_mode():
                self._write(batch)
        answers = [row.answer for row in rows if row.answer is not None]
        for answer in answers:
            if isinstance(answer, Completion):
                self.usage = self.usage.plus(answer.usage)
        return answers

    def _row(self, index: int, request: Request) -> _Row:
        ids = encode(self.tokenizer, request.prompt)
        row = _Row(index, request, ids, min(request.max_tokens, self.context - len(ids)))
        if row.limit < 1:
            row.answer = too_long(self.name, len(ids), self.context)
        return row

    def _write(self, rows: list[_Row]) -> None:
        """Decode a batch until every row has its answer."""
        logits, cache, mask = self._prefill(rows)
        live, position = rows, 0
        while True:
            tokens = self._sample(live, logits, position)
            stay = [i for i, row in enumerate(live) if row.answer is None]
            if not stay:
                return
            if len(stay) < len(live):
                keep = torch.tensor(stay, device=mask.device)
                cache.batch_select_indices(keep)
                mask, tokens, live = mask[keep], tokens[keep], [live[i] for i in stay]
            mask = torch.cat([mask, mask.new_ones(len(live), 1)], 1)
            depth = mask.sum(1, keepdim=True) - 1
            logits = self.model(
                input_ids=tokens[:, None], attention_mask=mask, position_ids=depth, past_key_values=cache
            ).logits[:, -1]
            position += 1

    def _prefill(self, rows: list[_Row]) -> tuple[Tensor, DynamicCache, Tensor]:
        """Forward every distinct prompt once and give each row its copy: next logits, cache, mask."""
        prompts: dict[tuple[int, ...], int] = {}
        places = []
        for row in rows:
            row.pays_prompt = tuple(row.prompt) not in prompts
            places.append(prompts.setdefault(tuple(row.prompt), len(prompts)))
        longest = max(len(p) for p in prompts)
        device = self.model.device
        ids = torch.tensor([[0] * (longest - len(p)) + list(p) for p in prompts], device=device)
        mask = torch.tensor([[0] * (longest - len(p)) + [1] * len(p) for p in prompts], device=device)
        cache = DynamicCache(config=self.model.config)
        depth = (mask.cumsum(1) - 1).clamp(min=0)
        logits = self.model(
            input_ids=ids, attention_mask=mask, position_ids=depth, past_key_values=cache, logits_to_keep=1
        ).logits[:, -1]
        index = torch.tensor(places, device=device)
        cache.batch_select_indices(index)
        return logits[index], cache, mask[index]

    def _sample(self, rows: list[_Row], logits: Tensor, position: int) -> Tensor:
        """Choose a token for every row and settle the rows that end with it."""
        logits = logits.float()
        healthy = torch.isfinite(logits).all(-1)
        logits = torch.where(healthy[:, None], logits, 0.0)
        seeds = np.array([row.request.seed % 2**64 for row in rows], dtype=np.uint64)
        column = [[row.request.temperature, row.request.top_p] for row in rows]
        heat, top_p = torch.tensor(column, device=logits.device, dtype=torch.float64).unbind(1)
        noise = torch.from_numpy(uniforms(seeds, position)).to(logits.device)
        tokens = choose(logits, heat, top_p, noise)
        logp = torch.log_softmax(logits, -1)
        chances = logp.gather(1, tokens[:, None])[:, 0].exp().tolist()
        entropies = (-(logp.exp() * logp).sum(-1)).tolist()
        for row, token, fine, chance, entropy in zip(
            rows, tokens.tolist(), healthy.tolist(), chances, entropies, strict=True
        ):
            if not fine:
                row.answer = LogitsError(
                    f"{self.name} computed NaN or infinity at token {len(row.ids)}: its weights "
                    "are damaged, or its number format is too small for it"
                )
                continue
            row.ids.append(token)
            row.probabilities.append(chance)
            row.entropies.append(entropy)
            self._settle(row)
        return tokens

    def _settle(self, row: _Row) -> None:
        """Give the row its answer if its last token ended it."""
        stop = row.request.stop
        if row.ids[-1] in self._ends:
            row.answer = self._answer(row, self._text(row.ids[:-1]), "end")
        elif stop and row.ids[-1] in may_stop(self.tokenizer, stop):
            text, stopped = cut(self._text(row.ids), stop)
            if stopped:
                row.answer = self._answer(row, text, "stop")
        if row.answer is None and len(row.ids) >= row.limit:
            row.answer = self._answer(row, self._text(row.ids), "length")

    def _text(self, ids: list[int]) -> str:
        return str(self.tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False))

    def _answer(self, row: _Row, text: str, ended: str) -> Completion:
        """The row as a completion; its last token was never forwarded."""
        forwarded = len(row.ids) - 1 + (len(row.prompt) if row.pays_prompt else 0)
        usage = Usage(1, len(row.prompt), forwarded, len(row.ids))
        return Completion(text, ended, tuple(row.probabilities), tuple(row.entropies), usage)  # type: ignore[arg-type]


def batches(rows: list[_Row]) -> Iterator[list[_Row]]:
    """Rows of similar length together, each batch within BATCH_TOKENS (a single longer row goes alone)."""
    batch: list[_Row] = []
    for row in sorted(rows, key=lambda row: (len(row.prompt), row.prompt), reverse=True):
        longest = max(len(r.prompt) + r.limit for r in [*batch[:1], row])
        if batch and longest * (len(batch) + 1) > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def context_length(model: PreTrainedModel) -> int:
    """Longest text in tokens that the model was built for."""
    return int(getattr(model.config.get_text_config(), "max_position_embeddings", None) or 2**31)


def end_tokens(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> frozenset[int]:
    """Every token that ends the model's text."""
    settings = model.generation_config.eos_token_id if model.generation_config else None
    listed = settings if isinstance(settings, list) else [settings]
    return frozenset(int(i) for i in [*listed, tokenizer.eos_token_id] if i is not None)


def unknown_words(tokenizer: PreTrainedTokenizerBase, text: str) -> list[str]:
    """Words of ``text`` that the tokenizer maps to its unknown token, each once."""
    if tokenizer.unk_token_id is None:
        return []
    coded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    spans = zip(coded["input_ids"], coded["offset_mapping"], strict=True)
    return list(dict.fromkeys(text[a:b] for i, (a, b) in spans if i == tokenizer.unk_token_id))


def too_long(name: str, tokens: int, context: int) -> ContextError:
    """The error for a text that does not fit."""
    return ContextError(
        f"the text has {tokens} tokens and {name} can read {context}: shorten the question or name a model with a "
        "longer context"
    )
