"""Store of a study: one SQLite file in the study's folder, in which every acknowledged row is durable.

::

    meta      study, study_hash, versions, hardware; JSON
    arms      name and configuration by hash, in the study's order
    problems  id, question and reference by key, in order
    choices   options of multiple-choice problems by key
    results   one row per (arm, problem, seed): status, answer, ledger
    trees     the tree of every result, zlib-compressed JSON
    verdicts  the verdict on every answer that a tree states, by problem and answer
    losses    how many workers were lost, by reason and arm

A result and its tree are written in one transaction. SQLite runs in WAL mode with full synchronisation, so that several
processes may write, and a killed process or machine loses only unacknowledged rows. Every row carries a checksum.
"""

import sqlite3
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from hintree.bounded_files import parse_json
from hintree.errors import UsageError
from hintree.experiments.study.losses import Loss, read_losses, write_losses
from hintree.experiments.study.store_file import (
    SCHEMA,
    check_pages,
    check_tables,
    check_version,
    connect,
    damaged,
    of_another_study,
    reported,
)
from hintree.experiments.study.store_rows import COLUMNS, as_result, checksum_of, unpack_tree, write_result
from hintree.experiments.study.store_rows import Result as Result
from hintree.experiments.study.store_study import (
    LATER_TABLES,
    checked_study,
    fill,
    hash_of,
    key_of,
    missed,
    read_cases_of,
    settings_version,
    study_hash,
    write_study,
)
from hintree.experiments.study.store_study import StoredCase as StoredCase
from hintree.experiments.study.upgrade import upgrade_arm, upgrade_study
from hintree.experiments.study.verdicts import StoredVerdict, Verdicts, read_verdicts, resolve_ungraded, write_verdicts
from hintree.search.core.tree import Tree

FILE = "run.sqlite"


