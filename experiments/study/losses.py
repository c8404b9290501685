"""Workers that a study has lost: killed, crashed, stopped or hanging. They are counted in its store, for its report."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from hintree.experiments.study.store_file import has_table


class Loss(NamedTuple):
    """One lost worker: the reason, and the arm that it worked on, "" if on none."""

    reason: str
    arm: str = ""


def write_losses(connection: sqlite3.Connection, losses: Iterable[Loss]) -> None:
    """Count losses inside a transaction."""
    connection.executemany(
        "INSERT INTO losses VALUES (?, ?, 1) ON CONFLICT (reason, arm) DO UPDATE SET number = number + 1", losses
    )


def read_losses(connection: sqlite3.Connection) -> Counter[Loss]:
    """Return how often each loss has happened; none for a store from before they were counted."""
    if not has_table(connection, "losses"):
        return Counter()
    rows = connection.execute("SELECT reason, arm, number FROM losses ORDER BY reason, arm")
    return Counter({Loss(reason, arm): number for reason, arm, number in rows})


def describe(losses: Mapping[Loss, int]) -> str:
    """Return a sentence that counts lost workers by reason; "" if there are none."""
    by_reason: Counter[str] = Counter()
    for loss, number in losses.items():
        by_reason[loss.reason] += number
    parts = ", ".join(f"{reason} ({number})" for reason, number in by_reason.most_common())
    return f"{by_reason.total()} workers were lost and replaced: {parts}" if parts else ""
