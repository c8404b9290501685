"""Draw lab problems: seeded, in disjoint splits.

A problem belongs to a split by the hash of its *signature*: family, operations, constants and text order, without
names or things. Two problems that differ only in names are therefore always in the same split.
"""

import hashlib
import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

from hintree.lab.difficulty import KNOWN_FAMILIES, STANDARD, Difficulty
from hintree.lab.families.ages import ages
from hintree.lab.families.rates import rates
from hintree.lab.families.relations import relations
from hintree.lab.families.sharing import sharing
from hintree.lab.families.shopping import shopping
from hintree.lab.families.totals import totals
from hintree.lab.families.wording import Family, Sentence, UnlabelledProblem
from hintree.lab.graph import DeadEndError
from hintree.lab.problem import MAX_VALUE, Fact, LabProblem, needed_keys

FAMILIES: dict[str, Family] = {
    "relations": relations,
    "ages": ages,
    "totals": totals,
    "shopping": shopping,
    "rates": rates,
    "sharing": sharing,
}
SPLITS = ("train", "validation", "test")
STEPS = range(1, 17)
"""Allowed numbers of steps; the shipped models are trained on all of them, most on 1 to 9."""
LEAST_RANGE = 60
"""Smallest allowed value of ``Difficulty.largest``."""
DISTRACTORS = range(3)
"""Allowed numbers of unneeded facts; with more, the names would run out."""


def problems(
    split: str,
    steps: Sequence[int] = range(2, 9),
    *,
    n: int | None = None,
    seed: int = 0,
    families: Sequence[str] = KNOWN_FAMILIES,
    difficulty: Difficulty = STANDARD,
) -> Iterator[LabProblem]:
    """Yield problems of one split, in a fixed order for a fixed seed.

    Args:
        split: "train", "validation" or "test".
        steps: Numbers of steps to draw from, each in 1..16; the final "The answer is" is not counted.
        n: Number of problems; None yields without end.
        seed: Same seed, same problems.
        families: Names from ``FAMILIES``; by default those that the shipped models are trained on.
        difficulty: All other difficulty settings.

    Raises:
        ValueError: An argument is outside its range.
    """
    check_choice("split", [split], SPLITS)
    check_choice("steps", steps, STEPS)
    check_choice("families", families, tuple(FAMILIES))
    check_difficulty(difficulty)
    rng = random.Random(f"{split}/{seed}")
    for _ in range(n) if n is not None else itertools.count():
        yield sample(rng, split, steps, families, difficulty)


def sample(
    rng: random.Random,
    split: str,
    steps: Sequence[int],
    families: Sequence[str] = KNOWN_FAMILIES,
    difficulty: Difficulty = STANDARD,
) -> LabProblem:
    """Draw one problem of a split; see ``problems`` for the arguments."""
    family, many, extra = rng.choice(families), rng.choice(steps), rng.choice(difficulty.distractors)
    while True:
        problem = draw(rng, family, many, extra, difficulty)
        if problem.split == split:
            return problem


def check_difficulty(difficulty: Difficulty) -> None:
    """Raise ValueError unless every difficulty setting is in its range."""
    check_choice("distractors", difficulty.distractors, DISTRACTORS)
    for name in ("dead_ends", "shuffle", "branching"):
        if not 0 <= (value := getattr(difficulty, name)) <= 1:
            raise ValueError(f"{name}: {value!r} is not a probability from 0 to 1")
    check_choice("largest", [difficulty.largest], range(LEAST_RANGE, MAX_VALUE + 1))
    check_choice("wordings", [difficulty.wordings], range(1, 4))


def check_choice(name: str, given: Sequence[object], allowed: Sequence[object]) -> None:
    """Raise ValueError unless ``given`` is not empty and all its values are allowed."""
    bad = [x for x in given if x not in allowed]
    if bad or not given:
        known = f"{allowed[0]} to {allowed[-1]}" if isinstance(allowed, range) else ", ".join(map(str, allowed))
        raise ValueError(f"{name}: {bad[0] if bad else 'nothing'!r} is not one of {known}")


def draw(rng: random.Random, family: str, steps: int, distractors: int, difficulty: Difficulty) -> LabProblem:
    """Draw one problem of any split; random graphs that cannot be completed are drawn again."""
    while True:
        try:
            drawn = FAMILIES[family].draw(rng, steps, distractors, difficulty)
            return label(drawn, family, rng, shuffled=rng.random() < difficulty.shuffle)
        except DeadEndError:
            continue


def label(drawn: UnlabelledProblem, family: str, rng: random.Random, *, shuffled: bool) -> LabProblem:
    """Number the sentences in text order and write the question."""
    sentences = list(drawn.sentences)
    if shuffled:
        rng.shuffle(sentences)
    else:
        sentences = in_order(drawn, rng)
    facts = tuple(Fact(i, s.text, s.target, s.name, s.op, s.operands) for i, s in enumerate(sentences, 1))
    text = " ".join(f"({fact.label}) {fact.text}." for fact in facts)
    problem = LabProblem(family, f"{text} {drawn.question}", facts, drawn.target, drawn.values)
    return replace(problem, split=split_of(problem))


def in_order(drawn: UnlabelledProblem, rng: random.Random) -> list[Sentence]:
    """Return the sentences in order of use, each distractor at a random place after its operands."""
    needed = needed_keys(drawn.target, {s.target: s.operands for s in drawn.sentences})
    sentences = [s for s in drawn.sentences if s.target in needed]
    for extra in (s for s in drawn.sentences if s.target not in needed):
        first = max((i + 1 for i, s in enumerate(sentences) if s.target in extra.operands), default=0)
        sentences.insert(rng.randint(first, len(sentences)), extra)
    return sentences


def signature(problem: LabProblem) -> str:
    """Return the problem without its names: family and, in text order, operations and numbers."""
    index = {fact.target: fact.label for fact in problem.facts}
    rows = [(fact.op, *(f"#{index[x]}" if isinstance(x, str) else x for x in fact.operands)) for fact in problem.facts]
    return f"{problem.family} {rows} {index[problem.target]}"


def split_of(problem: LabProblem) -> str:
    """Return the split of a problem: 80 % train, 10 % validation, 10 % test."""
    bucket = int(hashlib.sha256(signature(problem).encode()).hexdigest(), 16) % 10
    return {0: "test", 1: "validation"}.get(bucket, "train")
