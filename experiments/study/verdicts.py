"""Verdicts of a study: every answer that its trees state is graded once, after the search, and its verdict is kept.

A verdict depends on the problem and the answer alone, so each pair has one row in the table ``verdicts``. An ungraded
one is graded again when the study is resumed, at most ``TRIES`` times in all; any other is final.
"""

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from hintree.experiments.study.store_file import has_table
from hintree.experiments.study.store_rows import COLUMNS, checksum_of
from hintree.experiments.study.store_study import StoredCase
from hintree.grade import Verdict, grade
from hintree.search.core.tree import Tree

TRIES = 3
"""Maximum number of times that one answer is graded."""


class StoredVerdict(NamedTuple):
    """The verdict on an answer to a problem, by the problem's key; ``tries`` counts how often it was graded."""

    problem: str
    answer: str
    verdict: Verdict
    tries: int = 1


Verdicts = dict[tuple[str, str], StoredVerdict]
"""Verdicts by problem and answer."""


def grade_answers(problem: str, case: StoredCase, answers: Iterable[str | None]) -> list[StoredVerdict]:
    """Grade each different answer to a problem once. Raises GraderError as ``hintree.grade.grade`` does."""
    given = dict.fromkeys(storable(answer) for answer in answers if answer is not None)
    return [StoredVerdict(problem, text, grade(case.reference, text, case.choices or None)) for text in given]


def stated_answers(tree: Tree) -> list[str]:
    """Return the answers of all finished solutions of a tree."""
    return [node.step.answer for node in tree.terminals() if node.step.answer is not None]


def storable(text: str) -> str:
    """Return a text that can be stored: halves of surrogate pairs, which models may write, become question marks."""
    return text.encode(errors="replace").decode()


def read_verdicts(connection: sqlite3.Connection) -> Verdicts:
    """Return all verdicts of a store; none for a store from before they were kept.

    Raises:
        sqlite3.DatabaseError: A verdict is none.
    """
    if not has_table(connection, "verdicts"):
        return {}
    rows = connection.execute("SELECT problem, answer, verdict, tries FROM verdicts")
    try:
        return {(problem, answer): StoredVerdict(problem, answer, Verdict(v), n) for problem, answer, v, n in rows}
    except ValueError as error:
        raise sqlite3.DatabaseError(str(error)) from error


def write_verdicts(connection: sqlite3.Connection, verdicts: Iterable[StoredVerdict]) -> None:
    """Write verdicts inside a transaction; only an ungraded one is replaced."""
    connection.executemany(
        "INSERT INTO verdicts VALUES (?, ?, ?, ?) ON CONFLICT (problem, answer) DO UPDATE SET "
        "verdict = excluded.verdict, tries = max(tries, excluded.tries) WHERE verdict = 'ungraded'",
        [(v.problem, v.answer, v.verdict.value, v.tries) for v in verdicts],
    )


def resolve_ungraded(connection: sqlite3.Connection) -> None:
    """Turn ungraded results whose answers have been graded since into results that are done, inside a transaction."""
    columns = ", ".join(f"r.{name}" for name in COLUMNS.split(", "))
    query = f"SELECT r.rowid, v.verdict, {columns} FROM results r JOIN verdicts v USING (problem, answer) "
    query += "WHERE r.status = 'ungraded' AND v.verdict IN ('right', 'wrong')"
    for rowid, verdict, *row in connection.execute(query).fetchall():
        values = dict(zip(COLUMNS.split(", "), row, strict=True))
        values |= {"status": "done", "right": int(Verdict(verdict) is Verdict.RIGHT)}
        change = "UPDATE results SET status = ?, right = ?, checksum = ? WHERE rowid = ?"
        connection.execute(change, (values["status"], values["right"], checksum_of(values.values()), rowid))
