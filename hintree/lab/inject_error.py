"""Inject plausible errors into solutions: histories with errors for hints, and negative examples for the PRM."""

import random
from collections.abc import Sequence

from hintree.lab.checker import stated_values
from hintree.lab.problem import MAX_VALUE, Fact, LabProblem, write_step


def inject_error(rng: random.Random, problem: LabProblem, history: Sequence[str]) -> list[str]:
    """Return ``history`` with an error injected near its end.

    The last step or the one before it is replaced by a wrong one. Later steps are recomputed on top of the error.
    """
    cut = max(0, len(history) - rng.choice((1, 1, 2)))
    steps = [*history[:cut], wrong_step(rng, problem, history[:cut])]
    for old in history[cut + 1 :]:
        known = stated_values(problem, steps)
        fact = problem.facts[int(old[1 : old.index(")")]) - 1]
        if known.keys() >= set(fact.needs()) and in_range(step := write_step(fact, known)):
            steps.append(step)
    return steps


def in_range(step: str) -> bool:
    """Return whether the result of a step is within the range of the lab."""
    return 0 <= int(step.rstrip(".").rpartition(" ")[2]) <= MAX_VALUE


def wrong_step(rng: random.Random, problem: LabProblem, history: Sequence[str]) -> str:
    """Write a step with an error in its arithmetic, in an operand, or in the choice of the fact."""
    known = stated_values(problem, history)
    usable = [fact for fact in problem.facts if fact.op and known.keys() >= set(fact.needs())]
    needed = problem.needed()
    kind = rng.random()
    open_facts = [f for f in usable if f.target in needed and f.target not in known] or usable
    fact = rng.choice(open_facts)
    step = write_step(fact, known)
    if kind < 0.4 or (kind < 0.7 and not fact.needs()):
        return wrong_result(rng, step)
    if kind < 0.7:
        return wrong_operand(rng, fact, known)
    other_steps = [step for f in usable if f not in open_facts and in_range(step := write_step(f, known))]
    return rng.choice(other_steps) if other_steps else wrong_result(rng, step)


def wrong_result(rng: random.Random, step: str) -> str:
    """Replace the result of a step by a nearby wrong number."""
    head, _, result = step.rpartition(" ")
    value = int(result.rstrip("."))
    nearby = [value + d for d in (-20, -10, -3, -2, -1, 1, 2, 3, 10, 20) if 0 <= value + d <= MAX_VALUE]
    wrong = rng.choice(nearby)
    return f"{head.replace(f'= {value}.', f'= {wrong}.')} {wrong}."


def wrong_operand(rng: random.Random, fact: Fact, known: dict[str, int]) -> str:
    """Write the step with a wrong value for one of the quantities that it looks up."""
    key = rng.choice(fact.needs())
    others = sorted({value for value in known.values() if value != known[key]}) or [known[key] + 1]
    step = write_step(fact, {**known, key: rng.choice(others)})
    return step if in_range(step) else wrong_result(rng, write_step(fact, known))