class Store:
    """Store in a folder; use it in a ``with`` statement."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        with reported(self.path):
            self._hashes = dict(connection.execute("SELECT name, hash FROM arms"))
            self._names = {hash: name for name, hash in self._hashes.items()}
            self._settings = settings_version(connection)

    @classmethod
    def create(
        cls,
        folder: Path,
        study: Mapping[str, Any],
        cases: Sequence[StoredCase],
        *,
        exist_ok: bool = False,
        **facts: Any,
    ) -> Self:
        """Create a store atomically, or open one of the same study.

        Args:
            folder: Folder of the store, created if missing.
            study: The resolved study; its "arms" are configurations by name.
            cases: The problems, in order.
            exist_ok: Open an existing store of the same study, or of a smaller one, to which arms, problems and seeds
                are added; otherwise an existing store is an error.
            facts: "versions" and "hardware", or functions that return them, called for a new store only.

        Raises:
            UsageError: The folder holds a store already, or cannot be written.
        """
        path = folder / FILE
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.touch()
        except OSError as error:
            raise UsageError(f"{folder}: cannot be written: {error.strerror}; give another --out") from error
        with reported(path):
            connection = connect(path, "rw")
            connection.execute("BEGIN IMMEDIATE")
            if is_new := connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
                fill(connection, study, cases, facts)
                connection.execute(f"PRAGMA user_version={SCHEMA}")
            connection.execute("COMMIT")
            connection.close()
        if not is_new and not exist_ok:
            raise UsageError(f"{folder} holds a study already: go on with --resume, or give another --out")
        store = cls.open(folder, write=True)
        if store.holds(study, cases):
            return store
        store.grow(study, cases)
        store.close()
        return cls.open(folder, write=True)

    @classmethod
    def open(cls, folder: Path, *, write: bool = False) -> Self:
        """Open the store in a folder.

        Raises:
            UsageError: There is none, it is damaged, of another schema, or not writable with ``write``.
        """
        path = Path(folder) / FILE
        if not path.is_file():
            raise UsageError(f"{folder}: no study is there ({FILE} is missing); `hintree run STUDY --out {folder}`")
        with reported(path):
            connection = connect(path, "rw" if write else "ro")
            check_version(path, connection)
            check_tables(path, connection)
            check_pages(path, connection)
            if write:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("UPDATE meta SET value=value WHERE key='study'")  # fails if nothing can be written
                for statement in LATER_TABLES.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version={SCHEMA}")
                connection.execute("COMMIT")
            store = cls(path, connection)
        store.check()
        return store

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection to the file."""
        self._connection.close()

    def check(self) -> None:
        """Raise UsageError if study, arms or problems were modified after the store was created."""
        study, cases = checked_study(self.meta("study"), self.path), list(self.problems().values())
        whole = study_hash(study, cases) == self.meta("study_hash") and self._stored_arms() == study["arms"]
        if not whole or list(self.problems()) != [key_of(case.id, case.question) for case in cases]:
            raise damaged(self.path, "study, arms or problems have been changed")

    def holds(self, study: Mapping[str, Any], cases: Sequence[StoredCase]) -> bool:
        """Return True if the store is of exactly this study, whichever version of hintree wrote it."""
        return study_hash(self.study, list(self.problems().values())) == study_hash(upgrade_study(study), cases)

    def grow(self, study: Mapping[str, Any], cases: Sequence[StoredCase]) -> None:
        """Extend the stored study by arms, problems or seeds. Raises UsageError if the new study lacks some."""
        keys = [key_of(case.id, case.question) for case in cases]
        if where := missed(study, keys, self.study, self.problems()):
            raise of_another_study(self.path, where)
        with reported(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            write_study(self._connection, study, cases, self._arm_keys())
            self._connection.execute("COMMIT")

    def meta(self, key: str) -> Any:
        """Return one stored fact about the study by name: "study", "study_hash", "versions" or "hardware"."""
        with reported(self.path):
            rows = dict(self._connection.execute("SELECT key, value FROM meta"))
        try:
            return parse_json(rows[key])
        except (KeyError, ValueError, AttributeError) as error:
            raise damaged(self.path, f"{key} cannot be read") from error

    @property
    def study(self) -> dict[str, Any]:
        """Return the resolved study: name, baseline arm, problems, seeds, and the arms in order, upgraded."""
        return upgrade_study(self.meta("study"), self._settings)

    def arms(self) -> dict[str, dict[str, Any]]:
        """Return the upgraded configuration of each arm by name, in the study's order."""
        return {name: upgrade_arm(config, self._settings) for name, config in self._stored_arms().items()}

    def _arm_keys(self) -> dict[str, str]:
        """Return the key under which results of an arm are stored, by the hash of its upgraded configuration.

        The two differ for an arm that an earlier version stored; its results keep their key.
        """
        return {hash_of(config): self._hashes[name] for name, config in self.arms().items()}

    def _stored_arms(self) -> dict[str, dict[str, Any]]:
        """Return the configuration of each arm as it was written, in the study's order."""
        with reported(self.path):
            rows = self._connection.execute("SELECT name, config FROM arms ORDER BY position").fetchall()
        try:
            return {name: parse_json(config) for name, config in rows}
        except (ValueError, AttributeError) as error:
            raise damaged(self.path, "an arm cannot be read") from error

    def problems(self) -> dict[str, StoredCase]:
        """Return the problems by key, in order."""
        with reported(self.path):
            return read_cases_of(self._connection)

    def verdicts(self) -> Verdicts:
        """Return the verdicts on the answers that trees state, by problem and answer; none for an old store."""
        with reported(self.path):
            return read_verdicts(self._connection)

    def losses(self) -> Counter[Loss]:
        """Return how many workers the study has lost, by reason and arm."""
        with reported(self.path):
            return read_losses(self._connection)

    def results(self) -> Iterator[Result]:
        """Yield all results, sorted by arm, problem and seed.

        Raises:
            UsageError: A row does not match its checksum.
        """
        chosen = ", ".join(f"r.{name}" for name in COLUMNS.split(", "))
        query = f"SELECT {chosen}, r.checksum FROM results r JOIN arms a ON a.hash = r.arm "
        query += "JOIN problems p ON p.key = r.problem ORDER BY a.position, p.position, r.seed"
        with reported(self.path):
            for *row, checksum in self._connection.execute(query):
                if checksum_of(row) != checksum:
                    raise damaged(self.path, "a row does not fit its checksum")
                yield as_result(row, self._names)

    def keys(self) -> dict[tuple[str, str, int], str]:
        """Return the status of every result by (arm, problem, seed)."""
        with reported(self.path):
            rows = self._connection.execute("SELECT arm, problem, seed, status FROM results").fetchall()
        return {(self._names[a], problem, seed): status for a, problem, seed, status in rows if a in self._names}

    def tree(self, arm: str, problem: str, seed: int) -> Tree:
        """Return the tree of one result. Raises UsageError if there is none, as for a failed problem."""
        packed = self.packed_tree(arm, problem, seed)
        if packed is None:
            raise UsageError(f"{self.path}: no tree of arm {arm!r}, problem {problem[:12]}, seed {seed}")
        try:
            return unpack_tree(packed)
        except (zlib.error, ValueError) as error:
            raise damaged(
                self.path, f"the tree of arm {arm!r}, problem {problem[:12]}, seed {seed}: {error}"
            ) from error

    def packed_tree(self, arm: str, problem: str, seed: int) -> bytes | None:
        """Return the tree of one result as stored: zlib-compressed JSON."""
        query = "SELECT tree FROM trees WHERE arm=? AND problem=? AND seed=?"
        with reported(self.path):
            row = self._connection.execute(query, (self._hashes.get(arm), problem, seed)).fetchone()
        return None if row is None else bytes(row[0])

    def tree_keys(self) -> set[tuple[str, str, int]]:
        """Return (arm, problem, seed) of every result that has a tree."""
        with reported(self.path):
            rows = self._connection.execute("SELECT arm, problem, seed FROM trees").fetchall()
        return {(self._names[a], problem, seed) for a, problem, seed in rows if a in self._names}

    def add(
        self,
        results: Iterable[tuple[Result, bytes | None]],
        verdicts: Iterable[StoredVerdict] = (),
        losses: Iterable[Loss] = (),
    ) -> None:
        """Write results with their packed trees, verdicts and losses; they are on the disk when this returns.

        A result that is there stays, but one of a later status of ``STATUSES`` takes the place of one of an earlier
        status. Ungraded results whose verdict has become known are done.
        """
        with reported(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                for result, tree in results:
                    write_result(self._connection, self._hashes[result.arm], result, tree)
                write_verdicts(self._connection, verdicts)
                write_losses(self._connection, losses)
                resolve_ungraded(self._connection)
            except BaseException:
                if self._connection.in_transaction:  # a full disk has ended it already
                    self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def forget_failed(self) -> None:
        """Delete all failed results, to retry them."""
        with reported(self.path):
            self._connection.execute("DELETE FROM results WHERE status='failed'")
