"""Training rows: token ids, and which of them the loss counts.

Here: solutions; steps and hints after a history; plans; and exercises of single skills: arithmetic drills, copy rows
(random tokens that recur), recitals of facts by label, lookups of values by key, and the order of the facts to use.
form_rows.py has the rows of actions and judges, mix.py draws from all kinds.
"""

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from transformers import PreTrainedTokenizerFast

from hintree.lab.difficulty import TRAINING, Difficulty
from hintree.lab.forms import HINT, NO, PLAN, RIGHT, YES
from hintree.lab.generate import sample
from hintree.lab.graph import changes
from hintree.lab.inject_error import inject_error
from hintree.lab.oracle import next_hint, next_step
from hintree.lab.problem import OPERATIONS, LabProblem, plan_text, solve
from hintree.policies.leaks import is_training_hint

IGNORED = -100
"""Label of a token that the loss ignores."""
ORDER_WEIGHT = 30.0
"""Weight of a label in an ``order`` row, which has about five labels where a solution has a hundred and fifty."""
DRILL_WEIGHT = 8.0
"""Weight of a result in a ``drill`` row, which has fourteen of them."""
GUIDED_WEIGHT = 6.0
"""Weight of a hint, and of a step under a hint, which alone are learned in their rows."""


class TrainingRow(NamedTuple):
    """One training sequence.

    ids: Token ids, length L.
    labels: Length L; the token itself where it is to be learned, else IGNORED (for a PRM 0, 1 or IGNORED).
    weight: Weight of each of its labels in the loss.
    """

    ids: list[int]
    labels: list[int]
    weight: float = 1.0


