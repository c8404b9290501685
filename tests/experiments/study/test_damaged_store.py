"""Errors of damaged, foreign and unwritable stores name the problem and the remedy."""

import re
import sqlite3

import pytest

from hintree.errors import UsageError
from hintree.experiments.study.merge import merge
from hintree.experiments.study.store import FILE, Store
from hintree.experiments.study.store_file import SCHEMA
from tests.support.kills import filled, harm_often
from tests.support.stores import cases, result, study


@pytest.fixture
def written(tmp_path):
    """A folder with a store of 2 arms, 30 problems and 2 seeds, and its rows."""
    return tmp_path / "run", filled(tmp_path / "run")


def test_a_missing_a_foreign_an_older_and_a_newer_store_are_refused_with_what_to_do(tmp_path, written):
    folder, _ = written
    with pytest.raises(UsageError, match="hintree run"):
        Store.open(tmp_path / "nowhere")
    (tmp_path / FILE).write_text("this is no database at all, but quite a long text" * 100)
    with pytest.raises(UsageError, match="damaged"):
        Store.open(tmp_path)
    for version, words in ((SCHEMA + 1, "newer hintree.*update"), (0, "older hintree.*another --out")):
        with sqlite3.connect(folder / FILE) as connection:
            connection.execute(f"PRAGMA user_version={version}")
        connection.close()
        with pytest.raises(UsageError, match=words):
            Store.open(folder)


def test_a_folder_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        Store.create(tmp_path / "file" / "run", study(), cases(["p"]))


def test_on_a_full_disk_what_was_acknowledged_is_kept(written):
    folder, rows = written
    with Store.open(folder, write=True) as store:
        connection = store._connection
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages}")  # SQLite's own limit gives SQLite's own error
        big = (result("b", rows[0].problem, 99), bytes(10**6))
        with pytest.raises(UsageError, match=r"disk is full.*--resume"):
            store.add([big])
    with Store.open(folder) as store:
        assert set(store.keys()) == {(r.arm, r.problem, r.seed) for r in rows}


def good_of(folder, out):
    """The results that ``merge`` can save from a damaged store, which no reader takes for a sound one."""
    try:
        merge([folder], out)
    except UsageError as error:
        assert re.search("nothing can be saved|schema|damaged", str(error))
        return []
    with Store.open(out) as store:
        return list(store.results())


def test_of_a_truncated_store_the_good_rows_are_saved(tmp_path, written):
    folder, rows = written
    whole = (folder / FILE).read_bytes()
    saved = []
    for part in (0.95, 0.7, 0.4):
        (folder / FILE).write_bytes(whole[: int(part * len(whole))])
        with pytest.raises(UsageError, match=r"damaged.*hintree merge"):
            Store.open(folder)
        good = good_of(folder, tmp_path / str(part))
        assert all(row in rows for row in good)
        saved.append(len(good))
    assert saved[0] > 0 and saved == sorted(saved, reverse=True)


def test_a_flipped_bit_is_never_taken_for_a_result(tmp_path):
    assert harm_often(tmp_path, 20, 0) > 5


@pytest.mark.slow
def test_500_flipped_bits(tmp_path):
    assert sum(harm_often(tmp_path / str(seed), 100, seed) for seed in range(5)) > 150
