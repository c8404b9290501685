"""LoRA (arXiv 2106.09685) with peft: adapters on all linear layers, merged into the weights at the end."""

import warnings
from typing import Any, Literal

import torch
from transformers import PreTrainedModel

from hintree.errors import UsageError
from hintree.models.local.tree_support import HEADS


def add_lora(model: PreTrainedModel, rank: int, seed: int, task: Literal["CAUSAL_LM", "TOKEN_CLS"]) -> Any:
    """Add LoRA adapters to a model, initialised from the seed; the head of a token classifier is trained whole.

    Raises:
        UsageError: peft is not installed.
    """
    try:
        from peft import LoraConfig, get_peft_model
    except ImportError as error:
        raise UsageError('--lora needs peft: pip install "hintree[train]"') from error
    torch.manual_seed(seed)
    heads = [name for name in HEADS if hasattr(model, name)]  # peft trains them whole
    config = LoraConfig(
        r=rank, lora_alpha=2 * rank, target_modules="all-linear", exclude_modules=heads or None, task_type=task
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft asks transformers by a name that is going to change
        return get_peft_model(model, config)


def merge_lora(model: Any) -> Any:
    """Merge the adapters into the weights, so that any loader can load the model."""
    return model.merge_and_unload()
