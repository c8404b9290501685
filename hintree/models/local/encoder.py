"""Encoders of retrieval: embedding models, and cross-encoders that score pairs of texts."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor
from transformers import AutoModel, AutoModelForSequenceClassification

from hintree.bounded_files import MEBIBYTE, read_json
from hintree.errors import CheckpointError
from hintree.models.local.coding import coded, or_raise
from hintree.models.local.load import fetched, load_parts, locate

Pooling = Literal["mean", "cls", "last"]
POOLING_FILE, PROMPTS_FILE = "1_Pooling/config.json", "config_sentence_transformers.json"
"""Files of sentence-transformers with the pooling, and with the texts that precede queries and passages."""
POOLINGS: dict[str, Pooling] = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_lasttoken": "last",
    "pooling_mode_mean_tokens": "mean",
}
PASSAGE_PROMPTS = ("document", "passage", "corpus")
"""Names of the prompt of a passage."""
UNUSED = ("pooler.", "lm_head.", "cls.")
"""Tensors that embeddings do not need."""
BATCH_TOKENS = 8192
"""Most tokens of a batch, padding included."""
USUAL_CONTEXT = 512


class TextEncoder:
    """Embed texts with a transformer, its states pooled as its folder says, as vectors of length 1.

    Args:
        name: A folder or a hub id.
        device: A torch device, or "auto".
        dtype: A number format, or "auto".

    Raises:
        UsageError: Device or number format is not accepted.
        ModelError: The model cannot be loaded.
    """

    def __init__(self, name: str, *, device: str = "auto", dtype: str = "auto") -> None:
        self.name = name
        self._model, self._tokenizer = load_parts(name, AutoModel, device, dtype, spare=UNUSED)
        self._model.eval()
        folder = Path(fetched(locate(name)))
        self.pooling = pooling_of(folder)
        self.prompts = prompts_of(folder)
        self.parameters = sum(p.numel() for p in self._model.parameters())
        self.size = int(self._model.config.hidden_size)
        self._longest = context_of(self._model, self._tokenizer)

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens that are read for a query."""
        return len(self._encode([text], "query")[0])

    def embed(self, texts: Sequence[str], kind: Literal["query", "passage"]) -> "np.ndarray[Any, Any]":
        """Return one vector of length 1 per text, in order: an array of float32, (texts, ``size``).

        A text beyond the model's context is cut at its end.
        """
        rows = self._encode(texts, kind)
        found = np.zeros((len(rows), self.size), np.float32)
        with torch.inference_mode():
            for batch in batches(rows):
                ids, mask = padded([rows[i] for i in batch], self._model.device)
                states = self._model(input_ids=ids, attention_mask=mask).last_hidden_state.float()
                vectors = torch.nn.functional.normalize(pool(states, mask, self.pooling), dim=-1)
                found[list(batch)] = vectors.cpu().numpy()
        return found

    def _encode(self, texts: Sequence[str], kind: str) -> list[list[int]]:
        """Return the tokens of the texts; control tokens inside a text are read as plain text."""
        prompt = self.prompts.get(kind, "")
        whole = [prompt + text for text in texts]
        code = partial(coded, self._tokenizer, whole, special=True, split=True, longest=self._longest)
        return [row or [0] for row in or_raise(self.name, code).ids]


