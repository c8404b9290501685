"""Train a model to the end of its schedule and save it with its tokenizer, training record and manifest."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from transformers import PreTrainedTokenizerBase

from hintree.models.local.manifest import write_manifest
from hintree.training.loop import DEVICE, DrawRow, TrainingSchedule, train
from hintree.training.shipped.vocabulary import build_tokenizer
from hintree.whole_files import full_disk_reported, write_whole

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
    earlier: Path | None = None,
) -> None:
    """Train one model and save it to ``out/name``.

    Args:
        model: Trained in place.
        draw: Draws the training rows.
        schedule: Steps, batch size, learning rates and seed.
        out: Folder of the log and of the trained model.
        name: Name of the trained model.
        tokenizer: By default the lab's.
        convert: Turns the trained model into the model that is saved; by default they are the same.
        earlier: Folder of the model that training continues from; its record is kept in the new one.
    """
    tokenizer = tokenizer or build_tokenizer()
    seconds = train(model, tokenizer, draw, schedule, out, name)
    model = convert(model) if convert else model
    with full_disk_reported(out):
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
    write_whole(out / name / RECORD, json.dumps(record, indent=1) + "\n")
    write_manifest(out / name)
