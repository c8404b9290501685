"""Train a model to its end and save it with its tokenizer, its training record and its manifest."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from transformers import PreTrainedTokenizerBase

from hintree.models.local.load import write_manifest
from hintree.training.loop import DEVICE, DrawRow, TrainingSchedule, train
from hintree.training.shipped.vocabulary import build_tokenizer

RECORD = "training.json"


def train_and_save(
    model: Any,
    draw: DrawRow,
    schedule: TrainingSchedule,
    out: Path,
    name: str,
    *,
    tokenizer: PreTrainedTokenizerBase | None = None,
    convert: Callable[[Any], Any] | None = None,
    spent: float = 0.0,
    earlier: Path | None = None,
) -> None:
    """Train and save one model.

    Args:
        model: What is trained, in place.
        draw: Draws the training rows.
        schedule: How long and how fast.
        out: Folder of the log and of the trained model.
        name: Of the trained model.
        tokenizer: By default the lab's.
        ready: From what was trained to what is saved.
        spent: CPU seconds that its data took.
        earlier: The model that it goes on from, whose record is kept.
    """
    tokenizer = tokenizer or build_tokenizer()
    seconds = train(model, tokenizer, draw, schedule, out, name) + spent
    model = convert(model) if convert else model
    model.save_pretrained(out / name)
    tokenizer.save_pretrained(out / name)
    record: dict[str, Any] = {
        "device": DEVICE,
        "cpu_seconds": round(seconds),
        "parameters": model.num_parameters(),
        "schedule": vars(schedule),
    }
    if earlier is not None:
        record["earlier"] = json.loads((earlier / RECORD).read_text())
    (out / name / RECORD).write_text(json.dumps(record, indent=1) + "\n")
    write_manifest(out / name)
