"""Fine-tune a language model into a hinter: all of its weights, or LoRA adapters that are merged at the end."""

import warnings
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedModel

from hintree.errors import UsageError
from hintree.models import load_model
from hintree.models.local.manifest import MANIFEST
from hintree.training.finish import train_and_save
from hintree.training.hinter.hint_data import DrawSolution
from hintree.training.hinter.rows import draw_hint_rows
from hintree.training.loop import TrainingSchedule


def tune(draw: DrawSolution, model: str, schedule: TrainingSchedule, out: Path, name: str, *, lora: int = 0) -> None:
    """Train ``out/name`` from a model by name, unless it exists; an interrupted run is resumed.

    Args:
        draw: Draws solutions with hints.
        model: The model to tune: ``embedded:NAME``, a folder or a hub id.
        schedule: Steps, batch size, learning rates and seed.
        out: Folder of the log ``NAME.jsonl``, of the checkpoint and of the tuned model ``NAME``.
        name: Name of the tuned model.
        lora: Rank of LoRA adapters on all linear layers (needs ``hintree[train]``); 0 tunes all weights.

    Raises:
        UsageError: peft is needed and not installed.
        ModelError: The model cannot be loaded.
    """
    if (out / name / MANIFEST).is_file():
        return
    loaded = load_model(model, dtype="float32", pack=False)
    tuned = add_lora(loaded.model, lora, schedule.seed) if lora else loaded.model
    rows = draw_hint_rows(draw, loaded.tokenizer)
    train_and_save(tuned, rows, schedule, out, name, tokenizer=loaded.tokenizer, convert=merge_lora if lora else None)


def add_lora(model: PreTrainedModel, rank: int, seed: int) -> Any:
    """Add LoRA adapters to the model, initialised from the seed."""
    try:
        from peft import LoraConfig, get_peft_model
    except ImportError as error:
        raise UsageError('--lora needs peft: pip install "hintree[train]"') from error
    torch.manual_seed(seed)
    config = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules="all-linear", task_type="CAUSAL_LM")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft asks transformers by a name that is going to change
        return get_peft_model(model, config)


def merge_lora(model: Any) -> Any:
    """Merge the adapters into the weights, so that any loader can load the model."""
    return model.merge_and_unload()
