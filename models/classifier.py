"""Local token classifiers: label probabilities at marked places of a text. This is what a PRM runs on."""

from collections.abc import Sequence

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from hintree.models.base import Piece, Scored
from hintree.models.local import BATCH_TOKENS, context_length, too_long
from hintree.models.text import plain
from hintree.search.errors import LogitsError, ModelError
from hintree.search.ledger import Usage


class LocalClassifier:
    """A token-classification model on this machine; see ``Classifier`` for what it offers."""

    def __init__(self, name: str, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
        self.name = name
        self.model = model.eval()
        self.tokenizer = tokenizer
        self.parameters = model.num_parameters()
        self.context = context_length(model)
        self.usage = Usage()

    def classify(self, texts: Sequence[Sequence[Piece]]) -> list[Scored | ModelError]:
        """Probability of the last label at each marked piece of each text."""
        coded = [self._encode(pieces) for pieces in texts]
        answers: list[Scored | ModelError] = [too_long(self.name, len(ids), self.context) for ids, _ in coded]
        fitting = [i for i, (ids, _) in enumerate(coded) if len(ids) <= self.context]
        fitting.sort(key=lambda i: len(coded[i][0]))
        while fitting:
            size = max(1, BATCH_TOKENS // len(coded[fitting[-1]][0]))
            batch, fitting = fitting[-size:], fitting[:-size]
            for i, scored in zip(batch, self._forward([coded[i] for i in batch]), strict=True):
                answers[i] = scored
        return answers

    def _encode(self, pieces: Sequence[Piece]) -> tuple[list[int], list[int]]:
        """Token ids, and the index of the last token of every marked piece."""
        ids = [] if self.tokenizer.bos_token_id is None else [int(self.tokenizer.bos_token_id)]
        marks = []
        for piece in pieces:
            ids += plain(self.tokenizer, piece.text)
            if piece.mark:
                marks.append(len(ids) - 1)
        return ids, marks

    def _forward(self, batch: Sequence[tuple[list[int], list[int]]]) -> list[Scored | ModelError]:
        longest = max(len(ids) for ids, _ in batch)
        device = self.model.device
        padded = torch.tensor([ids + [0] * (longest - len(ids)) for ids, _ in batch], device=device)
        mask = torch.tensor([[1] * len(ids) + [0] * (longest - len(ids)) for ids, _ in batch], device=device)
        with torch.inference_mode():
            chances = self.model(input_ids=padded, attention_mask=mask).logits.float().softmax(-1)[..., -1].cpu()
        answers: list[Scored | ModelError] = []
        for row, (ids, marks) in zip(chances, batch, strict=True):
            values = row[marks]
            usage = Usage(1, len(ids), len(ids), 0)
            self.usage = self.usage.plus(usage)
            healthy = bool(torch.isfinite(values).all())
            answers.append(Scored(tuple(values.tolist()), usage) if healthy else LogitsError(f"{self.name}: NaN"))
        return answers