class CrossEncoder:
    """Score how well passages answer queries, with a sequence classification model that reads both.

    Args:
        name: A folder or a hub id.
        device: A torch device, or "auto".
        dtype: A number format, or "auto".

    Raises:
        UsageError: Device or number format is not accepted.
        ModelError: The model cannot be loaded, or has more than two labels.
    """

    def __init__(self, name: str, *, device: str = "auto", dtype: str = "auto") -> None:
        self.name = name
        self._model, self._tokenizer = load_parts(name, AutoModelForSequenceClassification, device, dtype)
        self._model.eval()
        if self._model.config.num_labels not in (1, 2):
            raise CheckpointError(f"model {name}: has {self._model.config.num_labels} labels; a reranker has 1 or 2")
        self.parameters = sum(p.numel() for p in self._model.parameters())
        self._longest = context_of(self._model, self._tokenizer)

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """Return one score per text, higher is better: the logit, or the margin of the second label over the first."""
        rows = self._encode(query, texts)
        found = [0.0] * len(rows)
        with torch.inference_mode():
            for batch in batches(rows):
                ids, mask = padded([rows[i] for i in batch], self._model.device)
                logits = self._model(input_ids=ids, attention_mask=mask).logits.float()
                scores = logits[:, -1] - (logits[:, 0] if logits.shape[1] == 2 else 0)
                for i, score in zip(batch, scores.tolist(), strict=True):
                    found[i] = score
        return found

    def count_tokens(self, query: str, texts: Sequence[str]) -> int:
        """Return the number of tokens that are read to score the texts."""
        return sum(map(len, self._encode(query, texts)))

    def _encode(self, query: str, texts: Sequence[str]) -> list[list[int]]:
        """Return the tokens of the query with each text; control tokens inside them are read as plain text."""
        if not texts:
            return []
        queries = [query] * len(texts)
        code = partial(coded, self._tokenizer, queries, texts, special=True, split=True, longest=self._longest)
        return or_raise(self.name, code).ids


def pool(states: Tensor, mask: Tensor, pooling: Pooling) -> Tensor:
    """Pool hidden states, (batch, tokens, size), to one vector per text, (batch, size)."""
    if pooling == "cls":
        return states[:, 0]
    if pooling == "last":
        return states[torch.arange(len(states)), mask.sum(1) - 1]
    weights = mask.unsqueeze(-1).to(states.dtype)
    return (states * weights).sum(1) / weights.sum(1)


def padded(rows: Sequence[Sequence[int]], device: torch.device) -> tuple[Tensor, Tensor]:
    """Return token ids padded on the right, and their mask, each (batch, tokens)."""
    longest = max(map(len, rows))
    ids = torch.tensor([[*row, *[0] * (longest - len(row))] for row in rows], device=device)
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows], device=device)
    return ids, mask


def batches(rows: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Yield the numbers of the rows in batches of similar length and at most ``BATCH_TOKENS``."""
    batch: list[int] = []
    for i in sorted(range(len(rows)), key=lambda i: len(rows[i])):
        if batch and len(rows[i]) * (len(batch) + 1) > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch


def pooling_of(folder: Path) -> Pooling:
    """Return the pooling that a folder names; the mean if it names none. Raises CheckpointError for another one."""
    config = settings(folder / POOLING_FILE)
    named = [key for key, value in config.items() if key.startswith("pooling_mode") and value is True]
    if unknown := [key for key in named if key not in POOLINGS]:
        raise CheckpointError(f"{folder / POOLING_FILE}: {unknown[0][:60]} is not one of {', '.join(POOLINGS)}")
    return POOLINGS[named[0]] if named else "mean"


def prompts_of(folder: Path) -> dict[str, str]:
    """Return the texts that precede a query and a passage, by ``kind``; the folder may name them."""
    prompts = settings(folder / PROMPTS_FILE).get("prompts", {})
    texts = {name: text for name, text in prompts.items() if isinstance(text, str)} if isinstance(prompts, dict) else {}
    passage = next((texts[name] for name in PASSAGE_PROMPTS if name in texts), "")
    return {"query": texts.get("query", ""), "passage": passage}


def settings(path: Path) -> Mapping[str, Any]:
    """Return the object of a JSON file, {} if there is no such file. Raises CheckpointError."""
    if not path.is_file():
        return {}
    try:
        found = read_json(path, MEBIBYTE)
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path}: cannot be read as JSON: {error}") from error
    if not isinstance(found, dict):
        raise CheckpointError(f"{path}: holds no JSON object")
    return found


def context_of(model: Any, tokenizer: Any) -> int:
    """Return the most tokens of a text that a model reads."""
    known = [getattr(model.config, "max_position_embeddings", 0) or 0, tokenizer.model_max_length]
    return int(min([length for length in known if 8 <= length <= 1 << 20], default=USUAL_CONTEXT))
