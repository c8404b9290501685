"""Transformers models that the user has loaded, given to ``Solver`` as pairs of a model and its tokenizer."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hintree.errors import UsageError
from hintree.scorers import PRM, PRMSpec, find_spec
from hintree.search import Handler

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


def is_pair(model: Any) -> bool:
    """Return True for a plain tuple; a ``Handler`` is none."""
    return isinstance(model, tuple) and not isinstance(model, Handler)


def with_loaded(models: Mapping[str, Any], prm_spec: str | PRMSpec | None) -> dict[str, Any]:
    """Return the models by role, each pair as a model on the prefix cache; roles with the same pair share one.

    The scorer's pair is a PRM in the form that ``prm_spec`` declares. Weights and tokenizers are not modified, but for
    the evaluation mode.

    Raises:
        UsageError: A pair is not a transformers model and its tokenizer.
    """
    known: dict[tuple[int, int], Any] = {}
    result = dict(models)
    for role, pair in models.items():
        if is_pair(pair):
            model, tokenizer = checked_pair(role, pair)
            key = (id(model), id(tokenizer))
            if role == "scorer":
                result[role] = prm_of(model, tokenizer, prm_spec)
            else:
                result[role] = known[key] = known.get(key) or writer_of(model, tokenizer)
    return result


def checked_pair(role: str, pair: tuple[Any, ...]) -> "tuple[PreTrainedModel, PreTrainedTokenizerBase]":
    """Return model and tokenizer of a pair. Raises UsageError if they are not, in this order."""
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    kinds = (PreTrainedModel, PreTrainedTokenizerBase)
    if len(pair) != 2 or not all(map(isinstance, pair, kinds)):
        given = ", ".join(type(part).__name__ for part in pair)
        raise UsageError(f"{role}=({given}) is no pair of a loaded transformers model and its tokenizer, in this order")
    return pair[0], pair[1]


def writer_of(model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase") -> Any:
    """Return a language model on loaded weights."""
    from hintree.models.local.model import LocalModel

    return LocalModel(loaded_name(model), model, tokenizer)


def prm_of(model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase", spec: str | PRMSpec | None) -> Any:
    """Return a PRM on loaded weights. Raises UsageError for a head that is stored apart from the model."""
    from hintree.models.local.classifier import LocalClassifier
    from hintree.models.local.head_layers import from_tokens

    name = loaded_name(model)
    found = find_spec(name, spec)
    head = found.reading()
    if head.kind == "tensors":
        raise UsageError(f"scorer=({name}, tokenizer): its head is stored apart from the model; give its name instead")
    layers = from_tokens(name, model, tokenizer, head) if head.kind == "tokens" and not head.running else None
    return PRM(LocalClassifier(name, model, tokenizer, head=head, layers=layers), found)


def loaded_name(model: "PreTrainedModel") -> str:
    """Return the name that loaded weights came by; the name of their class if there is none."""
    return str(getattr(model, "name_or_path", "") or type(model).__name__)
