"""Fine-tune a language model into a hinter: all of its weights, or LoRA adapters that are merged at the end."""

from pathlib import Path

from hintree.models import load_model
from hintree.models.local.manifest import MANIFEST
from hintree.training.finish import train_and_save
from hintree.training.hinter.hint_data import DrawSolution
from hintree.training.hinter.rows import draw_hint_rows
from hintree.training.loop import TrainingSchedule
from hintree.training.lora import add_lora, merge_lora


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
    tuned = add_lora(loaded.model, lora, schedule.seed, "CAUSAL_LM") if lora else loaded.model
    rows = draw_hint_rows(draw, loaded.tokenizer)
    train_and_save(tuned, rows, schedule, out, name, tokenizer=loaded.tokenizer, convert=merge_lora if lora else None)
