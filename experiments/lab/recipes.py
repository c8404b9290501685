"""The recipes of the shipped models: sizes, lengths and mixes, in one place.

``docs/lab.md`` says why each number is what it is, and what was tried and failed.
"""

import random
from dataclasses import dataclass

from transformers import PreTrainedTokenizerFast

from hintree.experiments.lab.generate import sample
from hintree.experiments.lab.rows import Mix, Row, draw_row, hint_row
from hintree.experiments.lab.train import Draw, Schedule


@dataclass(frozen=True)
class Size:
    """Width and depth of a model."""

    hidden: int
    layers: int


TEACHER = Size(hidden=128, layers=3)
STUDENT = Size(hidden=96, layers=3)

BASE_SCHEDULE = Schedule(steps=6_500, hold=0.5, seed=1)
BASE2_SCHEDULE = Schedule(steps=2_200, muon=0.012, adam=6e-4, hold=0.3, seed=5)
TEACHER_SCHEDULE = Schedule(steps=1_500, muon=0.012, adam=6e-4, hold=0.3, seed=6)
STUDENT_SCHEDULE = Schedule(steps=5_000, hold=0.5, seed=2)
HINTER_SCHEDULE = Schedule(steps=1_500, muon=0.012, adam=6e-4, hold=0.3, seed=3)
PRM_SCHEDULE = Schedule(steps=1_000, muon=0.01, adam=1e-3, hold=0.4, seed=4)
PRM_LAYERS = 2
"""Layers of the PRM on top of the teacher's."""

HINTS = Mix(steps=range(1, 9), distractors=(0, 1, 1), astray=0.3)
LONGER = Mix(steps=range(2, 9), drills=0.10, lookups=0.03, recitals=0.10, hinted=0.06, hints=0.03, astray=0.1)
"""What the base goes on with in its second cycle."""
PLANNING = Mix(
    steps=range(1, 8), drills=0.04, recitals=0.05, hinted=0.02, hints=0.10, astray=0.05, distractors=(0, 1, 1, 1)
)
"""What the teacher goes on with from there: problems in which something has to be left out."""
DRAFTS = 4_500
"""Student solutions that the PRM learns from."""

CURRICULUM = (
    (0.12, Mix(steps=(1,), copies=1.0)),
    (0.28, Mix(steps=range(1, 4), drills=0.35, copies=0.06, recitals=0.08, lookups=0.06, hinted=0.05, hints=0.04)),
    (
        1.00,
        Mix(
            steps=range(1, 9),
            drills=0.30,
            copies=0.01,
            recitals=0.02,
            lookups=0.02,
            hinted=0.18,
            hints=0.08,
            astray=0.1,
        ),
    ),
)
"""(fraction of the run up to which it holds, mix): copying and arithmetic first, then longer problems."""


def by_curriculum(tokenizer: PreTrainedTokenizerFast) -> Draw:
    """Draws rows by the curriculum."""

    def draw(rng: random.Random, done: float) -> Row:
        mix = next(mix for until, mix in CURRICULUM if done < until)
        return draw_row(rng, mix, tokenizer)

    return draw


def by_hints(mix: Mix, tokenizer: PreTrainedTokenizerFast) -> Draw:
    """Draws rows for the hinter: steps, distractors and astray of the mix count."""

    def draw(rng: random.Random, done: float) -> Row:
        problem = sample(rng, "train", mix.steps, distractors=mix.distractors)
        return hint_row(rng, problem, tokenizer, astray=rng.random() < mix.astray)

    return draw


def by_mix(mix: Mix, tokenizer: PreTrainedTokenizerFast) -> Draw:
    """Draws rows of one mix from beginning to end."""
    return lambda rng, done: draw_row(rng, mix, tokenizer)
