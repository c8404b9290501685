"""Recipes of the shipped models: sizes, schedules and data mixes.

``docs/lab.md`` says why each number is what it is, and which alternatives failed.
"""

import math
import random
from dataclasses import dataclass, field, replace

from transformers import PreTrainedTokenizerFast

from hintree.lab.generate import sample
from hintree.training.hinter.hint_data import HintedSolution, hinted_lab_solution
from hintree.training.loop import DrawRow, TrainingSchedule
from hintree.training.shipped.initialisation import ModelSize
from hintree.training.shipped.mix import Mix, draw_row
from hintree.training.shipped.rows import TrainingRow


@dataclass(frozen=True)
class LanguageModelRecipe:
    """Size, schedule and training rows of one language model.

    Attributes:
        size: Shape of a new model.
        schedule: Steps, batch size, learning rates and seed.
        mix: Training rows; a new model reaches them by ``by_curriculum``.
        grown_from: Name of the smaller model that it starts as; "" for random weights.
        further: Schedule that continues an earlier model of the same name (``hintree lab train --from``).
    """

    size: ModelSize
    schedule: TrainingSchedule
    mix: Mix
    grown_from: str = ""
    further: TrainingSchedule = field(
        default_factory=lambda: TrainingSchedule(steps=350, muon=0.01, adam=6e-4, warmup=20, hold=0.4)
    )


STUDENT = ModelSize(hidden=64, layers=3, head=24, inner=144)
"""0.2 million weights; heads wider than a quarter of the model, because offset heads need it."""
DEEP_STUDENT = ModelSize(hidden=56, layers=4, head=24, inner=112)
"""Another shape of the same size."""
TEACHER = ModelSize(hidden=192, layers=4, head=24, inner=576, heads=8)
"""Ten times the student, and grown from a model of its shape: 2.0 million weights."""

MUON = 0.015
"""Peak learning rate of the matrices: at .02 a model of .2M weights learns to copy in twice as many steps."""
STEPS = range(1, 10)
"""Numbers of steps of most training problems: one more than the default of ``hintree lab evaluate``."""
HINTS = Mix(steps=STEPS, with_errors=0.3)
INFORMED = Mix(steps=STEPS, varied=0.2, informed=1.0)
INFORMED_SHARE = 0.4
"""Share of the hinter's rows in which it is told what went wrong."""
DRAFTS = 6_000
"""Number of student solutions that the PRMs are trained on."""
HINTER_SCHEDULE = TrainingSchedule(steps=3_000, muon=0.012, adam=6e-4, hold=0.3, seed=3)
PRM_SCHEDULE = TrainingSchedule(steps=2_000, hold=0.3, seed=4)
SMALL_PRM_SCHEDULE = TrainingSchedule(steps=4_000, hold=0.3, seed=5)

FORMS_SCHEDULE = TrainingSchedule(steps=1_500, hold=0.2, muon=0.01, adam=5e-4, seed=52)
"""The last stage of a student."""

