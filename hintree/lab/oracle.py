"""The oracle: the exact next hint and the exact next step after any history.

After errors, too: a quantity that was stated wrongly is computed again before anything is built on it.
"""

import re
from collections.abc import Sequence

from hintree.lab.checker import check_step, stated_key, stated_values
from hintree.lab.problem import Fact, LabProblem, next_to_use, write_answer, write_hint, write_step


def next_fact(problem: LabProblem, history: Sequence[str]) -> tuple[Fact | None, bool]:
    """Return the fact to use next (None: give the answer), and whether an earlier step got it wrong."""
    known = stated_values(problem, history)
    right = correct_keys(problem, known)
    fact = next_to_use(problem, right, stated_key(problem, history[-1]) if history else None)
    return fact, fact is not None and fact.target in known


def correct_keys(problem: LabProblem, known: dict[str, int]) -> set[str]:
    """Return the keys of the quantities whose stated value is true."""
    return {key for key, value in known.items() if value == problem.values[key]}


def next_hint(problem: LabProblem, history: Sequence[str]) -> str:
    """Return the exact hint for the step after ``history``."""
    fact, again = next_fact(problem, history)
    return write_hint(fact, problem.names, again=again)


def next_step(problem: LabProblem, history: Sequence[str]) -> str:
    """Return the exact step after ``history``."""
    fact, _ = next_fact(problem, history)
    return write_step(fact, problem.values) if fact else write_answer(problem.answer)


def meant_step(problem: LabProblem, history: Sequence[str], step: str) -> str:
    """Return the right step closest to ``step``.

    It is about the same fact if that fact can be used now, else it is the exact next step.
    """
    if check_step(problem, history, step).right:
        return step
    right = correct_keys(problem, stated_values(problem, history))
    label = re.match(r"\((\d{1,3})\)", step.strip())
    for fact in problem.facts:
        same = label is not None and int(label[1]) == fact.label
        if same and fact.target in problem.needed() - right and right.issuperset(fact.requires()):
            return write_step(fact, problem.values)
    return next_step(problem, history)
