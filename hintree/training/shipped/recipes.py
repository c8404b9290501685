"""Recipes of the shipped models: sizes, schedules and data mixes.

``docs/lab.md`` says why each number is what it is, and which alternatives failed.
"""

import math
import random
from dataclasses import dataclass, replace

from transformers import PreTrainedTokenizerFast

from hintree.lab.generate import sample
from hintree.training.hinter.hint_data import HintedSolution, hinted_lab_solution
from hintree.training.loop import DrawRow, TrainingSchedule
from hintree.training.shipped.rows import Mix, TrainingRow, draw_row


@dataclass(frozen=True)
class ModelSize:
    """Width and depth of a model."""

    hidden: int
    layers: int


TEACHER = ModelSize(hidden=128, layers=4)
STUDENT = ModelSize(hidden=96, layers=3)

TEACHER_SCHEDULE = TrainingSchedule(steps=30_000, hold=0.5, seed=1)
STUDENT_SCHEDULE = TrainingSchedule(steps=6_000, hold=0.5, seed=2)
SECOND_STUDENT_SCHEDULE = TrainingSchedule(steps=6_000, hold=0.5, seed=12)
TEACHER_FURTHER = TrainingSchedule(steps=6_000, muon=0.012, adam=8e-4, warmup=100, hold=0.4, seed=1)
STUDENT_FURTHER = TrainingSchedule(steps=350, muon=0.01, adam=6e-4, warmup=20, hold=0.4, seed=2)
SECOND_STUDENT_FURTHER = replace(STUDENT_FURTHER, seed=12)
"""Schedules that continue earlier models in an extended world (``hintree lab train --from``)."""
HINTER_SCHEDULE = TrainingSchedule(steps=1_200, muon=0.012, adam=6e-4, hold=0.3, seed=3)
PRM_SCHEDULE = TrainingSchedule(steps=2_000, hold=0.3, seed=4)

STEPS = range(1, 10)
"""Numbers of steps to train on: one more than the models are measured on."""
HINTS = Mix(steps=STEPS, with_errors=0.3)
DRAFTS = 6_000
"""Number of student solutions that the PRM is trained on."""


COPYING = Mix(steps=(1,), copies=1.0)
CIRCUITS = Mix(steps=range(1, 4), drills=0.3, copies=0.06, recitals=0.08, lookups=0.06, hinted=0.05, plans=0.1)
TEACHER_MIX = Mix(
    steps=STEPS,
    drills=0.12,
    copies=0.01,
    recitals=0.02,
    lookups=0.02,
    hinted=0.15,
    hints=0.06,
    orders=0.2,
    plans=0.08,
    planned=0.1,
    with_errors=0.1,
)
"""The last phase of the teacher's curriculum."""
STUDENT_MIX = replace(TEACHER_MIX, orders=0.0, hinted=0.22, planned=0.06)
"""The last phase of the students' curriculum; without order rows a student sometimes uses an unneeded fact."""


def by_curriculum(tokenizer: PreTrainedTokenizerFast, whole: Mix) -> DrawRow:
    """Return a function that draws rows for a model trained from scratch.

    Phases: copying, then exercises and short problems, then the whole mix.

    Args:
        tokenizer: The lab's.
        whole: The last phase.
    """
    phases = ((700, COPYING), (1_800, CIRCUITS), (math.inf, whole))

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
