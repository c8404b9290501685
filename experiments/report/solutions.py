"""Tabulate pass@k and majority@k over the finished solutions of each arm."""

from collections.abc import Callable

import numpy as np

from hintree.experiments.report.results import StudyResults
from hintree.experiments.report.table import Cell, Column, Table
from hintree.experiments.report.votes import DRAWS, Finished, pass_at_k, vote_at_k
from hintree.statistics.bootstrap import Estimate, ratio

KINDS: dict[str, Callable[[list[Finished], int], float]] = {
    "pass@k": lambda found, k: pass_at_k(len(found), sum(s.right for s in found), k),
    "maj@k": lambda found, k: vote_at_k(found, k, weighted=False),
    "weighted@k": lambda found, k: vote_at_k(found, k, weighted=True),
}


def solutions_table(results: StudyResults) -> Table:
    """Tabulate pass@k and votes, one row per arm and k."""
    rows: list[list[Cell]] = []
    for arm in results.arms:
        pools = pooled(results, arm)
        mean = sum(map(len, pools)) / len(pools) if pools else 0.0
        for k in sizes(pools):
            rows.append([arm, k, mean, *(expected(pools, k, kind) for kind in KINDS.values())])
    caption = (
        "All finished solutions of a problem that state a graded answer, over all seeds, k of them drawn: the chance "
        "that one is right (pass@k, unbiased), that their majority is (maj@k), and that their vote weighted by "
        "trajectory score is (weighted@k; by token confidence without a scorer). Votes are over all subsets, or "
        f"over {DRAWS} random ones where there are more. A problem with fewer than k solutions counts with all it has, "
        "one with none is not solved. Solutions of one tree share steps, so only for best-of-n and single chains are "
        "they independent. 95 % bootstrap intervals over problems."
    )
    columns = [Column("arm"), Column("k"), Column("solutions per problem"), *(Column(kind, "%") for kind in KINDS)]
    return Table("solutions", "pass@k and votes", caption, columns, rows)


def pooled(results: StudyResults, arm: str) -> list[list[Finished]]:
    """Return the finished solutions of every problem that the arm has attempted."""
    pools: dict[int, list[Finished]] = {}
    for (problem, _), attempt in sorted(results.attempts[arm].items(), key=lambda item: item[0]):
        pools.setdefault(problem, []).extend(attempt.finished)
    return list(pools.values())


def sizes(pools: list[list[Finished]]) -> list[int]:
    """Return 1, 2, 4, ... up to the number of solutions that most problems have."""
    most = int(np.median([len(pool) for pool in pools])) if pools else 0
    return [2**i for i in range(max(most, 1).bit_length())]


def expected(pools: list[list[Finished]], k: int, kind: Callable[[list[Finished], int], float]) -> Estimate:
    """Return the mean over problems."""
    values = np.array([[kind(pool, k)] for pool in pools])
    return ratio(values, np.ones_like(values)) if pools else Estimate(np.nan, np.nan, np.nan, 0)
