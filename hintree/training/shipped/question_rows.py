"""Training rows that ask and answer sub-questions: in a whole solution, one at a time, nested, and as a list."""

import random

from transformers import PreTrainedTokenizerFast

from hintree.lab.forms import ANSWER, NONE, SUB_QUESTION, earlier_question, question_of, sub_question
from hintree.lab.problem import LabProblem, solve
from hintree.training.shipped.rows import GUIDED_WEIGHT, RowBuilder, TrainingRow, begin, solution, steps_of


def socratic(rng: random.Random, problem: LabProblem, tokenizer: PreTrainedTokenizerFast) -> TrainingRow:
    """Return a solution in which all steps, or some, are answers to sub-questions; "none." asks for the end."""
    row, steps, share = begin(problem, tokenizer), steps_of(problem), rng.choice((1.0, 0.4))
    for i, step in enumerate(steps):
        if rng.random() < share:
            asked = sub_question(problem, steps[:i])
            row.add(SUB_QUESTION, learn=False).add(f"{asked}\n", learn=True)
            if asked != NONE:
                row.add(ANSWER, learn=False)
        row.add(step if step is steps[-1] else f"{step}\n", learn=True)
    return row.end()


def sub_problem(rng: random.Random, problem: LabProblem, tokenizer: PreTrainedTokenizerFast) -> TrainingRow:
    """Return the solution of a sub-question as a problem of its own; it leaves the later facts unused."""
    facts = solve(problem)
    asked = earlier_question(problem, rng.choice(facts[:-1] or facts).target)
    return solution(asked, f"{asked.question}\n", tokenizer)


def asked(rng: random.Random, problem: LabProblem, tokenizer: PreTrainedTokenizerFast) -> TrainingRow:
    """Return a history, every fourth time to the last step, and the next sub-question, which alone is learned."""
    steps = steps_of(problem)
    history = steps[: len(steps) - 1 if rng.random() < 0.25 else rng.randrange(len(steps))]
    row = answered(rng, problem, history, tokenizer)
    row.add(SUB_QUESTION, learn=False).add(f"{sub_question(problem, history)}\n", learn=True)
    return row.cut()._replace(weight=GUIDED_WEIGHT)


def nested(rng: random.Random, problem: LabProblem, tokenizer: PreTrainedTokenizerFast) -> TrainingRow:
    """Return an open sub-question and what follows it, which alone is learned.

    That is the sub-question that must be answered first, "none." where there is no such question, or, after the
    answers to all of them, its own answer.
    """
    steps = steps_of(problem)
    start = rng.randrange(len(steps) - 1)
    end = rng.randrange(start, len(steps) - 1)
    row = answered(rng, problem, steps[:start], tokenizer)
    target = solve(problem)[end].target
    row.add(f"{SUB_QUESTION} {question_of(problem, target)}\n", learn=False)
    done = rng.choice((start, end))
    add_answers(row, problem, steps[:done], start)
    if done == end and rng.random() < 0.5:
        row.add(ANSWER, learn=False).add(f"{steps[end]}\n", learn=True)
    else:
        first = NONE if done == end else sub_question(problem, steps[:done])
        row.add(SUB_QUESTION, learn=False).add(f"{first}\n", learn=True)
    return row.cut()._replace(weight=GUIDED_WEIGHT)


def listed(problem: LabProblem, tokenizer: PreTrainedTokenizerFast) -> TrainingRow:
    """Return the question and the sub-questions that lead to its last step, one on a line."""
    row = begin(problem, tokenizer).add(SUB_QUESTION, learn=False)
    return row.add(list_of_questions(problem), learn=True).end()


def list_of_questions(problem: LabProblem) -> str:
    """Return the sub-questions before the last step, one on a line; the question itself if there is only one step."""
    facts = solve(problem)
    return "\n".join(question_of(problem, fact.target) for fact in facts[:-1] or facts)


def answered(
    rng: random.Random, problem: LabProblem, history: list[str], tokenizer: PreTrainedTokenizerFast
) -> RowBuilder:
    """Begin a row with the question and a history, only read; half of the time it answers sub-questions."""
    row = begin(problem, tokenizer)
    if rng.random() < 0.5:
        add_answers(row, problem, history, 0)
    else:
        row.add("".join(f"{step}\n" for step in history), learn=False)
    return row


def add_answers(row: RowBuilder, problem: LabProblem, steps: list[str], start: int) -> None:
    """Add the steps from ``start`` on as answers to their sub-questions, only read."""
    for i in range(start, len(steps)):
        question = sub_question(problem, steps[:i])
        row.add(f"{SUB_QUESTION} {question}\n{ANSWER} {steps[i]}\n", learn=False)
