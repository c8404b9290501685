"""Inject plausible errors into solutions: histories with errors for hints, and negative examples for the PRM."""

import random
from collections.abc import Sequence

from hintree.lab.book import LINKS, PLACES, make_book
from hintree.lab.checker import quoted_fact, stated_values
from hintree.lab.problem import MAX_VALUE, Fact, LabProblem, write_step


def inject_error(rng: random.Random, problem: LabProblem, history: Sequence[str]) -> list[str]:
    """Return ``history`` with an error injected near its end.

    The last step or the one before it is replaced by a wrong one. Later steps are recomputed on top of the error.
    """
    cut = max(0, len(history) - rng.choice((1, 1, 2)))
    return build_on(problem, [*history[:cut], wrong_step(rng, problem, history[:cut])], history[cut + 1 :])


def build_on(problem: LabProblem, start: Sequence[str], later: Sequence[str]) -> list[str]:
    """Return steps with the right ones that came later, recomputed from what ``start`` states as far as they can be."""
    steps = list(start)
    for old in later:
        known = stated_values(problem, steps)
        if quoted_fact(problem, old) is not None:
            steps.append(old)
            continue
        fact = problem.facts[int(old[1 : old.index(")")]) - 1]
        if known.keys() >= set(fact.needs()) and in_range(step := write_step(fact, known)):
            steps.append(step)
    return steps


def in_range(step: str) -> bool:
    """Return whether the result of a step is within the range of the lab."""
    return 0 <= int(step.rstrip(".").rpartition(" ")[2]) <= MAX_VALUE


def wrong_step(rng: random.Random, problem: LabProblem, history: Sequence[str]) -> str:
    """Write a step with an error in its arithmetic, in an operand, in a quote, or in the choice of the fact."""
    known = stated_values(problem, history)
    entries = [f for f in problem.facts if f.entry and f.target not in known and known.keys() >= set(f.links)]
    if entries:
        return wrong_quote(rng, problem, rng.choice(entries))
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


def wrong_quote(rng: random.Random, problem: LabProblem, fact: Fact) -> str:
    """Quote another entry than the one of ``fact``, or misquote the end of it."""
    assert problem.book is not None
    book = make_book(problem.book)
    if rng.random() < 0.5:
        other = book.similar(rng, book.entry(fact.entry), 1)[0]
        return f"“{other.text}.” [{other.id}]"
    end = rng.choice(PLACES) if fact.entry.split()[-1] in LINKS else f"{rng.randint(2, 99)} {fact.entry.split()[-1]}"
    text = f"{fact.target} {end}"
    return f"“{text}.” [{fact.entry}]" if text != fact.text else wrong_quote(rng, problem, fact)
