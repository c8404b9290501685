"""Mixes of training rows: the share of each kind, and the problems they are about.

Every phase of a training mixes kinds: drills alone destroy copying (docs/lab.md).
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from transformers import PreTrainedTokenizerFast

from hintree.lab.difficulty import KNOWN_FAMILIES, TRAINING, VARIED, Difficulty
from hintree.lab.forms import restated as restated_question
from hintree.lab.generate import FAMILIES, sample
from hintree.lab.problem import LabProblem, write_plan
from hintree.training.shipped import form_rows, question_rows, rows, solution_rows
from hintree.training.shipped.rows import TrainingRow


@dataclass(frozen=True)
class Mix:
    """Shares of row kinds, each in [0, 1]; the rest are plain solutions.

    Attributes:
        steps: Numbers of steps of the problems.
        drills: Arithmetic drills with the constants of facts, at most 40.
        large_drills: Drills of sums and differences of any two numbers.
        copies: Copy rows.
        sum_checks: Sums with a verdict on each.
        orders: The question and the labels of the facts to use, in order, among many unneeded facts.
        recitals: The facts of a problem, then each again after its label.
        lookups: The values of quantities, then each again in another order; only the values are learned.
        hinted: Solutions whose last step stands under its hint.
        hints: Rows that teach writing the hint.
        plans: The question and the plan of the whole solution.
        planned: Solutions that stand under their plan.
        socratic: Solutions with sub-questions.
        asked: Single sub-questions after a history.
        nested: What follows an open sub-question.
        listed: Lists of sub-questions.
        sub_problems: Solutions of a sub-question as a problem.
        restated: Questions restated in the plainest wording; their problems have any wording.
        corrected: Solutions with critiques and corrected steps.
        reviewed: Drafts of whole solutions with a critique, and the solution again.
        compared: Several drafts and the solution.
        judged: Solutions with verdicts on their steps.
        retrieved: Problems of the fact book with passages and queries.
        informed: Hints after a wrong step.
        mended: Steps under such a hint.
        with_errors: Share of the hinted and hint rows whose history holds an error.
        kept: Share of right steps among the criticised ones.
        long: Share of the problems that have ``LONG`` steps.
        varied: Share of the problems from all families in all wordings (``VARIED``).
        families: The families of all other problems; one that stands twice is drawn twice as often.
        difficulty: All other difficulty settings of the problems.
    """

    steps: Sequence[int]
    drills: float = 0.0
    large_drills: float = 0.0
    copies: float = 0.0
    sum_checks: float = 0.0
    orders: float = 0.0
    recitals: float = 0.0
    lookups: float = 0.0
    hinted: float = 0.0
    hints: float = 0.0
    plans: float = 0.0
    planned: float = 0.0
    socratic: float = 0.0
    asked: float = 0.0
    nested: float = 0.0
    listed: float = 0.0
    sub_problems: float = 0.0
    restated: float = 0.0
    corrected: float = 0.0
    reviewed: float = 0.0
    compared: float = 0.0
    judged: float = 0.0
    retrieved: float = 0.0
    informed: float = 0.0
    mended: float = 0.0
    with_errors: float = 0.0
    kept: float = 0.3
    long: float = 0.0
    varied: float = 0.0
    families: Sequence[str] = KNOWN_FAMILIES
    difficulty: Difficulty = TRAINING


LONG = range(10, 17)
"""Numbers of steps of long problems."""


def draw_problem(rng: random.Random, mix: Mix) -> LabProblem:
    """Draw a training problem of the mix."""
    steps = LONG if rng.random() < mix.long else mix.steps
    if rng.random() < mix.varied:
        return sample(rng, "train", steps, tuple(FAMILIES), VARIED)
    return sample(rng, "train", steps, mix.families, mix.difficulty)


def draw_row(rng: random.Random, mix: Mix, tokenizer: PreTrainedTokenizerFast) -> TrainingRow:
    """Draw one row of a kind drawn from the mix."""
    left = rng.random()
    for kind, make in KINDS.items():
        if (left := left - getattr(mix, kind)) < 0:
            return make(rng, mix, tokenizer)
    problem = draw_problem(rng, mix)
    return rows.solution(problem, f"{problem.question}\n", tokenizer)


MakeRow = Callable[[random.Random, Mix, PreTrainedTokenizerFast], TrainingRow]
AboutProblem = Callable[[random.Random, LabProblem, PreTrainedTokenizerFast], TrainingRow]


def about(make: AboutProblem) -> MakeRow:
    """Return a function that draws a problem of the mix and makes a row about it."""
    return lambda rng, mix, tokenizer: make(rng, draw_problem(rng, mix), tokenizer)


def guided(rng: random.Random, mix: Mix, tokenizer: PreTrainedTokenizerFast, *, write_hint: bool) -> TrainingRow:
    """Draw a row with a hint, which is learned if ``write_hint``, and else its step."""
    problem, with_errors = draw_problem(rng, mix), rng.random() < mix.with_errors
    return rows.guided(rng, problem, tokenizer, with_errors=with_errors, write_hint=write_hint)


def corrected(rng: random.Random, mix: Mix, tokenizer: PreTrainedTokenizerFast) -> TrainingRow:
    """Draw a solution with critiques, a share ``kept`` of them of right steps."""
    return form_rows.correcting(rng, draw_problem(rng, mix), tokenizer, kept=mix.kept)


def restated(rng: random.Random, mix: Mix, tokenizer: PreTrainedTokenizerFast) -> TrainingRow:
    """Draw a question of any wording and its plainest wording."""
    while restated_question(problem := sample(rng, "train", mix.steps, tuple(FAMILIES), VARIED)) == problem.question:
        pass
    return form_rows.restating(problem, tokenizer)


def planned(rng: random.Random, problem: LabProblem, tokenizer: PreTrainedTokenizerFast) -> TrainingRow:
    """Return the solution under its plan."""
    return rows.solution(problem, f"{problem.question}\n{write_plan(problem)}\n", tokenizer)


KINDS: dict[str, MakeRow] = {
    "drills": lambda rng, mix, tokenizer: rows.drill(rng, tokenizer, largest=mix.difficulty.largest),
    "large_drills": lambda rng, mix, tokenizer: rows.large_drill(rng, tokenizer, largest=mix.difficulty.largest),
    "copies": lambda rng, mix, tokenizer: rows.copy(rng, tokenizer),
    "sum_checks": lambda rng, mix, tokenizer: rows.sum_check(rng, tokenizer),
    "orders": lambda rng, mix, tokenizer: rows.order(rng, tokenizer, mix.steps, mix.difficulty),
    "recitals": about(rows.recital),
    "lookups": about(rows.lookup),
    "hinted": lambda rng, mix, tokenizer: guided(rng, mix, tokenizer, write_hint=False),
    "hints": lambda rng, mix, tokenizer: guided(rng, mix, tokenizer, write_hint=True),
    "plans": about(lambda rng, problem, tokenizer: rows.plan(problem, tokenizer)),
    "planned": about(planned),
    "socratic": about(question_rows.socratic),
    "asked": about(question_rows.asked),
    "nested": about(question_rows.nested),
    "listed": about(lambda rng, problem, tokenizer: question_rows.listed(problem, tokenizer)),
    "sub_problems": about(question_rows.sub_problem),
    "restated": restated,
    "corrected": corrected,
    "reviewed": about(solution_rows.reviewed),
    "compared": about(solution_rows.compared),
    "judged": about(form_rows.judging),
    "retrieved": lambda rng, mix, tokenizer: form_rows.retrieving(rng, form_rows.draw_book_problem(rng), tokenizer),
    "informed": about(form_rows.informed),
    "mended": about(form_rows.mended),
}
"""Functions that make a row of each kind, in the order of the fields of ``Mix``."""
