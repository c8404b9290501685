"""Convert rows of a store: results with checksums, and packed trees."""

import json
import sqlite3
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any, NamedTuple

from hintree.bounded_files import MEBIBYTE, parse_json
from hintree.search.core.events import events_to_list
from hintree.search.core.ledger import ACTIONS, ROLES, Account, Ledger
from hintree.search.core.serialization import from_dict, to_dict
from hintree.search.core.tree import Tree

STATUSES = ("failed", "ungraded", "abstained", "done")
"""States of a result; a later one in this order replaces an earlier one."""
LONGEST_TREE = 64 * MEBIBYTE
"""Bytes of a tree when it is unpacked."""
LARGEST = 1e30
"""Limit of the figures of a ledger."""
FIGURES = {field.name for field in fields(Account)}
"""Names of the figures of a ledger's account."""
COLUMNS = "arm, problem, seed, status, reason, answer, right, attempts, ledger, parameters"


class Result(NamedTuple):
    """Result of one arm on one problem with one seed.

    arm: Name of the arm.
    problem: Key of the problem.
    status: "done", "abstained" (its answer is withheld, and is None here), "ungraded" (solved, but its answer has no
        verdict) or "failed".
    reason: Reason why the search stopped ("complete", "budget: LIMIT"), or why it failed.
    right: True if the answer is equal to the reference, graded after the search; False while ungraded.
    parameters: Weights of the model behind each role.
    attempts: Number of attempts, >= 1.
    """

    arm: str
    problem: str
    seed: int
    status: str
    reason: str
    answer: str | None
    right: bool
    ledger: Ledger
    parameters: dict[str, int]
    attempts: int = 1


def as_result(row: Sequence[Any], names: Mapping[str, str]) -> Result:
    """Convert a row of the table to a result, with the arm's name. Raises ValueError for values of other kinds."""
    arm, problem, seed, status, reason, answer, right, attempts, ledger, parameters = row
    texts = all(isinstance(text, str) for text in (arm, problem, reason, ledger, parameters))
    whole = all(isinstance(number, int) for number in (seed, right, attempts))
    if not texts or not whole or status not in STATUSES or not (answer is None or isinstance(answer, str)):
        raise ValueError("a result holds values of other kinds")
    known = parse_json(parameters)
    if not isinstance(known, dict) or not all(isinstance(count, int) for count in known.values()):
        raise ValueError("a result holds other parameters than counts by role")
    return Result(names[arm], problem, seed, status, reason, answer, bool(right), read_ledger(ledger), known, attempts)


def read_ledger(text: str) -> Ledger:
    """Return the ledger of a result. Raises ValueError unless it holds amounts for every role, and for actions."""
    data = parse_json(text)
    actions = data.pop(ACTIONS, {}) if isinstance(data, dict) else None
    if not isinstance(actions, dict) or not set(ROLES) <= set(data):
        raise ValueError("a result holds another ledger than amounts by role")
    accounts = [*data.values(), *actions.values()]
    for account in accounts:
        if not isinstance(account, dict) or not set(account) <= FIGURES or not all(map(is_amount, account.values())):
            raise ValueError("a result holds another ledger than amounts by role")
    return Ledger.from_dict({**data, ACTIONS: actions})


def is_amount(value: Any) -> bool:
    """Return True for a number from 0 to ``LARGEST``."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < LARGEST


def pack_tree(tree: Tree) -> bytes:
    """Pack a tree and its events for the store: zlib-compressed JSON."""
    data = {**to_dict(tree), "events": events_to_list(tree.events)}
    return zlib.compress(json.dumps(data, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def unpack_tree(packed: bytes) -> Tree:
    """Return the tree that ``pack_tree`` packed. Raises zlib.error or ValueError if it is damaged."""
    unpacking = zlib.decompressobj()
    data = unpacking.decompress(packed, LONGEST_TREE)
    if not unpacking.eof:
        raise ValueError(f"it is cut off, or longer than {LONGEST_TREE // MEBIBYTE} MiB")
    return from_dict(parse_json(data))


def checksum_of(row: Iterable[Any]) -> int:
    """Return the CRC-32 of a row's values. Raises ValueError for a value that JSON does not have."""
    try:
        return zlib.crc32(json.dumps(list(row)).encode())
    except TypeError as error:
        raise ValueError("a row holds bytes") from error


def write_result(connection: sqlite3.Connection, arm: str, result: Result, tree: bytes | None) -> None:
    """Write a result and its packed tree inside a transaction; a result of an earlier status is replaced.

    Args:
        connection: Connection to the store.
        arm: Key of the result's arm.
        result: Result; ignored if there is one of its status or a later one.
        tree: Its packed tree, if it has one.
    """
    key = (arm, result.problem, result.seed)
    row = [*key, result.status, result.reason, result.answer, int(result.right), result.attempts]
    row += [json.dumps(result.ledger.with_actions()), json.dumps(result.parameters)]
    for lower in STATUSES[: STATUSES.index(result.status)]:
        forget = "DELETE FROM results WHERE arm=? AND problem=? AND seed=? AND status=?"
        connection.execute(forget, (*key, lower))
    marks = ", ".join("?" * (len(row) + 1))
    statement = f"INSERT OR IGNORE INTO results ({COLUMNS}, checksum) VALUES ({marks})"
    new = connection.execute(statement, (*row, checksum_of(row))).rowcount
    if new and tree is not None:
        connection.execute("INSERT OR REPLACE INTO trees VALUES (?, ?, ?, ?)", (*key, tree))
