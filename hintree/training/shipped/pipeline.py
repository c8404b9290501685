"""The stages of ``hintree lab train``, from scratch to the shipped models; each is resumable."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from transformers import LlamaForCausalLM, LlamaForTokenClassification, PreTrainedTokenizerFast

from hintree.errors import UsageError
from hintree.models.local.classifier import LocalClassifier
from hintree.models.local.load import load_model, locate
from hintree.models.local.manifest import MANIFEST
from hintree.scorers import FAMILIES, FILE, PRM
from hintree.training.finish import train_and_save
from hintree.training.hinter.rows import draw_hint_rows
from hintree.training.loop import TrainingSchedule
from hintree.training.prm.train import save
from hintree.training.shipped import recipes
from hintree.training.shipped.growth import grown
from hintree.training.shipped.initialisation import new_model, widen
from hintree.training.shipped.prm_architecture import new_prm
from hintree.training.shipped.prm_rows import by_drafts, write_drafts
from hintree.training.shipped.rows import TrainingRow
from hintree.training.shipped.vocabulary import build_tokenizer

DRAFTS_FILE = "drafts.jsonl"
Stage = Callable[[Path, Path | None], None]
"""Trains one model into a folder, given the folder of earlier models to continue, if any."""


def train_all(out: Path, only: str | None = None, start: Path | None = None) -> None:
    """Run every stage that is not done yet, or only one of them; on one thread, because the models are small.

    Args:
        out: Folder of logs and models.
        only: Name of a stage.
        start: Folder of earlier models, which the language models of the same names continue.

    Raises:
        UsageError: There is no such stage.
    """
    if only is not None and only not in STAGES:
        raise UsageError(f"stage {only!r} is not one of {', '.join(STAGES)}")
    torch.set_num_threads(1)
    for name, stage in STAGES.items():
        done = out / DRAFTS_FILE if name == "drafts" else out / name / MANIFEST
        if only in (None, name) and not done.is_file():
            stage(out, start)


def language_model(name: str) -> Stage:
    """Return the stage that trains a language model of ``recipes.RECIPES``."""

    def stage(out: Path, start: Path | None) -> None:
        recipe, tokenizer = recipes.RECIPES[name], build_tokenizer()
        if start is not None and (start / name).is_dir():
            schedule, earlier = recipe.further, start / name
            model, draw = widen(earlier, tokenizer, seed=schedule.seed), recipes.by_mix(tokenizer, recipe.mix)
        elif recipe.grown_from:
            schedule, earlier = recipe.schedule, out / recipe.grown_from
            model, draw = grown(earlier, recipe.size, seed=schedule.seed), recipes.by_mix(tokenizer, recipe.mix)
        else:
            schedule, earlier = recipe.schedule, None
            model = new_model(tokenizer, recipe.size, seed=schedule.seed)
            draw = recipes.by_curriculum(tokenizer, recipe.mix)
        train_and_save(model, draw, schedule, out, name, earlier=earlier)

    return stage


def hinter(out: Path, start: Path | None) -> None:
    """Train the reader to write hints only: for the next step, and for a step that failed."""
    tokenizer, earlier = build_tokenizer(), out / "reader"
    hints = draw_hint_rows(recipes.draw_hinted_solution, tokenizer)
    informed = recipes.by_mix(tokenizer, recipes.INFORMED)

    def draw(rng: random.Random, step: int) -> TrainingRow:
        return (informed if rng.random() < recipes.INFORMED_SHARE else hints)(rng, step)

    model = LlamaForCausalLM.from_pretrained(earlier)
    train_and_save(model, draw, recipes.HINTER_SCHEDULE, out, "hinter", earlier=earlier)


def drafts(out: Path, start: Path | None) -> None:
    """Write the solutions that the PRMs are trained on, by the student before its last stage."""
    write_drafts(out / DRAFTS_FILE, load_model(str(out / "student-base")), recipes.DRAFTS, seed=1)


def prm(out: Path, start: Path | None) -> None:
    """Train the PRM, which is the reader with three layers on top, on the student's labelled solutions."""
    train_prm(out, "prm", untrained_prm(out / "prm-reader", recipes.PRM_SCHEDULE.seed), recipes.PRM_SCHEDULE)


def small_prm(out: Path, start: Path | None) -> None:
    """Train all weights of the reader as a PRM that is hardly larger than a student."""
    torch.manual_seed(recipes.SMALL_PRM_SCHEDULE.seed)
    labels: dict[str, Any] = {"id2label": {0: "wrong", 1: "right"}, "label2id": {"wrong": 0, "right": 1}}
    model = LlamaForTokenClassification.from_pretrained(out / "prm-reader", num_labels=2, **labels)
    train_prm(out, "prm-small", model, recipes.SMALL_PRM_SCHEDULE)


def train_prm(out: Path, name: str, model: LlamaForTokenClassification, schedule: TrainingSchedule) -> None:
    """Train a PRM on the drafts and save it with its declaration."""
    (out / name).mkdir(parents=True, exist_ok=True)
    (out / name / FILE).write_text(FAMILIES["lab"].to_yaml(), encoding="utf-8")
    train_and_save(model, by_drafts(out / DRAFTS_FILE, build_tokenizer()), schedule, out, name)


def untrained_prm(writer: Path, seed: int) -> LlamaForTokenClassification:
    """Build the PRM on top of a language model, before any training."""
    newline = PreTrainedTokenizerFast.from_pretrained(writer).get_vocab()["\n"]
    return new_prm(LlamaForCausalLM.from_pretrained(writer), newline, seed=seed)


def write_untrained_prm(out: Path, seed: int) -> None:
    """Write the PRM on top of the shipped teacher, before any training."""
    spec, writer = FAMILIES["lab"], Path(locate("embedded:teacher"))
    untrained, tokenizer = untrained_prm(writer, seed), PreTrainedTokenizerFast.from_pretrained(writer)
    save(PRM(LocalClassifier("untrained PRM", untrained, tokenizer, head=spec.reading()), spec), out)


STAGES: dict[str, Stage] = {
    **{name: language_model(name) for name in recipes.RECIPES},
    "hinter": hinter,
    "drafts": drafts,
    "prm": prm,
    "prm-small": small_prm,
}
"""In order: hinter and PRMs start from the reader; PRMs learn from the drafts."""
