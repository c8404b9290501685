"""Ablation of the offset heads: train on copy rows alone and measure copying, recitals and lookups.

    python -m hintree.training.shipped.circuits

Trains a model of the teacher's size with and without offset heads in its initialisation. Prints the share of label
tokens that it predicts in copy rows, and in recitals and lookups, which it was never trained on.
"""

import random
import tempfile
from pathlib import Path

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from hintree.lab.generate import problems
from hintree.training.loop import TrainingSchedule, collate, train
from hintree.training.shipped.initialisation import new_model
from hintree.training.shipped.recipes import TEACHER, TEACHER_MIX, by_curriculum
from hintree.training.shipped.rows import IGNORED, TrainingRow, copy, lookup, recital
from hintree.training.shipped.vocabulary import build_tokenizer

STEPS = 600
ROWS = 60


def predicted(model: PreTrainedModel, rows: list[TrainingRow], pad: int) -> float:
    """Return the share of label tokens that the model predicts, in [0, 1]."""
    batch = collate(rows, pad)
    labels, _ = batch.pop("labels")[:, 1:], batch.pop("weights")
    with torch.inference_mode():
        guesses = model.eval()(**batch).logits[:, :-1].argmax(-1)
    return float((guesses == labels).sum() / (labels != IGNORED).sum())


def exercises(tokenizer: PreTrainedTokenizerFast) -> dict[str, list[TrainingRow]]:
    """Return held-out rows of each kind."""
    rng = random.Random(0)
    lab_problems = list(problems("validation", range(2, 6), n=ROWS, seed=0))
    return {
        "copy": [copy(rng, tokenizer) for _ in range(ROWS)],
        "recital": [recital(rng, p, tokenizer) for p in lab_problems],
        "lookup": [lookup(rng, p, tokenizer) for p in lab_problems],
    }


def main() -> None:
    """Print one row per ablation."""
    torch.set_num_threads(1)
    tokenizer = build_tokenizer()
    rows = exercises(tokenizer)
    print(f"share of tokens predicted after {STEPS} steps on copy rows alone\n")
    print("| offset heads | CPU s | copy | recital | lookup |\n|---|---|---|---|---|")
    for offset_heads in (False, True):
        model = new_model(tokenizer, TEACHER, seed=1, offset_heads=offset_heads)
        draw = by_curriculum(tokenizer, TEACHER_MIX)
        with tempfile.TemporaryDirectory() as folder:
            seconds = train(model, tokenizer, draw, TrainingSchedule(steps=STEPS, hold=1.0), Path(folder), "copy rows")
        shares = [f"{predicted(model, part, tokenizer.pad_token_id):.2f}" for part in rows.values()]
        print(f"| {'yes' if offset_heads else 'no'} | {seconds:.0f} | {' | '.join(shares)} |", flush=True)


if __name__ == "__main__":
    main()
