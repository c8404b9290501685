"""Heads of classifiers: from hidden states to label logits, and from these to one probability.

All computation after the hidden states is in float32, or float64 if the model is.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from hintree.errors import CheckpointError
from hintree.models.head_spec import Head
from hintree.models.local.text import raw


def label_probabilities(head: Head, logits: Tensor) -> Tensor:
    """Return the probability of "right" in [0, 1], shape [...], from label logits, shape [..., labels]."""
    if head.running:
        raise CheckpointError(f"labels {head.labels}: they follow running text, and are read by read_labels")
    logits = logits if logits.dtype == torch.float64 else logits.float()
    if head.activation == "softmax":
        return logits.softmax(-1)[..., list(head.right)].sum(-1).clamp(0, 1)
    if head.activation == "expectation":
        marks = torch.linspace(0, 1, logits.shape[-1], device=logits.device, dtype=logits.dtype)
        return (logits.softmax(-1) * marks).sum(-1).clamp(0, 1)
    value = logits[..., head.right[0]] / head.scale
    return value.sigmoid() if head.activation == "sigmoid" else (1 + value.tanh()) / 2


class Layers(nn.Module):
    """One linear layer, or several with ReLU between them, in float32, or float64 if the model is.

    Copies the given weights.

    Args:
        layers: Weight [out, in] and bias [out] or None of each layer, first to last.
        like: A tensor of the model, for the device and the number format.
    """

    def __init__(self, layers: Sequence[tuple[Tensor, Tensor | None]], like: Tensor) -> None:
        super().__init__()
        self.kind = torch.float64 if like.dtype == torch.float64 else torch.float32
        self.layers = nn.ModuleList()
        for weight, bias in layers:
            layer = nn.Linear(weight.shape[1], weight.shape[0], bias is not None, device=like.device, dtype=self.kind)
            with torch.no_grad():
                layer.weight.copy_(weight)
                if bias is not None:
                    layer.bias.copy_(bias)
            self.layers.append(layer)

    def forward(self, hidden: Tensor) -> Tensor:
        """Return logits, shape [..., labels], from hidden states, shape [..., width]."""
        hidden = hidden.to(self.kind)
        for i, layer in enumerate(self.layers):
            hidden = layer(hidden if i == 0 else hidden.relu())
        return hidden


def from_tensors(name: str, tensors: Mapping[str, Tensor], head: Head, like: Tensor) -> Layers:
    """Build a head from a checkpoint's tensors of its name. Raises CheckpointError if they are not linear layers."""
    found = {key.removeprefix(f"{head.tensors}."): t for key, t in tensors.items()}
    places = [""] if "weight" in found else sorted({key.rpartition(".")[0] + "." for key in found})
    known = {f"{place}{what}" for place in places for what in ("weight", "bias")}
    if not found or set(found) - known or not {f"{place}weight" for place in places} <= set(found):
        raise CheckpointError(
            f"model {name}: its head {head.tensors!r} should be one linear layer or several, and the checkpoint has "
            f"{sorted(tensors) or 'no such tensor'}; give the right family with --prm-spec"
        )
    layers = [(found[f"{place}weight"], found.get(f"{place}bias")) for place in places]
    check_label_indices(name, head, len(layers[-1][0]))
    return Layers(layers, like)


def from_tokens(name: str, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, head: Head) -> nn.Module:
    """Build a head from the rows of a language model's output layer for the label tokens.

    Raises:
        CheckpointError: Labels share a token or are unknown, or the model's logits are not a linear map of its hidden
            states.
    """
    ids = label_ids(name, tokenizer, head.labels)
    check_label_indices(name, head, len(ids))
    whole = model.get_output_embeddings()
    weight = whole.weight.detach()
    bias = getattr(whole, "bias", None)
    rows = Layers([(weight[ids], None if bias is None else bias[ids])], weight)
    with torch.inference_mode():
        some = torch.tensor([[1, 2, 3]], device=model.device)
        want = model(input_ids=some).logits[0, -1, ids].float()
        got = rows(model.base_model(input_ids=some).last_hidden_state[0, -1]).float()
    if float((got - want).abs().max()) > 0.02 * max(1.0, float(want.abs().max())):
        raise CheckpointError(
            f"model {name}: its logits are not a linear map of its hidden states; it cannot be read here"
        )
    return rows


def label_ids(name: str, tokenizer: PreTrainedTokenizerBase, labels: Sequence[str]) -> list[int]:
    """Return the last token of each label text. Raises CheckpointError if two are the same token, or one is unknown."""
    coded = [raw(tokenizer, label) for label in labels]
    if not all(coded):
        raise CheckpointError(f"model {name}: one of the labels {labels} has no token; each needs one of its own")
    ids = [label[-1] for label in coded]
    if len(set(ids)) < len(ids) or tokenizer.unk_token_id in ids:
        raise CheckpointError(f"model {name}: the labels {labels} are the tokens {ids}; each needs one of its own")
    return ids


def check_label_indices(name: str, head: Head, size: int) -> None:
    """Raise CheckpointError unless every index in ``head.right`` fits ``size`` logits."""
    if any(not -size <= place < size for place in head.right):
        raise CheckpointError(f"model {name}: its head has {size} labels, and the declaration reads {head.right}")