COPYING = Mix(steps=(1,), copies=1.0)
CIRCUITS = Mix(
    steps=range(1, 4), drills=0.4, copies=0.06, sum_checks=0.04, recitals=0.08, lookups=0.06, hinted=0.05, plans=0.05,
    retrieved=0.08,
)  # fmt: skip
TEACHER_MIX = Mix(
    steps=STEPS, long=0.08, varied=0.15, with_errors=0.1, kept=0.4,
    drills=0.22, copies=0.02, sum_checks=0.02, orders=0.06, recitals=0.03, lookups=0.02,
    hinted=0.05, hints=0.02, plans=0.02, planned=0.02,
    socratic=0.05, sub_problems=0.03, restated=0.02, corrected=0.06, judged=0.05, retrieved=0.06, informed=0.01,
    mended=0.02,
)  # fmt: skip
TEACHER_LAST_MIX = Mix(
    steps=STEPS, long=0.06, varied=0.1, with_errors=0.1, kept=0.4,
    drills=0.1, large_drills=0.15, copies=0.01, sum_checks=0.02, orders=0.05, recitals=0.03, lookups=0.02,
    hinted=0.02, hints=0.01, plans=0.01, planned=0.01,
    socratic=0.03, sub_problems=0.02, restated=0.02, corrected=0.04, judged=0.04, retrieved=0.04, informed=0.01,
    mended=0.01,
)  # fmt: skip
"""More plain solutions and arithmetic."""
SHOPPING_MIX = replace(
    TEACHER_LAST_MIX, drills=0.06, large_drills=0.12, orders=0.03, corrected=0.03, judged=0.03, retrieved=0.03,
    families=("relations", "ages", "totals", "shopping", "shopping"),
)  # fmt: skip
"""The teacher's last rows: most of its errors were bills of two purchases, whose operand is not the last result."""
READER_MIX = Mix(
    steps=STEPS, long=0.08, varied=0.15, with_errors=0.1, kept=0.36,
    drills=0.2, copies=0.02, sum_checks=0.02, orders=0.05, recitals=0.03, lookups=0.02,
    hinted=0.02, hints=0.06, plans=0.01, planned=0.01,
    socratic=0.02, sub_problems=0.02, restated=0.01, corrected=0.06, judged=0.04, retrieved=0.05, informed=0.03,
    mended=0.01,
)  # fmt: skip
"""The last phase of the model that hinter, teacher and PRMs start from."""
PRM_READER_MIX = Mix(
    steps=STEPS, long=0.08, varied=0.15,
    drills=0.12, large_drills=0.13, copies=0.02, sum_checks=0.02, orders=0.06, recitals=0.04, lookups=0.02,
)  # fmt: skip
"""Mostly plain solutions, for the model that the PRMs start from."""
STUDENT_MIX = Mix(
    steps=STEPS, long=0.05, varied=0.1, with_errors=0.1, kept=0.34,
    drills=0.23, copies=0.03, sum_checks=0.01, recitals=0.03, lookups=0.03,
    hinted=0.18, hints=0.005, plans=0.005, planned=0.02,
    socratic=0.03, sub_problems=0.01, restated=0.01, corrected=0.26, retrieved=0.04, mended=0.03,
)  # fmt: skip
"""The last phase of the student's curriculum; without order rows a student sometimes uses an unneeded fact."""
UNHINTED_MIX = replace(STUDENT_MIX, drills=0.25, hinted=0.0, hints=0.0, mended=0.0, plans=0.0, planned=0.0)
"""The same without any hint or plan."""
STUDENT_FORMS_MIX = Mix(
    steps=STEPS, long=0.05, varied=0.1, with_errors=0.1, kept=0.34,
    drills=0.08, copies=0.02, sum_checks=0.01, recitals=0.015, lookups=0.015,
    hinted=0.09, mended=0.02,
    socratic=0.03, asked=0.08, nested=0.05, listed=0.04, sub_problems=0.02, restated=0.08, corrected=0.18,
    reviewed=0.05, judged=0.06, retrieved=0.13,
)  # fmt: skip
"""The students' last rows: mostly forms, each of which is a small part of the rows before."""
UNHINTED_FORMS_MIX = replace(STUDENT_FORMS_MIX, drills=0.12, retrieved=0.15, hinted=0.0, mended=0.0)
"""The same without any hint."""
TEACHER_FORMS_MIX = replace(
    SHOPPING_MIX, drills=0.05, large_drills=0.08, recitals=0.015, lookups=0.01, sum_checks=0.01,
    asked=0.05, nested=0.04, listed=0.03, restated=0.08, corrected=0.07, reviewed=0.06, compared=0.1, judged=0.08,
    retrieved=0.12, informed=0.02,
)  # fmt: skip
"""The teacher's last rows: forms among whole solutions."""

