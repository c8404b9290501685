"""The stages of ``hintree lab train``, from scratch to the shipped models; each is resumable."""

import time
from collections.abc import Callable
from pathlib import Path

import torch
from transformers import LlamaForCausalLM, LlamaForTokenClassification

from hintree.errors import UsageError
from hintree.models.local.classifier import LocalClassifier
from hintree.models.local.load import load_model, locate
from hintree.models.local.manifest import MANIFEST
from hintree.scorers import FAMILIES, FILE, PRM
from hintree.training.finish import train_and_save
from hintree.training.hinter.tune import tune
from hintree.training.loop import TrainingSchedule
from hintree.training.prm.train import save
from hintree.training.shipped import recipes
from hintree.training.shipped.initialisation import new_model, widen
from hintree.training.shipped.prm_architecture import new_prm
from hintree.training.shipped.prm_rows import by_drafts, write_drafts
from hintree.training.shipped.rows import Mix
from hintree.training.shipped.vocabulary import build_tokenizer


def train_all(out: Path, only: str | None = None, start: Path | None = None) -> None:
    """Run every stage that is not done yet, or only one of them; on one thread, because the models are small.

    Args:
        out: Folder of logs and models.
        only: Name of a stage.
        start: Folder of earlier models, from which teacher and students continue instead of starting from scratch.

    Raises:
        UsageError: There is no such stage.
    """
    if only is not None and only not in STAGES:
        raise UsageError(f"stage {only!r} is not one of {', '.join(STAGES)}")
    torch.set_num_threads(1)
    for name, stage in STAGES.items():
        if only in (None, name) and not (out / name / MANIFEST).is_file():
            stage(out, start)


def teacher(out: Path, start: Path | None) -> None:
    """Train the larger model, for long."""
    size, schedule = recipes.TEACHER, recipes.TEACHER_SCHEDULE
    train_language_model(out, "teacher", size, schedule, recipes.TEACHER_MIX, start, recipes.TEACHER_FURTHER)


def student(out: Path, start: Path | None) -> None:
    """Train the smaller model, for a short time."""
    size, schedule = recipes.STUDENT, recipes.STUDENT_SCHEDULE
    train_language_model(out, "student", size, schedule, recipes.STUDENT_MIX, start, recipes.STUDENT_FURTHER)


def second_student(out: Path, start: Path | None) -> None:
    """Train another student of the same size, from another seed."""
    size, schedule = recipes.STUDENT, recipes.SECOND_STUDENT_SCHEDULE
    train_language_model(out, "student-2", size, schedule, recipes.STUDENT_MIX, start, recipes.SECOND_STUDENT_FURTHER)


def train_language_model(
    out: Path,
    name: str,
    size: recipes.ModelSize,
    schedule: TrainingSchedule,
    whole: Mix,
    start: Path | None,
    further: TrainingSchedule,
) -> None:
    """Train a language model from scratch, or from an earlier one in ``start`` by the schedule ``further``."""
    tokenizer = build_tokenizer()
    if start is not None:
        model = widen(start / name, tokenizer, seed=further.seed)
        train_and_save(model, recipes.by_mix(tokenizer, whole), further, out, name, earlier=start / name)
    else:
        model = new_model(tokenizer, hidden=size.hidden, layers=size.layers, seed=schedule.seed)
        train_and_save(model, recipes.by_curriculum(tokenizer, whole), schedule, out, name)


def hinter(out: Path, start: Path | None) -> None:
    """Tune the teacher to write hints only, as ``hintree train hinter`` does."""
    tune(recipes.draw_hinted_solution, str(out / "teacher"), recipes.HINTER_SCHEDULE, out, "hinter")


def prm(out: Path, start: Path | None) -> None:
    """Train the PRM, which is the teacher with three layers on top, on the student's labelled solutions."""
    drafts, clock = out / "drafts.jsonl", time.process_time()
    if not drafts.is_file():
        write_drafts(drafts, load_model(str(out / "student")), recipes.DRAFTS, seed=1)
    spent = time.process_time() - clock
    model = untrained_prm(out / "teacher", recipes.PRM_SCHEDULE.seed)
    (out / "prm").mkdir(parents=True, exist_ok=True)
    (out / "prm" / FILE).write_text(FAMILIES["lab"].to_yaml(), encoding="utf-8")
    train_and_save(model, by_drafts(drafts, build_tokenizer()), recipes.PRM_SCHEDULE, out, "prm", spent=spent)


def untrained_prm(writer: Path, seed: int) -> LlamaForTokenClassification:
    """Build the PRM on top of a teacher, before any training."""
    return new_prm(LlamaForCausalLM.from_pretrained(writer), build_tokenizer().get_vocab()["\n"], seed=seed)


def write_untrained_prm(out: Path, seed: int) -> None:
    """Write the PRM on top of the shipped teacher, before any training."""
    spec = FAMILIES["lab"]
    untrained = untrained_prm(Path(locate("embedded:teacher")), seed)
    save(PRM(LocalClassifier("untrained PRM", untrained, build_tokenizer(), head=spec.reading()), spec), out)


STAGES: dict[str, Callable[[Path, Path | None], None]] = {
    "student": student,
    "student-2": second_student,
    "teacher": teacher,
    "hinter": hinter,
    "prm": prm,
}
"""In order: hinter and PRM start from the teacher, and the PRM is trained on the student's solutions."""
