"""Fine-tune a language model into a hinter: all of its weights, or LoRA adapters that are merged at the end."""

import warnings
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedModel

from hintree.errors import UsageError
from hintree.models import load_model
from hintree.models.local.load import MANIFEST
from hintree.training.finish import train_and_save
from hintree.training.hinter.hint_data import DrawSolution
from hintree.training.hinter.rows import draw_hint_rows
from hintree.training.loop import TrainingSchedule


def tune(draw: DrawSolution, model: str, schedule: TrainingSchedule, out: Path, name: str, *, lora: int = 0) -> None:
    """Train ``out/name`` from a model by name, unless it is there; a run that was interrupted goes on.

    Args:
        draw: Draws the lessons.
        model: What is tuned: ``embedded:NAME``, a folder or a hub id.
        schedule: How long and how fast.
        out: Folder of the log ``NAME.jsonl``, of the resume point and of the tuned model ``NAME``.
        name: Of the tuned model.
        lora: Rank of LoRA adapters on all linear layers (needs ``hintree[train]``); 0 tunes all weights.

    Raises:
        UsageError: peft is needed and not there.
        ModelError: The model cannot be loaded.
    """
    if (out / name / MANIFEST).is_file():
        return
    loaded = load_model(model, dtype="float32")
    tuned = add_lora(loaded.model, lora, schedule.seed) if lora else loaded.model
    rows = draw_hint_rows(draw, loaded.tokenizer)
    train_and_save(tuned, rows, schedule, out, name, tokenizer=loaded.tokenizer, convert=merge_lora if lora else None)


def add_lora(model: PreTrainedModel, rank: int, seed: int) -> Any:
    """The model with LoRA adapters, whose first weights come from the seed."""
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
    """The model with its adapters added to its weights: what any loader can load."""
    return model.merge_and_unload()
