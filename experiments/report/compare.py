"""Compare two arms of a study on the attempts that both made (``hintree compare``)."""

from collections.abc import Mapping
from pathlib import Path

from hintree.errors import UsageError
from hintree.experiments.report.accuracy import INTERVAL, WON, right_of
from hintree.experiments.report.costs import UNSCORED, WRITERS, ArmFigure, generated, gflops, money, teacher_tokens
from hintree.experiments.report.load import check_arm, load
from hintree.experiments.report.paired import equivalence, mcnemar
from hintree.experiments.report.prices import Prices
from hintree.experiments.report.results import StudyResults, TrialFigure
from hintree.experiments.report.table import Cell, Column, Table, points
from hintree.experiments.study.store import Store
from hintree.search.core.ledger import ALL_ROLES, ROLES
from hintree.statistics.bootstrap import bootstrap, ratio

MARGIN = 0.02
"""Difference in accuracy that counts as none."""


def of_any_arm(figure: TrialFigure) -> ArmFigure:
    """Return a figure that is the same for every arm."""
    return lambda results, arm: figure


FIGURES: Mapping[str, ArmFigure] = {
    "right of 100": of_any_arm(lambda a: 100.0 * a.right),
    "teacher tokens": of_any_arm(generated("teacher")),
    "tokens of the teacher's model": teacher_tokens,
    "reasoner tokens": of_any_arm(generated("reasoner")),
    "hinter tokens": of_any_arm(generated("hinter")),
    "generated tokens": of_any_arm(generated(*WRITERS)),
    "discarded tokens": of_any_arm(lambda a: a.ledger.total("discarded_tokens")),
    "forwarded tokens": of_any_arm(lambda a: a.ledger.total("forwarded_tokens")),
    "GFLOPs": of_any_arm(gflops(*ALL_ROLES)),
    "GFLOPs without scorer": of_any_arm(gflops(*UNSCORED)),
    **{f"GFLOPs of the {role}": of_any_arm(gflops(role)) for role in ROLES},
}
"""What is compared, each a mean per attempt."""


def compare(
    folder: Path,
    arm: str,
    other: str,
    teacher: str | None = None,
    *,
    margin: float = MARGIN,
    prices: Prices | None = None,
) -> Table:
    """Tabulate the differences in accuracy and cost between two arms; the trees of the study are not read.

    Args:
        folder: Folder of the study.
        arm: Name of the arm that is compared.
        other: Name of the arm that it is compared with.
        teacher: See ``load``.
        margin: Difference in accuracy that counts as none, in (0, 1).
        prices: Prices of models, for a row of money.

    Raises:
        UsageError: There is no such study or arm, both arms have no attempt in common, or the store is damaged.
    """
    with Store.open(folder) as store:
        arms = store.arms()
        for option, name in (("A", arm), ("B", other)):
            check_arm(arms, option, name)
        return compared(load(store, None, teacher, trees=False, prices=prices), arm, other, margin)


def compared(results: StudyResults, arm: str, other: str, margin: float = MARGIN) -> Table:
    """Return the table with one row per figure; differences and ratios are resampled as pairs."""
    both = results.graded(arm) * results.graded(other)
    if not both.any():
        raise UsageError(f"{arm!r} and {other!r} have no attempt in common yet; go on with `hintree run --resume`")
    rows: list[list[Cell]] = []
    figures = dict(FIGURES) if results.prices is None else {**FIGURES, results.prices.currency or "price": money}
    for name, figure in figures.items():
        ours, theirs = (results.column(one, figure(results, one)) * both for one in (arm, other))
        gain = bootstrap([ours, theirs, both], lambda x, y, n: (x - y) / n)
        times = bootstrap([ours, theirs, both], lambda x, y, n: x / y)
        rows.append([name, ratio(ours, both).value, ratio(theirs, both).value, gain, times])
    a, b = (right_of(results, name)[0] * both for name in (arm, other))
    won, lost, p = mcnemar(a, b)
    test = equivalence(a, b, both, margin)
    verdict = "is shown" if test.equivalent else "is not shown"
    caption = (
        f"A is {arm}; B is {other}. Means per attempt (one problem with one seed) on the {int(both.sum())} attempts at "
        f"{int(both.any(axis=1).sum())} problems that both made{left_out(results, arm, other)}. {INTERVAL}, paired. "
        f"Problems "
        f"won {won}, lost {lost}, p = {p:.3g}: {WON}. Equal accuracy within {points(margin).lstrip('+')} points "
        f"{verdict}: p = {test.p:.3g}, 90 % interval [{points(test.low)}, {points(test.high)}] (two one-sided tests, "
        "bootstrap)."
    )
    heads = [Column("figure"), Column("A"), Column("B"), Column("A - B"), Column("A / B", "%")]
    return Table("comparison", f"{arm} against {other}", caption, heads, rows)


def left_out(results: StudyResults, *arms: str) -> str:
    """Return the part of the caption about ungraded attempts, "" if there are none."""
    ungraded = sum(attempt.ungraded for arm in arms for attempt in results.attempts[arm].values())
    return f" ({ungraded} ungraded attempts are left out)" if ungraded else ""
