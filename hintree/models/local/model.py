"""Local models: batched decoding of many texts on plain transformers, on a cache shaped like the tree.

Every text has its own temperature, stop texts, length and seed, and leaves the batch when it is done; waiting texts
join at once.
"""

import math
from collections.abc import Sequence
from functools import cached_property

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from hintree.errors import ContextError, LogitsError, ModelError
from hintree.models.base import Completion, GenerationRequest, Prompt, Scored
from hintree.models.local.adapter import find_machine
from hintree.models.local.loglikelihood import weigh_on_tree, weigh_whole
from hintree.models.local.prefix_trie import CACHE_BYTES, Block, TreeCache, fit, or_whole
from hintree.models.local.row_cache import Batch, Row, write_rows
from hintree.models.local.sampling import choose
from hintree.models.local.text import continuation, cut, decoded, encode, may_end, text_of
from hintree.models.local.tree_batch import Forest, Machine
from hintree.search.core.ledger import Usage

BATCH_TOKENS = 48_000
"""Rows x longest text of one batch of the row cache; bounds memory."""
SITTING = 32
"""Tokens that are written before the working set is gathered anew."""


class Local:
    """What all models on this machine have.

    Args:
        name: The string that names it.
        model, tokenizer: From transformers.
        cache_bytes: Keys and values kept between calls, and the size of a batch. It changes speed, never an answer.
        tree: False to do without the tree cache: the reference.
        head: From hidden states to logits, if the model has no head of its own.
    """

    def __init__(
        self,
        name: str,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        *,
        cache_bytes: int = CACHE_BYTES,
        tree: bool = True,
        head: nn.Module | None = None,
    ) -> None:
        self.name = name
        self.model = model.eval()
        self.tokenizer = tokenizer
        self.parameters = model.num_parameters()
        self.chat = tokenizer.chat_template is not None
        self.context = context_length(model)
        self.usage = Usage()
        self._cache = TreeCache(cache_bytes)
        self._machine = find_machine(model, head) if tree else None
        self._columns = cache_bytes // self._machine.column_bytes if self._machine else 0

    def forget(self) -> None:
        """Drop the cache: what comes next is forwarded as if it were the first."""
        self._cache.clear()

    def _damaged(self, where: str = "") -> LogitsError:
        """The error for numbers that are not finite."""
        return LogitsError(
            f"{self.name} computed NaN or infinity{where}: its weights are damaged, or its number format is too small "
            "for it"
        )


