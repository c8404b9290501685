"""Process reward models that vLLM runs in this process: logits at marked tokens of a text.

Token classifiers run on vLLM's pooling runner, label tokens on its generating one. Both return logits, and the head's
declaration turns them into a probability as for a local classifier.
"""

from collections.abc import Sequence
from functools import reduce

import torch
from torch import Tensor

from hintree.errors import ModelError, UsageError
from hintree.models.base import Piece, Scored
from hintree.models.head_spec import Head
from hintree.models.local.classifier import Coded, encode_pieces
from hintree.models.local.coding import encode_and_run
from hintree.models.local.head_layers import check_label_indices, label_ids, label_probabilities
from hintree.models.local.sequence import not_finite, too_long
from hintree.models.vllm.engine import EngineModel, engine_failed, usage_of
from hintree.models.vllm.model import NextToken, VLLMModel
from hintree.search.core.ledger import Usage

PROCESS_REWARD_MODEL = "Qwen2ForProcessRewardModel"
"""Architecture whose head vLLM has: two linear layers named ``score``."""


class PieceClassifier(EngineModel):
    """Model of vLLM that reads texts by their pieces; implements ``Classifier`` but for ``_classify``."""

    def classify(
        self, texts: Sequence[Sequence[Piece]], *, groups: Sequence[str] = (), whole: bool = False, bos: bool = True
    ) -> list[Scored | ModelError]:
        """Return the probability of "right" at each marked piece of each text; ignores ``groups``."""
        return encode_and_run(
            self.name, texts, lambda text: encode_pieces(self.tokenizer, text, whole=whole, bos=bos), self._classify
        )

    def _classify(self, coded: Sequence[Coded]) -> list[Scored | ModelError]:
        """Return the results of ``classify`` for texts by their token ids and marks."""
        raise NotImplementedError


class VLLMClassifier(PieceClassifier):
    """Token classifier on vLLM's pooling runner; implements ``Classifier``.

    Every token of a text is computed again for each score: vLLM keeps no token labels.

    Args:
        name, device, dtype: As for ``EngineModel``.
        head: Declares the logits to read and how they become a probability.

    Raises:
        UsageError: vLLM has no such head; errors of ``EngineModel`` as well.
    """

    def __init__(self, name: str, head: Head, *, device: str = "auto", dtype: str = "auto") -> None:
        pooler = {"tok_pooling_type": "ALL", "use_activation": False}
        self.head = head
        super().__init__(name, runner="pooling", device=device, dtype=dtype, pooler_config=pooler)

    def check(self) -> None:
        """Raise UsageError unless vLLM has the declared head."""
        check_head(self.name, self.head, list(getattr(self.config, "architectures", None) or []))

    def _classify(self, coded: Sequence[Coded]) -> list[Scored | ModelError]:
        fitting = [i for i, (ids, _) in enumerate(coded) if len(ids) <= self.context]
        results: list[Scored | ModelError] = [too_long(self.name, len(ids), self.context) for ids, _ in coded]
        prompts = [{"prompt_token_ids": coded[i][0]} for i in fitting]
        try:
            found = self.llm.encode(prompts, pooling_task="token_classify", use_tqdm=False) if prompts else []
        except Exception as error:  # vLLM raises the errors of many libraries
            return [engine_failed(self.name, error)] * len(coded)
        for i, output in zip(fitting, found, strict=True):
            results[i] = scored(self, self.head, output.outputs.data[coded[i][1]], usage_of(output))
        return results


class VLLMLabelTokens(PieceClassifier, VLLMModel):
    """Language model of vLLM that is read as a classifier by the logits of label tokens, as in Math-Shepherd.

    Args:
        name, device, dtype: As for ``EngineModel``.
        head: Declares the labels, and how their logits become a probability.
    """

    def __init__(self, name: str, head: Head, *, device: str = "auto", dtype: str = "auto") -> None:
        super().__init__(name, device=device, dtype=dtype)
        self.head = head
        self._labels = [] if head.running else label_ids(name, self.tokenizer, head.labels)
        check_label_indices(name, head, len(head.labels))

    def _classify(self, coded: Sequence[Coded]) -> list[Scored | ModelError]:
        prefixes = [ids[: mark + 1] for ids, marks in coded for mark in marks]
        values = iter(self.next_logprobs(prefixes, [self._labels] * len(prefixes)))
        return [self._joined([next(values) for _ in marks]) for _, marks in coded]

    def _joined(self, values: Sequence[NextToken | ModelError]) -> Scored | ModelError:
        """Return the result of a text from those of its prefixes up to each mark."""
        found = [value for value in values if isinstance(value, NextToken)]
        if len(found) < len(values):
            return next(value for value in values if isinstance(value, ModelError))
        logits = torch.tensor([[value.logprobs[token] for token in self._labels] for value in found])
        usage = reduce(Usage.plus, [value.usage for value in found], Usage())
        return Scored(tuple(label_probabilities(self.head, logits).tolist()), usage)


AnyVLLMClassifier = VLLMClassifier | VLLMLabelTokens


def scored(model: EngineModel, head: Head, logits: Tensor, usage: Usage) -> Scored | ModelError:
    """Return the probabilities of logits [marks, labels] and count their usage; an error if one is not finite."""
    if not bool(logits.isfinite().all()):
        return not_finite(model.name)
    model.usage = model.usage.plus(usage)
    return Scored(tuple(label_probabilities(head, logits.float()).tolist()), usage)


def check_head(name: str, head: Head, architectures: Sequence[str]) -> None:
    """Raise UsageError unless vLLM has the declared head in a model of one of these architectures."""
    known = head.kind == "labels" and any(kind.endswith("ForTokenClassification") for kind in architectures)
    known |= (head.kind, head.tensors) == ("tensors", "score") and PROCESS_REWARD_MODEL in architectures
    if not known:
        own = f"the tensors {head.tensors!r}" if head.kind == "tensors" else "a token classifier"
        raise UsageError(
            f"scorer {name}: its declaration reads {own} of {', '.join(architectures) or 'no known architecture'}, and "
            f"vLLM has the heads of token classifiers and of {PROCESS_REWARD_MODEL}; name the model without 'vllm:'"
        )
