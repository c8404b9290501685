"""Training rows with the texts of hintree/lab/forms.py, which stand beside the steps of a solution.

Every row also holds right steps, which are learned. Labels and wrong steps are only read.
"""

import random

from transformers import PreTrainedTokenizerFast

from hintree.lab.book import Entry, make_book, show_passages
from hintree.lab.book_problems import sample_book
from hintree.lab.checker import ErrorKind, check_step
from hintree.lab.forms import (
    ANALYSIS,
    CRITIQUE,
    FAULT,
    FAULTS,
    GRADE,
    GRADES,
    HINT,
    NO,
    QUERY,
    RESTATED,
    RIGHT,
    YES,
    critique,
    informed_hint,
    query,
    restated,
)
from hintree.lab.inject_error import wrong_step
from hintree.lab.oracle import next_step
from hintree.lab.problem import LabProblem, solve
from hintree.policies.leaks import is_training_hint
from hintree.training.shipped.rows import GUIDED_WEIGHT, RowBuilder, TrainingRow, begin, steps_of

BOOKS = range(1, 201)
"""Seeds of the books that rows are drawn from; book 0 is for questions to solved models."""


def restating(problem: LabProblem, tokenizer: PreTrainedTokenizerFast) -> TrainingRow:
    """Return the question and its plainest wording, which is learned."""
    row = begin(problem, tokenizer).add(RESTATED, learn=False)
    return row.add(f"{restated(problem)}\n", learn=True).cut()


def correcting(
    rng: random.Random, problem: LabProblem, tokenizer: PreTrainedTokenizerFast, *, kept: float
) -> TrainingRow:
    """Return a solution with critiques of one to three steps, a share ``kept`` of them right, and the steps again."""
    row, steps = begin(problem, tokenizer), steps_of(problem)
    chosen = rng.sample(range(len(steps)), min(len(steps), rng.randint(1, 3)))
    for i, step in enumerate(steps):
        if i in chosen:
            first = step if rng.random() < kept else flawed_step(rng, problem, steps[:i])
            row.add(f"{first}\n", learn=first == step).add(CRITIQUE, learn=False)
            row.add(f"{critique(problem, steps[:i], first)}\n", learn=True)
        row.add(step if step is steps[-1] else f"{step}\n", learn=True)
    return row.end()


def judging(rng: random.Random, problem: LabProblem, tokenizer: PreTrainedTokenizerFast) -> TrainingRow:
    """Return a solution with verdicts on its steps, in one form per row; a third of the steps follow a wrong one."""
    row, steps = begin(problem, tokenizer), steps_of(problem)
    form, share = rng.choice((RIGHT, GRADE, ANALYSIS)), rng.choice((0.2, 1.0))
    for i, step in enumerate(steps):
        if rng.random() < 1 / 3:
            wrong = flawed_step(rng, problem, steps[:i])
            add_verdict(row.add(f"{wrong}\n", learn=False), form, problem, steps[:i], wrong)
        row.add(f"{step}\n", learn=True)
        if rng.random() < share:
            add_verdict(row, form, problem, steps[:i], step)
    return row.cut()


def add_verdict(row: RowBuilder, form: str, problem: LabProblem, history: list[str], step: str) -> None:
    """Add a verdict on a step: a label, and what is learned after it; an analysis is followed by a verdict."""
    kind = check_step(problem, history, step).kind
    if form == ANALYSIS:
        row.add(ANALYSIS, learn=False).add(f"{critique(problem, history, step)}\n", learn=True)
    text = f"{GRADES[kind]}." if form == GRADE else NO if kind else YES
    row.add(GRADE if form == GRADE else RIGHT, learn=False).add(f"{text}\n", learn=True)


def retrieving(rng: random.Random, problem: LabProblem, tokenizer: PreTrainedTokenizerFast) -> TrainingRow:
    """Return a solution with the passages of its first entries, up to the query for the next entry or to the answer.

    ``problem`` is one about the fact book. Passages stand behind the question, each among up to four similar ones.
    """
    assert problem.book is not None
    book, steps = make_book(problem.book), steps_of(problem)
    needed = [fact for fact in solve(problem) if fact.entry]
    shown: list[Entry] = []
    for fact in needed[: rng.randint(0, len(needed))]:
        entry = book.entry(fact.entry)
        found = [entry, *book.similar(rng, entry, rng.randrange(5))]
        shown += rng.sample(found, len(found))
    passages = f"\n\n{show_passages(list(dict.fromkeys(shown)))}" if shown else ""
    row, known = RowBuilder(tokenizer).add(f"{problem.question}{passages}\n", learn=False), {one.text for one in shown}
    for i, step in enumerate(steps):
        if (asked := query(problem, steps[:i])) and not any(step.startswith(f"“{text}.”") for text in known):
            return row.add(QUERY, learn=False).add(f"{asked}\n", learn=True).cut()
        row.add(step if step is steps[-1] else f"{step}\n", learn=True)
    return row.end()


def informed(rng: random.Random, problem: LabProblem, tokenizer: PreTrainedTokenizerFast) -> TrainingRow:
    """Return a wrong step, the kind of error that is suspected, and the hint for the next try, which is learned."""
    steps = steps_of(problem)
    history = steps[: rng.randrange(len(steps))]
    wrong = flawed_step(rng, problem, history)
    kind = check_step(problem, history, wrong).kind
    suspected: ErrorKind = kind if rng.random() < 0.7 else ""
    hint = informed_hint(problem, history, suspected)
    row = begin(problem, tokenizer).add("".join(f"{step}\n" for step in [*history, wrong]), learn=False)
    row.add(f"{FAULT} {FAULTS[suspected]}\n{HINT}", learn=False)
    return row.add(f"{hint}\n", learn=is_training_hint(hint, problem.question, history)).cut()


def mended(rng: random.Random, problem: LabProblem, tokenizer: PreTrainedTokenizerFast) -> TrainingRow:
    """Return steps up to a random one, and that step, learned, under the hint of a second try."""
    steps = steps_of(problem)
    history = steps[: rng.randrange(len(steps))]
    row = begin(problem, tokenizer).add("".join(f"{step}\n" for step in history), learn=False)
    row.add(f"{HINT} {informed_hint(problem, history, 'operand')}\n", learn=False)
    return row.add(f"{next_step(problem, history)}\n", learn=True).cut()._replace(weight=GUIDED_WEIGHT)


def flawed_step(rng: random.Random, problem: LabProblem, history: list[str]) -> str:
    """Write a wrong step: one in six breaks off, the others have an error of ``wrong_step``."""
    if rng.random() < 1 / 6:
        sentences = next_step(problem, history).split(". ")
        if len(sentences) > 1:
            return ". ".join(sentences[: rng.randrange(1, len(sentences))]) + "."
    return wrong_step(rng, problem, history)


def draw_book_problem(rng: random.Random) -> LabProblem:
    """Draw a problem about one of ``BOOKS``: short chains of computations, one to three entries per number."""
    return sample_book(rng, "train", (0, 1, 1, 2, 2, 3, 4), (1, 2, 2, 3), make_book(rng.choice(BOOKS)))