class RowBuilder:
    """A row under construction: parts of text, learned or only read."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast) -> None:
        self.tokenizer = tokenizer
        self.ids: list[int] = [tokenizer.bos_token_id]
        self.labels: list[int] = [IGNORED]

    def add(self, text: str, *, learn: bool) -> "RowBuilder":
        """Append a text and return the builder."""
        ids = self.tokenizer.encode(text, add_special_tokens=False)
        self.ids += ids
        self.labels += ids if learn else [IGNORED] * len(ids)
        return self

    def end(self) -> TrainingRow:
        """Append the end-of-text token, learned, and return the row."""
        return TrainingRow([*self.ids, self.tokenizer.eos_token_id], [*self.labels, self.tokenizer.eos_token_id])

    def cut(self) -> TrainingRow:
        """Return the row without an end-of-text token."""
        return TrainingRow(self.ids, self.labels)


def begin(problem: LabProblem, tokenizer: PreTrainedTokenizerFast) -> RowBuilder:
    """Begin a row with the question."""
    return RowBuilder(tokenizer).add(f"{problem.question}\n", learn=False)


def solution(problem: LabProblem, prompt: str, tokenizer: PreTrainedTokenizerFast) -> TrainingRow:
    """Return the exact solution, learned, after a prompt."""
    return RowBuilder(tokenizer).add(prompt, learn=False).add("\n".join(steps_of(problem)), learn=True).end()


def steps_of(problem: LabProblem, history: Sequence[str] = ()) -> list[str]:
    """Return the history and the exact steps that follow it, down to the answer."""
    steps = list(history)
    while not steps or not steps[-1].startswith("The answer"):
        steps.append(next_step(problem, steps))
    return steps


def guided(
    rng: random.Random, problem: LabProblem, tokenizer: PreTrainedTokenizerFast, *, with_errors: bool, write_hint: bool
) -> TrainingRow:
    """Return steps up to a random one, then the next hint (learned if ``write_hint``) and its step (if not)."""
    steps = steps_of(problem)
    history = steps[: rng.randrange(len(steps))]
    if with_errors and history:
        history = inject_error(rng, problem, history)
    text = RowBuilder(tokenizer).add(problem.question + "\n", learn=False)
    text.add("".join(f"{step}\n" for step in history), learn=False)
    hint = next_hint(problem, history)
    taught = write_hint and is_training_hint(hint, problem.question, history)
    text.add(HINT, learn=False).add(f"{hint}\n", learn=taught)
    if write_hint:
        return text.cut()._replace(weight=GUIDED_WEIGHT)
    step = next_step(problem, history)
    text.add(step, learn=True)
    row = text.end() if step.startswith("The answer") else text.add("\n", learn=True).cut()
    return row._replace(weight=GUIDED_WEIGHT)


def drill(
    rng: random.Random, tokenizer: PreTrainedTokenizerFast, sums: int = 14, largest: int = TRAINING.largest
) -> TrainingRow:
    """Return a line of sums with the constants of facts; only the results are learned."""

    def one() -> tuple[int, str, int]:
        left = rng.randint(1, largest)
        op, right = rng.choice(changes(left, rng, largest))
        return (right, op, left) if op in "+*" and rng.random() < 0.5 else (left, op, right)

    return results([one() for _ in range(sums)], tokenizer)


def large_drill(
    rng: random.Random, tokenizer: PreTrainedTokenizerFast, sums: int = 14, largest: int = TRAINING.largest
) -> TrainingRow:
    """Return a line of sums and differences of any two numbers, as of a bill and its change; as ``drill``."""

    def one() -> tuple[int, str, int]:
        whole = rng.randint(3, largest)
        part = rng.randint(1, whole - 1)
        return (whole, "-", part) if rng.random() < 0.5 else (part, "+", whole - part)

    return results([one() for _ in range(sums)], tokenizer)


def results(sums: Sequence[tuple[int, str, int]], tokenizer: PreTrainedTokenizerFast) -> TrainingRow:
    """Return a line of sums, given as left, operation and right; only the results are learned."""
    text = RowBuilder(tokenizer)
    for left, op, right in sums:
        text.add(f"{left} {op} {right} =", learn=False).add(f"{OPERATIONS[op](left, right)}", learn=True)
        text.add(".", learn=False)
    return text.cut()._replace(weight=DRILL_WEIGHT)


def sum_check(rng: random.Random, tokenizer: PreTrainedTokenizerFast, sums: int = 10) -> TrainingRow:
    """Return sums, half of them with a wrong result; only the verdict on each is learned."""
    text = RowBuilder(tokenizer)
    for _ in range(sums):
        left = rng.randint(1, TRAINING.largest)
        op, right = rng.choice(changes(left, rng, TRAINING.largest))
        true = OPERATIONS[op](left, right)
        wrong = rng.random() < 0.5
        shown = rng.choice([n for d in (-10, -3, -2, -1, 1, 2, 3, 10) if (n := true + d) >= 0]) if wrong else true
        text.add(f"{left} {op} {right} = {shown}.\n{RIGHT}", learn=False).add(NO if wrong else YES, learn=True)
        text.add("\n", learn=False)
    return text.cut()


def plan(problem: LabProblem, tokenizer: PreTrainedTokenizerFast) -> TrainingRow:
    """Return the question and its plan; the label is never learned, or solutions would begin with it."""
    prompt = f"{problem.question}\n{PLAN}"
    return RowBuilder(tokenizer).add(prompt, learn=False).add(plan_text(problem), learn=True).cut()


def copy(rng: random.Random, tokenizer: PreTrainedTokenizerFast, length: int = 80) -> TrainingRow:
    """Return random tokens that repeat, or pieces of a random text in any order; only repeated tokens are learned.

    Periods and positions vary: with a fixed distance a model learns to attend to that distance instead of to equal
    tokens.
    """
    draw = [rng.randrange(4, len(tokenizer)) for _ in range(rng.randint(3, 24) if rng.random() < 0.5 else 36)]
    ids, labels = [tokenizer.bos_token_id, *draw], [IGNORED] * (len(draw) + 1)
    while len(ids) <= length:
        start = rng.randrange(len(draw) - 8) if len(draw) == 36 else 0
        piece = draw[start : start + rng.randint(4, 8)] if len(draw) == 36 else draw
        ids += piece
        labels += piece if len(draw) < 36 else [IGNORED, *piece[1:]]
    return TrainingRow(ids, labels)


def order(
    rng: random.Random, tokenizer: PreTrainedTokenizerFast, steps: Sequence[int], difficulty: Difficulty = TRAINING
) -> TrainingRow:
    """Return a question with one to three facts that only state a number, and the labels of the facts to use.

    The prompt for the labels is a comma. Which fact comes next is one token of a step, and nearly always the label
    after the last. In these rows it is every token, and one in four is not the label after the last.
    """
    problem = sample(rng, "train", steps, difficulty=replace(difficulty, distractors=(1, 2, 3), dead_ends=0.0))
    labels = "".join(f"({fact.label})" for fact in solve(problem))
    row = RowBuilder(tokenizer).add(f"{problem.question}\n,", learn=False).add(labels, learn=True).cut()
    return row._replace(weight=ORDER_WEIGHT)


def recital(rng: random.Random, problem: LabProblem, tokenizer: PreTrainedTokenizerFast) -> TrainingRow:
    """Return the question, then its facts in another order; each is learned after its label."""
    text = RowBuilder(tokenizer).add(problem.question + "\n", learn=False)
    for fact in rng.sample(problem.facts, len(problem.facts)):
        text.add(f"({fact.label})", learn=False).add(f"{fact.text}.", learn=True).add("\n", learn=False)
    return text.cut()


def lookup(rng: random.Random, problem: LabProblem, tokenizer: PreTrainedTokenizerFast) -> TrainingRow:
    """Return the value of every quantity, then the same in another order; the second values are learned."""
    text = RowBuilder(tokenizer)
    for key in rng.sample(sorted(problem.values), len(problem.values)):
        text.add(f"{key} {problem.values[key]}.", learn=False)
    text.add("\n", learn=False)
    for key in rng.sample(sorted(problem.values), len(problem.values)):
        text.add(key, learn=False).add(f"{problem.values[key]}.", learn=True)
    return text.cut()
