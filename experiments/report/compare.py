"""Compare two arms of a study on the attempts that both made (``hintree compare``)."""

from collections.abc import Mapping
from pathlib import Path

from hintree.errors import UsageError
from hintree.experiments.report.accuracy import INTERVAL, WON, right_of
from hintree.experiments.report.costs import WRITERS, flops, generated
from hintree.experiments.report.load import check_arm, load
from hintree.experiments.report.paired import mcnemar
from hintree.experiments.report.results import StudyResults, TrialFigure
from hintree.experiments.report.table import Cell, Column, Table
from hintree.experiments.study.store import Store
from hintree.statistics.bootstrap import bootstrap, ratio

FIGURES: Mapping[str, TrialFigure] = {
    "right of 100": lambda a: 100.0 * a.right,
    "teacher tokens": generated("teacher"),
    "reasoner tokens": generated("reasoner"),
    "hinter tokens": generated("hinter"),
    "generated tokens": generated(*WRITERS),
    "discarded tokens": lambda a: a.ledger.total("discarded_tokens"),
    "forwarded tokens": lambda a: a.ledger.total("forwarded_tokens"),
    "GFLOPs": lambda a: flops(scorer=True)(a) / 1e9,
    "GFLOPs without scorer": lambda a: flops(scorer=False)(a) / 1e9,
}
"""What is compared, each a mean per attempt."""


def compare(folder: Path, arm: str, other: str, teacher: str | None = None) -> Table:
    """Tabulate the differences in accuracy and cost between two arms; the trees of the study are not read.

    Args:
        folder: Folder of the study.
        arm: Name of the arm that is compared.
        other: Name of the arm that it is compared with.
        teacher: See ``load``.

    Raises:
        UsageError: There is no such study or arm, both arms have no attempt in common, or the store is damaged.
    """
    with Store.open(folder) as store:
        arms = store.arms()
        for option, name in (("A", arm), ("B", other)):
            check_arm(arms, option, name)
        return compared(load(store, None, teacher, trees=False), arm, other)


def compared(results: StudyResults, arm: str, other: str) -> Table:
    """Return the table with one row per figure; differences and ratios are resampled as pairs."""
    both = results.graded(arm) * results.graded(other)
    if not both.any():
        raise UsageError(f"{arm!r} and {other!r} have no attempt in common yet; go on with `hintree run --resume`")
    rows: list[list[Cell]] = []
    for name, figure in FIGURES.items():
        ours, theirs = (results.column(one, figure) * both for one in (arm, other))
        gain = bootstrap([ours, theirs, both], lambda x, y, n: (x - y) / n)
        times = bootstrap([ours, theirs, both], lambda x, y, n: x / y)
        rows.append([name, ratio(ours, both).value, ratio(theirs, both).value, gain, times])
    right = (right_of(results, name)[0] * both for name in (arm, other))
    won, lost, p = mcnemar(*right)
    caption = (
        f"A is {arm}; B is {other}. Means per attempt (one problem with one seed) on the {int(both.sum())} attempts at "
        f"{int(both.any(axis=1).sum())} problems that both made{left_out(results, arm, other)}. {INTERVAL}, paired. "
        f"Problems "
        f"won {won}, lost {lost}, p = {p:.3g}: {WON}."
    )
    heads = [Column("figure"), Column("A"), Column("B"), Column("A - B"), Column("A / B", "%")]
    return Table("comparison", f"{arm} against {other}", caption, heads, rows)


def left_out(results: StudyResults, *arms: str) -> str:
    """Return the part of the caption about ungraded attempts, "" if there are none."""
    ungraded = sum(attempt.ungraded for arm in arms for attempt in results.attempts[arm].values())
    return f" ({ungraded} ungraded attempts are left out)" if ungraded else ""