RECIPES = {
    "student-base": LanguageModelRecipe(
        STUDENT, TrainingSchedule(steps=4_700, hold=0.3, muon=MUON, seed=2), STUDENT_MIX
    ),
    "student": LanguageModelRecipe(STUDENT, FORMS_SCHEDULE, STUDENT_FORMS_MIX, grown_from="student-base"),
    "student-2-base": LanguageModelRecipe(
        STUDENT, TrainingSchedule(steps=3_200, hold=0.3, muon=MUON, seed=12), UNHINTED_MIX
    ),
    "student-2": LanguageModelRecipe(
        STUDENT, replace(FORMS_SCHEDULE, seed=62), UNHINTED_FORMS_MIX, grown_from="student-2-base"
    ),
    "student-3-base": LanguageModelRecipe(
        DEEP_STUDENT, TrainingSchedule(steps=4_700, hold=0.3, muon=MUON, seed=22), UNHINTED_MIX
    ),
    "student-3": LanguageModelRecipe(
        DEEP_STUDENT, replace(FORMS_SCHEDULE, seed=72), UNHINTED_FORMS_MIX, grown_from="student-3-base"
    ),
    "reader": LanguageModelRecipe(STUDENT, TrainingSchedule(steps=9_000, hold=0.3, muon=MUON, seed=32), READER_MIX),
    "prm-reader": LanguageModelRecipe(
        STUDENT, TrainingSchedule(steps=3_000, hold=0.2, muon=0.012, seed=42), PRM_READER_MIX, grown_from="reader"
    ),
    "teacher-base": LanguageModelRecipe(
        TEACHER,
        TrainingSchedule(steps=5_000, hold=0.2, muon=0.003, adam=5e-4, seed=1),
        TEACHER_MIX,
        grown_from="reader",
    ),
    "teacher-drilled": LanguageModelRecipe(
        TEACHER,
        TrainingSchedule(steps=1_500, hold=0.2, muon=0.002, adam=3e-4, seed=11),
        TEACHER_LAST_MIX,
        grown_from="teacher-base",
    ),
    "teacher-shopping": LanguageModelRecipe(
        TEACHER,
        TrainingSchedule(steps=1_800, hold=0.2, muon=0.002, adam=3e-4, seed=21),
        SHOPPING_MIX,
        grown_from="teacher-drilled",
    ),
    "teacher": LanguageModelRecipe(
        TEACHER,
        TrainingSchedule(steps=1_500, hold=0.2, muon=0.002, adam=3e-4, seed=31),
        TEACHER_FORMS_MIX,
        grown_from="teacher-shopping",
    ),
}
"""The language models in the order of their training. Those that others grow from are not shipped: reader, prm-reader,
teacher-base and teacher-drilled."""


def by_curriculum(tokenizer: PreTrainedTokenizerFast, whole: Mix) -> DrawRow:
    """Return a function that draws rows for a model trained from scratch.

    Phases: copying, then exercises and short problems, then the whole mix.

    Args:
        tokenizer: The lab's.
        whole: The last phase.
    """
    circuits = replace(CIRCUITS, hinted=min(CIRCUITS.hinted, whole.hinted), plans=min(CIRCUITS.plans, whole.plans))
    phases = ((500, COPYING), (2_000, circuits), (math.inf, whole))

    def draw(rng: random.Random, step: int) -> TrainingRow:
        return draw_row(rng, next(mix for until, mix in phases if step < until), tokenizer)

    return draw


def by_mix(tokenizer: PreTrainedTokenizerFast, whole: Mix) -> DrawRow:
    """Return a function that draws all kinds of rows from the first step on, for a model that is already trained."""
    return lambda rng, step: draw_row(rng, whole, tokenizer)


def draw_hinted_solution(rng: random.Random) -> HintedSolution:
    """Draw hint data: a new training problem every time, a part of them with injected errors."""
    problem = sample(rng, "train", HINTS.steps, difficulty=HINTS.difficulty)
    return hinted_lab_solution(rng, problem, with_errors=rng.random() < HINTS.with_errors)
