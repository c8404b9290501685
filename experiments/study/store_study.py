"""Write what a store holds before the first result: tables, study, arms, problems, and their hashes."""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

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


class StoredCase(NamedTuple):
    """A problem of the study with its reference answer; family and steps are None where they are not known."""

    id: str
    question: str
    reference: str
    family: str | None
    steps: int | None


def fill(
    connection: sqlite3.Connection, study: Mapping[str, Any], cases: Sequence[StoredCase], facts: Mapping[str, Any]
) -> None:
    """Make the tables and write all but results."""
    for statement in TABLES.split(";"):
        connection.execute(statement)
    connection.executemany("INSERT INTO meta VALUES (?, ?)", [(k, json.dumps(v)) for k, v in facts.items()])
    write_study(connection, study, cases)


def write_study(
    connection: sqlite3.Connection,
    study: Mapping[str, Any],
    cases: Sequence[StoredCase],
    arm_keys: Mapping[str, str] | None = None,
) -> None:
    """Replace the stored study, arms and problems; results are left alone.

    Args:
        connection: To the store, inside a transaction.
        study: The resolved study.
        cases: Its problems, in order.
        arm_keys: Keys of arms that have results already, by the hash of the arm's configuration.
    """
    known = arm_keys or {}
    own = {"study": study, "study_hash": study_hash(study, cases)}
    connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", [(k, json.dumps(v)) for k, v in own.items()])
    connection.execute("DELETE FROM arms")
    connection.execute("DELETE FROM problems")
    hashed = [(hash_of(config), name, config) for name, config in study["arms"].items()]
    arms = [(known.get(key, key), name, i, json.dumps(config)) for i, (key, name, config) in enumerate(hashed)]
    connection.executemany("INSERT INTO arms VALUES (?, ?, ?, ?)", arms)
    asked = [(key_of(case.id, case.question), i, *case) for i, case in enumerate(cases)]
    connection.executemany("INSERT INTO problems VALUES (?, ?, ?, ?, ?, ?, ?)", asked)


def hash_of(data: object) -> str:
    """SHA-256 of plain data, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


def key_of(id: str, question: str) -> str:
    """The key of a problem: whatever its id is, 64 hexadecimal digits."""
    return hash_of([id, question])


def study_hash(study: Mapping[str, Any], cases: Sequence[StoredCase]) -> str:
    """The hash of a study: all that its results depend on, and the order of its arms."""
    return hash_of([study, list(study["arms"]), list(cases)])


def missed(study: Mapping[str, Any], keys: Iterable[str], old: Mapping[str, Any], old_keys: Iterable[str]) -> str:
    """Say what an older study with problems of these keys has and this one lacks, in words; "" if it has grown only."""
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
    """The first value in which two studies differ, in words."""
    here, there = dict(leaves(mine)), dict(leaves(theirs))
    names = [name for name in here | there if here.get(name) != there.get(name)]
    return f"{names[0]} is {there.get(names[0])!r} there and {here.get(names[0])!r} here" if names else "the problems"


def leaves(data: object, name: str = "") -> Iterator[tuple[str, object]]:
    """Every value in nested mappings, with its dotted name."""
    if not isinstance(data, Mapping):
        yield name, data
        return
    for key, value in data.items():
        yield from leaves(value, f"{name}.{key}".strip("."))
