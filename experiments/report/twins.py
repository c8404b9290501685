"""Compare problems with their twins: counterfactuals and adversarial variants of the same problem."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from hintree.experiments.report.accuracy import INTERVAL, accuracy, difference
from hintree.experiments.report.results import StudyResults
from hintree.experiments.report.table import Cell, Column, Table
from hintree.grade import equal
from hintree.statistics.bootstrap import Floats, ratio

UNNAMED = "twin"
"""Name of variants whose kind is unknown."""


class Pair(NamedTuple):
    """Positions of a problem and of its twin in a study."""

    original: int
    twin: int


def pairs_by_variant(results: StudyResults) -> dict[str, list[Pair]]:
    """Return the twins whose original is in the study, by kind of variant."""
    places = {problem.id: i for i, problem in enumerate(results.problems)}
    found: dict[str, list[Pair]] = {}
    for i, problem in enumerate(results.problems):
        if problem.twin_of in places:
            found.setdefault(problem.variant or UNNAMED, []).append(Pair(places[problem.twin_of], i))
    return dict(sorted(found.items()))


def twins_table(results: StudyResults) -> Table:
    """Tabulate accuracy on originals and twins, and their difference, by arm and kind of variant."""
    rows: list[list[Cell]] = []
    for variant, pairs in pairs_by_variant(results).items():
        for arm in results.arms:
            row = compared(results, arm, pairs)
            if row is not None:
                rows.append([arm, variant, *row])
    heads = [Column("arm"), Column("variant"), Column("pairs"), Column("originals right", "%")]
    heads += [Column("twins right", "%"), Column("both right", "%"), Column("twins - originals", "points")]
    heads += [Column("won"), Column("lost"), Column("p"), Column("original's answer", "%")]
    caption = (
        "Problems and their variants (`twin_of` in the problem file), on seeds with which both were attempted. Both "
        "right: attempts that are right at the problem and at its twin. Won and lost count pairs whose twin is right "
        "with more, or fewer, seeds than the original; p is the exact McNemar test (two-sided). Original's answer: "
        f"wrong answers to twins that are right for the original, of all answers to twins. {INTERVAL}; score intervals "
        "of shares."
    )
    return Table("twins", "Twins", caption, heads, rows)


def compared(results: StudyResults, arm: str, pairs: Sequence[Pair]) -> list[Cell] | None:
    """Return the cells of one arm; None if no pair was attempted."""
    right, graded = results.column(arm, lambda a: float(a.right)), results.graded(arm)
    originals, twins = [pair.original for pair in pairs], [pair.twin for pair in pairs]
    both = graded[originals] * graded[twins]
    if not both.any():
        return None
    old, new = right[originals] * both, right[twins] * both
    kept = stated_original(results, arm, pairs) * both
    together: list[Cell] = [int(both.any(axis=1).sum()), accuracy(old, both), accuracy(new, both)]
    return [*together, accuracy(old * new, both), *difference((new, both), (old, both)), ratio(kept, both)]


def stated_original(results: StudyResults, arm: str, pairs: Sequence[Pair]) -> Floats:
    """Return 1 where the wrong answer to a twin is the original's right one; shape [pairs, seeds]."""
    found = np.zeros((len(pairs), len(results.seeds)))
    for i, pair in enumerate(pairs):
        for seed in range(len(results.seeds)):
            attempt = results.attempts[arm].get((pair.twin, seed))
            if attempt is not None and not attempt.selected_right and attempt.answer is not None:
                found[i, seed] = equal(results.problems[pair.original].reference, attempt.answer)
    return found
