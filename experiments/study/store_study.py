"""Write the tables, the study, its arms and problems, and their hashes into a store."""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hintree.bounded_files import parse_json
from hintree.data.case import Case
from hintree.experiments.study.store_file import damaged, has_table
from hintree.experiments.study.upgrade import SETTINGS

TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE arms (hash TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, position INTEGER NOT NULL, config TEXT NOT NULL);
CREATE TABLE problems (
    key TEXT PRIMARY KEY, position INTEGER NOT NULL, id TEXT NOT NULL, question TEXT NOT NULL, reference TEXT NOT NULL,
    family TEXT, steps INTEGER
);
CREATE TABLE results (
    arm TEXT NOT NULL, problem TEXT NOT NULL, seed INTEGER NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL,
    answer TEXT, right INTEGER NOT NULL, attempts INTEGER NOT NULL, ledger TEXT NOT NULL, parameters TEXT NOT NULL,
    checksum INTEGER NOT NULL, PRIMARY KEY (arm, problem, seed)
);
CREATE TABLE trees (
    arm TEXT NOT NULL, problem TEXT NOT NULL, seed INTEGER NOT NULL, tree BLOB NOT NULL,
    PRIMARY KEY (arm, problem, seed)
);
"""
LATER_TABLES = """
CREATE TABLE IF NOT EXISTS choices (problem TEXT PRIMARY KEY, choices TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS verdicts (
    problem TEXT NOT NULL, answer TEXT NOT NULL, verdict TEXT NOT NULL, tries INTEGER NOT NULL,
    PRIMARY KEY (problem, answer)
);
CREATE TABLE IF NOT EXISTS twins (problem TEXT PRIMARY KEY, twin_of TEXT NOT NULL, variant TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS losses (
    reason TEXT NOT NULL, arm TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (reason, arm)
);
"""
"""Tables that older stores lack; they get them when they are opened to be written."""


class StoredCase(NamedTuple):
    """Problem of a study with its reference answer; family and steps are None where unknown.

    Options of a multiple-choice question are in ``choices``, (A) first; () if the question is open. ``twin_of`` is the
    id of the problem that this one is a variant of, and ``variant`` the kind of variant; "" for none.
    """

    id: str
    question: str
    reference: str
    family: str | None
    steps: int | None
    choices: tuple[str, ...] = ()
    twin_of: str = ""
    variant: str = ""

    def hashed(self) -> tuple[Any, ...]:
        """Return what a study's hash depends on: without the last fields that are empty, which older stores lack."""
        return tuple(self) if self.twin_of else self[:6] if self.choices else self[:5]


def stored_case(case: Case) -> StoredCase:
    """Return a problem as a study stores it."""
    choices = case.choices or case.problem.choices
    facts = (case.reference, case.family or None, case.steps, choices, case.twin_of, case.variant)
    return StoredCase(case.problem.id, case.problem.question, *facts)


def read_cases_of(connection: sqlite3.Connection) -> dict[str, StoredCase]:
    """Return the problems of a store by key, in order; those of a store of schema 1 have no choices.

    Raises:
        sqlite3.DatabaseError: A problem holds values of other kinds.
    """
    choices = dict(later_rows(connection, "choices", "problem, choices"))
    twins = {key: texts for key, *texts in later_rows(connection, "twins", "problem, twin_of, variant")}
    query = "SELECT key, id, question, reference, family, steps FROM problems ORDER BY position"
    found = {}
    for key, id, question, reference, family, steps in connection.execute(query):
        try:
            listed_choices = tuple(parse_json(choices.get(key, "[]")))
            twin = twins.get(key, ("", ""))
            found[key] = case = StoredCase(id, question, reference, family, steps, listed_choices, *twin)
        except (ValueError, TypeError, AttributeError) as error:
            raise sqlite3.DatabaseError("the choices of a problem cannot be read") from error
        texts = [case.id, case.question, case.reference, *case.choices, case.twin_of, case.variant]
        texts += [] if case.family is None else [case.family]
        if not all(isinstance(text, str) for text in texts) or not isinstance(case.steps, int | None):
            raise sqlite3.DatabaseError("a problem holds values of other kinds")
    return found


def later_rows(connection: sqlite3.Connection, table: str, columns: str) -> list[tuple[Any, ...]]:
    """Return the rows of one of ``LATER_TABLES``; [] for an older store without it."""
    return connection.execute(f"SELECT {columns} FROM {table}").fetchall() if has_table(connection, table) else []


def checked_study(study: Any, path: Path) -> dict[str, Any]:
    """Return a stored study. Raises DamagedStoreError unless its parts are of the kinds that a study has."""
    parts = study if isinstance(study, dict) else {}
    seeds, arms = parts.get("seeds"), parts.get("arms")
    named = all(isinstance(parts.get(key), str) for key in ("name", "baseline"))
    counted = isinstance(seeds, list) and all(isinstance(seed, int) for seed in seeds)
    whole = isinstance(arms, dict) and all(isinstance(config, dict) and is_arm(config) for config in arms.values())
    if not named or not counted or not whole or not isinstance(parts.get("problems"), str | dict):
        raise damaged(path, "its study has other parts than studies have")
    return parts


def is_arm(config: Mapping[str, Any]) -> bool:
    """Return True if the parts of an arm are of their kinds, as far as it has them."""
    models = (config.get(role) for role in ("reasoner", "hinter", "teacher", "scorer"))
    settings = (config.get(part) for part in ("search", "selection", "rewrite", "sampling", "hinting", "budget"))
    return all(isinstance(model, str | None) for model in models) and all(isinstance(s, dict | None) for s in settings)


def settings_version(connection: sqlite3.Connection) -> int:
    """Return the version of the settings of the arms; 1 for a store that does not record it.

    Raises:
        sqlite3.DatabaseError: It is not a whole number.
    """
    row = connection.execute("SELECT value FROM meta WHERE key='settings'").fetchone()
    if row is not None and not str(row[0]).isdecimal():
        raise sqlite3.DatabaseError("the version of its settings cannot be read")
    return 1 if row is None else int(row[0])


def fill(
    connection: sqlite3.Connection, study: Mapping[str, Any], cases: Sequence[StoredCase], facts: Mapping[str, Any]
) -> None:
    """Create the tables and write everything but results."""
    for statement in (TABLES + LATER_TABLES).split(";"):
        connection.execute(statement)
    known = {key: fact() if callable(fact) else fact for key, fact in facts.items()}
    connection.executemany("INSERT INTO meta VALUES (?, ?)", [(k, json.dumps(v)) for k, v in known.items()])
    write_study(connection, study, cases)


def write_study(
    connection: sqlite3.Connection,
    study: Mapping[str, Any],
    cases: Sequence[StoredCase],
    arm_keys: Mapping[str, str] | None = None,
) -> None:
    """Replace the stored study, arms and problems; results are not modified.

    Args:
        connection: Connection to the store, inside a transaction.
        study: The resolved study.
        cases: Its problems, in order.
        arm_keys: Keys of arms that have results, by the hash of the arm's configuration.
    """
    known = arm_keys or {}
    own = {"study": study, "study_hash": study_hash(study, cases), "settings": SETTINGS}
    connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", [(k, json.dumps(v)) for k, v in own.items()])
    connection.execute("DELETE FROM arms")
    connection.execute("DELETE FROM problems")
    connection.execute("DELETE FROM choices")
    connection.execute("DELETE FROM twins")
    hashed = [(hash_of(config), name, config) for name, config in study["arms"].items()]
    arms = [(known.get(key, key), name, i, json.dumps(config)) for i, (key, name, config) in enumerate(hashed)]
    connection.executemany("INSERT INTO arms VALUES (?, ?, ?, ?)", arms)
    keys = [key_of(case.id, case.question) for case in cases]
    rows = [(key, i, *case[:5]) for i, (key, case) in enumerate(zip(keys, cases, strict=True))]
    connection.executemany("INSERT INTO problems VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    choices = [(key, json.dumps(case.choices)) for key, case in zip(keys, cases, strict=True) if case.choices]
    connection.executemany("INSERT INTO choices VALUES (?, ?)", choices)
    twins = [(key, case.twin_of, case.variant) for key, case in zip(keys, cases, strict=True) if case.twin_of]
    connection.executemany("INSERT INTO twins VALUES (?, ?, ?)", twins)


def hash_of(data: object) -> str:
    """Return the SHA-256 of plain data, independent of the order of keys."""
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


def key_of(id: str, question: str) -> str:
    """Return the key of a problem: 64 hexadecimal digits, for any id."""
    return hash_of([id, question])


def study_hash(study: Mapping[str, Any], cases: Sequence[StoredCase]) -> str:
    """Return the hash of a study: of all that its results depend on, and of the order of its arms."""
    return hash_of([study, list(study["arms"]), [case.hashed() for case in cases]])


def missed(study: Mapping[str, Any], keys: Iterable[str], old: Mapping[str, Any], old_keys: Iterable[str]) -> str:
    """Name the first thing of an older study that the new one lacks; "" if the new one only adds to it."""
    kept = {hash_of(config) for config in study["arms"].values()}
    for name, config in old["arms"].items():
        if hash_of(config) not in kept:
            return difference({"arms": {name: study["arms"].get(name)}}, {"arms": {name: config}})
    if seeds := set(old["seeds"]).difference(study["seeds"]):
        return f"seed {min(seeds)} is there and not here"
    if lost := len(set(old_keys).difference(keys)):
        return f"problems that are there and not here: {lost}"
    return ""


def difference(mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> str:
    """Name the first value in which two studies differ."""
    here, there = dict(leaves(mine)), dict(leaves(theirs))
    names = [name for name in here | there if here.get(name) != there.get(name)]
    return f"{names[0]} is {there.get(names[0])!r} there and {here.get(names[0])!r} here" if names else "the problems"


def leaves(data: object, name: str = "") -> Iterator[tuple[str, object]]:
    """Yield every value of nested mappings with its dotted name."""
    if not isinstance(data, Mapping):
        yield name, data
        return
    for key, value in data.items():
        yield from leaves(value, f"{name}.{key}".strip("."))
