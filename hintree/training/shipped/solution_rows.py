"""Training rows about whole solutions: reviewed and written again, and read to write a better one."""

import random
from typing import NamedTuple

from transformers import PreTrainedTokenizerFast

from hintree.lab.checker import stated_values
from hintree.lab.forms import CRITIQUE, CRITIQUES, critique
from hintree.lab.inject_error import build_on, wrong_step
from hintree.lab.problem import LabProblem
from hintree.policies.verification import numbered
from hintree.training.shipped.rows import RowBuilder, TrainingRow, begin, steps_of

LONGEST = 24
"""Steps of the drafts that a row compares; with more the row would leave the models' context."""


class Draft(NamedTuple):
    """A whole solution.

    steps: Its steps, the answer last.
    review: The critique of its first wrong step; that the step is right if none is wrong.
    """

    steps: list[str]
    review: str


def draft(rng: random.Random, problem: LabProblem, *, right: bool) -> Draft:
    """Write a whole solution: the exact one, or one with an error on which later steps build."""
    exact = steps_of(problem)
    if right:
        return Draft(exact, CRITIQUES[""])
    while True:
        first = rng.randrange(len(exact) - 1)
        wrong = wrong_step(rng, problem, exact[:first])
        steps = build_on(problem, [*exact[:first], wrong], exact[first + 1 : -1])
        found = stated_values(problem, steps).get(problem.target)
        if found is not None:
            return Draft([*steps, f"The answer is {found}."], critique(problem, exact[:first], wrong))


def reviewed(rng: random.Random, problem: LabProblem, tokenizer: PreTrainedTokenizerFast) -> TrainingRow:
    """Return a draft, a third of them right, its review and the exact solution; the last two are learned."""
    written = draft(rng, problem, right=rng.random() < 1 / 3)
    row = begin(problem, tokenizer).add("".join(f"{step}\n" for step in written.steps), learn=False)
    row.add(CRITIQUE, learn=False).add(f"{written.review}\n", learn=True)
    return row.add("\n".join(steps_of(problem)), learn=True).end()


def compared(rng: random.Random, problem: LabProblem, tokenizer: PreTrainedTokenizerFast) -> TrainingRow:
    """Return two or three drafts (long ones: two), each second one right, and the exact solution, which is learned."""
    drafts = [draft(rng, problem, right=rng.random() < 0.5).steps for _ in range(rng.choice((2, 3)))]
    drafts = drafts if len(drafts) * len(drafts[0]) < LONGEST else drafts[:2]
    return (
        RowBuilder(tokenizer)
        .add(f"{problem.question}\n\n{show_solutions(drafts)}\n", learn=False)
        .add("\n".join(steps_of(problem)), learn=True)
        .end()
    )


def show_solutions(solutions: list[list[str]]) -> str:
    """Return numbered solutions as the protocol "lab" shows them for a verdict."""
    return numbered("\n".join(steps) for steps in solutions)
