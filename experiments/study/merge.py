"""Merge the stores of one study; merging again changes nothing."""

import sqlite3
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from tqdm import tqdm

from hintree.errors import DamagedStoreError, UsageError
from hintree.experiments.study.result_table import write_csv
from hintree.experiments.study.salvage import good_rows, good_verdicts
from hintree.experiments.study.store import FILE, Store
from hintree.experiments.study.store_file import connect, of_another_study
from hintree.experiments.study.store_study import StoredCase, difference

BATCH = 500
"""Results written in one transaction."""


def merge(folders: Sequence[Path], out: Path) -> str:
    """Merge the results of ``folders`` into ``out``, which may exist, and return a summary for the terminal.

    Intact rows of a damaged store are merged. Of two results for the same arm, problem and seed, a done one replaces an
    ungraded one, which replaces a failed one; else the first is kept.

    Raises:
        UsageError: A folder holds no store or one of another study, or no row of it can be read.
    """
    with open_like(folders[0], out) as target:
        before = len(target.keys())
        for folder in folders:
            with open_any(folder) as source:
                check_same(source, target.study, list(target.problems().values()))
                copy(source, target)
        write_csv(target)
        n, cells = len(target.keys()), len(target.arms()) * len(target.problems()) * len(target.study["seeds"])
    rest = "" if n == cells else f"; compute the others with `hintree run STUDY --out {out} --resume`"
    return f"{out} holds {n} of {cells} results, {n - before} of them new{rest}"


def open_like(folder: Path, out: Path) -> Store:
    """Open the store in ``out``; create it for the study of ``folder`` if there is none."""
    with open_any(folder) as first:
        facts = {"versions": first.meta("versions"), "hardware": first.meta("hardware")}
        return Store.create(out, first.study, list(first.problems().values()), exist_ok=True, **facts)


def open_any(folder: Path) -> Store:
    """Open the store in a folder even if results are damaged. Raises UsageError if study or problems are damaged."""
    try:
        return Store.open(folder)
    except DamagedStoreError:
        path = folder / FILE
    try:
        connection = connect(path, "ro")
        connection.execute("PRAGMA writable_schema=ON")  # else SQLite reads nothing of a file that is cut off
        store = Store(path, connection)
        store.check()
    except (UsageError, sqlite3.Error) as error:
        raise DamagedStoreError(
            f"{path} is damaged in its study, arms or problems: nothing can be saved; run it again"
        ) from error
    return store


def copy(source: Store, target: Store) -> None:
    """Copy the good rows of a store, and its verdicts."""
    rows = iter(tqdm(good_rows(source), desc=str(source.path.parent), unit=" results", delay=2))
    while batch := list(islice(rows, BATCH)):
        target.add(batch)
    target.add((), good_verdicts(source))


def check_same(store: Store, study: Mapping[str, Any], cases: Sequence[StoredCase]) -> None:
    """Raise UsageError, naming the first difference, if the store is of another study."""
    if not store.holds(study, cases):
        raise of_another_study(store.path, difference(study, store.study))
