"""From nothing to the shipped models: the stages of ``hintree lab train``, each resumable."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import torch
from transformers import LlamaForCausalLM, PreTrainedModel

from hintree.experiments.lab import recipes
from hintree.experiments.lab.judge import new_judge
from hintree.experiments.lab.prm_rows import by_drafts, write_drafts
from hintree.experiments.lab.train import Draw, Schedule, new_model, train
from hintree.experiments.lab.vocabulary import build_tokenizer
from hintree.models.load import MANIFEST, load_model, write_manifest
from hintree.search import UsageError


def train_all(out: Path, only: str | None = None) -> None:
    """Run every stage that is not done yet, or only one of them; on one thread, the models being small."""
    if only is not None and only not in STAGES:
        raise UsageError(f"stage {only!r} is not one of {', '.join(STAGES)}")
    torch.set_num_threads(1)
    for name, stage in STAGES.items():
        if only in (None, name) and not (out / name / MANIFEST).is_file():
            stage(out)


def finish(model: PreTrainedModel, draw: Draw, schedule: Schedule, out: Path, name: str, extra: float = 0.0) -> None:
    """Train and save one model with its tokenizer, its training record and its manifest."""
    tokenizer = build_tokenizer()
    seconds = train(model, tokenizer, draw, schedule, out, name) + extra
    model.save_pretrained(out / name)
    tokenizer.save_pretrained(out / name)
    record = {"cpu_seconds": round(seconds), "parameters": model.num_parameters(), "schedule": vars(schedule)}
    (out / name / "training.json").write_text(json.dumps(record, indent=1) + "\n")
    write_manifest(out / name)


def teacher(out: Path) -> None:
    """The larger model, trained for long."""
    grow(out, "teacher", recipes.TEACHER, recipes.TEACHER_SCHEDULE, recipes.WHOLE.drills)


def student(out: Path) -> None:
    """The smaller model, trained for a short time and with few sums."""
    grow(out, "student", recipes.STUDENT, recipes.STUDENT_SCHEDULE, recipes.STUDENT_DRILLS)


def grow(out: Path, name: str, size: recipes.Size, schedule: Schedule, drills: float) -> None:
    """A language model from nothing."""
    tokenizer = build_tokenizer()
    model = new_model(tokenizer, hidden=size.hidden, layers=size.layers, seed=schedule.seed)
    finish(model, recipes.by_curriculum(tokenizer, drills), schedule, out, name)


def hinter(out: Path) -> None:
    """The hinter: the teacher, taught to write hints only."""
    model = LlamaForCausalLM.from_pretrained(out / "teacher")
    finish(model, recipes.by_hints(recipes.HINTS, build_tokenizer()), recipes.HINTER_SCHEDULE, out, "hinter")


def prm(out: Path) -> None:
    """The PRM: the teacher, a comparison and a trained layer, on the student's labelled drafts."""
    drafts, clock = out / "drafts.jsonl", time.process_time()
    if not drafts.is_file():
        write_drafts(drafts, load_model(str(out / "student")), recipes.DRAFTS, seed=1)
    spent = time.process_time() - clock
    writer = LlamaForCausalLM.from_pretrained(out / "teacher")
    model = new_judge(writer, seed=recipes.PRM_SCHEDULE.seed)
    finish(model, by_drafts(drafts, build_tokenizer()), recipes.PRM_SCHEDULE, out, "prm", spent)


STAGES: dict[str, Callable[[Path], None]] = {"student": student, "teacher": teacher, "hinter": hinter, "prm": prm}
"""In order: hinter and PRM start from the teacher, and the PRM learns from the student's drafts."""
