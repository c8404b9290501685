"""Convert rows of a store: results with checksums, and packed trees."""

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from hintree.search.core.ledger import Ledger
from hintree.search.core.serialization import from_dict, to_dict
from hintree.search.core.tree import Tree

STATUSES = ("failed", "ungraded", "done")
"""States of a result; a later one in this order replaces an earlier one."""
COLUMNS = "arm, problem, seed, status, reason, answer, right, attempts, ledger, parameters"


class Result(NamedTuple):
    """Result of one arm on one problem with one seed.

    arm: Name of the arm.
    problem: Key of the problem.
    status: "done", "ungraded" (solved, but its answer has no verdict) or "failed".
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
    """Convert a row of the table to a result, with the arm's name."""
    arm, problem, seed, status, reason, answer, right, attempts, ledger, parameters = row
    booked = Ledger.from_dict(json.loads(ledger))
    known = json.loads(parameters)
    return Result(names[arm], problem, seed, status, reason, answer, bool(right), booked, known, attempts)


def pack_tree(tree: Tree) -> bytes:
    """Pack a tree for the store: zlib-compressed JSON."""
    return zlib.compress(json.dumps(to_dict(tree), ensure_ascii=False).encode("utf-8", "surrogatepass"))


def unpack_tree(packed: bytes) -> Tree:
    """Return the tree that ``pack_tree`` packed. Raises zlib.error or ValueError if it is damaged."""
    return from_dict(json.loads(zlib.decompress(packed)))


def checksum_of(row: Iterable[Any]) -> int:
    """Return the CRC-32 of a row's values."""
    return zlib.crc32(json.dumps(list(row)).encode())