class LocalModel(Local):
    """A causal language model on this machine; see ``LanguageModel`` for what it offers, ``Local`` for arguments."""

    @cached_property
    def _ends(self) -> frozenset[int]:
        return end_tokens(self.model, self.tokenizer)

    def unknown_words(self, text: str) -> list[str]:
        """Words of ``text`` for which the model has no token; empty for open vocabularies."""
        return unknown_words(self.tokenizer, text)

    def generate(self, requests: Sequence[GenerationRequest]) -> list[Completion | ModelError]:
        """Write one text per request, in order; a request that cannot be served is answered by its error."""
        prompts = {prompt: encode(self.tokenizer, prompt) for prompt in {request.prompt for request in requests}}
        rows = [self._row(request, prompts[request.prompt]) for request in requests]
        open_rows = [row for row in rows if row.answer is None]
        with torch.inference_mode():
            if self._machine is None:
                write_rows(self.model, open_rows, self._sample, BATCH_TOKENS)
            else:
                self._write(self._machine, open_rows)
        answers = [row.answer for row in rows if row.answer is not None]
        for answer in answers:
            if isinstance(answer, Completion):
                self.usage = self.usage.plus(answer.usage)
        return answers

    def loglikelihood(self, texts: Sequence[tuple[Prompt, str]]) -> list[Scored | ModelError]:
        """Probability of each token of each text after its prompt; only what no call has read is forwarded."""
        coded = [continuation(self.tokenizer, prompt, text) for prompt, text in texts]
        fitting = [i for i, (ids, _) in enumerate(coded) if len(ids) <= self.context]
        chosen = [coded[i] for i in fitting]
        with torch.inference_mode():
            if self._machine is None:
                found = weigh_whole(self.model, chosen)
            else:
                groups = [texts[i][0].user for i in fitting]
                found = weigh_on_tree(self._machine, self._cache, chosen, groups, self._columns)
                found = or_whole(found, self._cache, lambda: weigh_whole(self.model, chosen))
        answers: list[Scored | ModelError] = [too_long(self.name, len(ids), self.context) for ids, _ in coded]
        for i, (values, forwarded) in zip(fitting, found, strict=True):
            usage = Usage(1, len(coded[i][0]), forwarded, 0)
            self.usage = self.usage.plus(usage)
            answers[i] = Scored(tuple(values), usage) if all(map(math.isfinite, values)) else self._damaged()
        return answers

    def _row(self, request: GenerationRequest, ids: list[int]) -> Row:
        last = may_end(self.tokenizer, self._ends, request.stop)
        row = Row(request, ids, min(request.max_tokens, self.context - len(ids)), last)
        if row.limit < 1:
            row.answer = too_long(self.name, len(ids), self.context)
        return row

    def _write(self, machine: Machine, rows: list[Row]) -> None:
        """Write all rows on the tree cache, in sittings."""
        groups = [row.request.group or (row.request.prompt.system, row.request.prompt.user) for row in rows]
        with self._cache.call(groups) as blocks:
            pool = list(zip(rows, blocks, strict=True))
            while pool:
                live = fit([(block, row.prompt + row.ids) for row, block in pool], self._columns, SITTING)
                pool = self._sit(machine, pool[:live], joining=live < len(pool)) + pool[live:]
        spoiled = [row for row in rows if isinstance(row.answer, LogitsError)]
        if spoiled:  # in a shared block NaN spreads: alone, only those fail that are to blame
            self._cache.clear()
            for row in spoiled:
                row.answer, row.ids, row.probabilities, row.entropies = None, [], [], []
            write_rows(self.model, spoiled, self._sample, BATCH_TOKENS)

    def _sit(self, machine: Machine, live: list[tuple[Row, Block]], *, joining: bool) -> list[tuple[Row, Block]]:
        """Read what is new, then write until it pays to gather anew; the texts that are not done."""
        most = min(SITTING, max(row.limit - len(row.ids) for row, _ in live))
        forest = Forest(machine, self._cache, [(block, row.prompt + row.ids) for row, block in live], steps=most)
        for (row, _), tokens in zip(live, forest.forwarded, strict=True):
            row.forwarded += tokens
        batch, places = Batch.of([row for row, _ in live], most + 1), forest.places
        index, hidden = forest.read_ends()
        for step in range(most + 1):
            logits = machine.head(hidden)
            self._sample(batch, step, logits[index] if len(logits) < len(index) else logits)
            stay = [i for i, row in enumerate(batch.rows) if row.answer is None]
            if len(stay) < len(index):
                batch, places = batch.keep(stay), [places[i] for i in stay]
                if 2 * len({i for i, _ in places}) <= len(forest.rows) or (joining and 2 * len(stay) <= len(live)):
                    break
            if step == most:
                break
            places, index, hidden = forest.write([(p, r.ids[-1]) for p, r in zip(places, batch.rows, strict=True)])
            forwarded = 0
            for row, at in zip(batch.rows, index, strict=True):
                if at == forwarded:  # of texts that go on alike, the first one pays
                    row.forwarded += 1
                    forwarded += 1
        forest.commit()
        return [(row, block) for row, block in live if row.answer is None]

    def _sample(self, batch: Batch, step: int, logits: Tensor) -> None:
        """Choose a token for every row and settle the rows that end with it."""
        logits, damaged = logits.float(), []
        if not math.isfinite(float(logits.sum())):  # one NaN or infinity spoils the sum
            healthy = torch.isfinite(logits).all(-1)
            logits, damaged = torch.where(healthy[:, None], logits, 0.0), (~healthy).nonzero()[:, 0].tolist()
        chances = torch.softmax(logits, -1)
        tokens = choose(logits, chances, batch.draws, step)
        chosen = chances.gather(1, tokens[:, None])[:, 0].tolist()
        negentropies = torch.linalg.vecdot(chances, torch.log_softmax(logits, -1)).tolist()
        for row, token, chance, negentropy in zip(batch.rows, tokens.tolist(), chosen, negentropies, strict=True):
            row.ids.append(token)
            row.probabilities.append(chance)
            row.entropies.append(-negentropy)
            if token in row.last or len(row.ids) >= row.limit:
                self._settle(row)
        for row in [batch.rows[i] for i in damaged]:
            row.answer = self._damaged(f" at token {len(row.ids) - 1}")

    def _settle(self, row: Row) -> None:
        """Give the row its answer if its last token ended it."""
        if row.ids[-1] in self._ends:
            row.answer = self._answer(row, self._text(row, row.ids[:-1]), "end")
            return
        text, stopped = cut(self._text(row, row.ids), row.request.stop)
        if stopped:
            row.answer = self._answer(row, text, "stop")
        elif len(row.ids) >= row.limit:
            row.answer = self._answer(row, text, "length")

    def _text(self, row: Row, ids: list[int]) -> str:
        """What the tokens add to the row's prompt: alone, many tokenizers drop the space that they begin with."""
        shown, whole = text_of(self.tokenizer, row.prompt[-1]), decoded(self.tokenizer, [row.prompt[-1], *ids])
        return whole.removeprefix(shown) if whole.startswith(shown) else decoded(self.tokenizer, ids)

    def _answer(self, row: Row, text: str, ended: str) -> Completion:
        """The row as a completion; its last token was never forwarded."""
        usage = Usage(1, len(row.prompt), row.forwarded, len(row.ids))
        return Completion(text, ended, tuple(row.probabilities), tuple(row.entropies), usage)  # type: ignore[arg-type]


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
