"""The store keeps what it has acknowledged, and says clearly what is wrong with a file."""

import csv
import io
import random
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from hintree.errors import UsageError
from hintree.experiments.study.merge import merge
from hintree.experiments.study.result_table import as_csv, cell
from hintree.experiments.study.store import FILE, Result, Store, StoredCase
from hintree.experiments.study.store_rows import pack_tree
from hintree.experiments.study.store_study import key_of
from hintree.search import Ledger, Problem, Tree, Usage, to_dict
from tests.support.scripted import written

ROOT = Path(__file__).parents[2]
ODD = [
    "../x",
    "../../etc/passwd",
    "/absolute",
    "a\0b",
    "x" * 300,
    "😀",
    "case",
    "CASE",
    "",
    "=1+1",
    "CON",
    "a\nb",
    "\u202e",
]


def study(arms=("b", "a")):
    return {"name": "s", "baseline": "b", "problems": "p.jsonl", "seeds": [0, 1], "arms": {a: {"of": a} for a in arms}}


def cases(names):
    return [StoredCase(name, f"question {i}", "7", None, i) for i, name in enumerate(names)]


def grown(name, seed=0):
    tree = Tree(Problem(f"about {name}", name), seed)
    first = tree.add(tree.root, written("one"), "reasoner")
    tree.add(first, written("x=7"), "reasoner")
    return tree


def result(arm, key, seed=0, status="done", answer="7"):
    ledger = Ledger()
    ledger["reasoner"].add(Usage(2, 30, 20, 9), 10, 0.25)
    return Result(arm, key, seed, status, "complete", answer, answer == "7", ledger, {"reasoner": 10}, 1)


@pytest.fixture
def filled(tmp_path):
    """A folder with a store of 2 arms, 30 problems and 2 seeds, and its rows."""
    asked = cases([f"p{i}" for i in range(30)])
    keys = [key_of(case.id, case.question) for case in asked]
    rows = [(result(arm, key, seed), pack_tree(grown(key, seed))) for arm in "ab" for key in keys for seed in (0, 1)]
    with Store.create(tmp_path / "run", study(), asked, versions={}, hardware={}) as store:
        store.add(rows)
    return tmp_path / "run", [row for row, _ in rows]


def test_what_is_written_is_read_in_the_studys_order_whatever_the_order_of_writing(tmp_path):
    asked = cases(["p", "q"])
    p, q = (key_of(case.id, case.question) for case in asked)
    wanted = [result(arm, key, seed) for arm in ("b", "a") for key in (p, q) for seed in (0, 1)]
    tables = set()
    for i in range(3):
        mixed = random.Random(i).sample(wanted, len(wanted))
        with Store.create(tmp_path / str(i), study(), asked, versions={"hintree": "1"}) as store:
            for row in mixed:
                store.add([(row, pack_tree(grown(row.problem, row.seed)))])
        with Store.open(tmp_path / str(i)) as store:
            assert list(store.results()) == wanted
            assert to_dict(store.tree("a", q, 1)) == to_dict(grown(q, 1))
            assert (list(store.arms()), list(store.problems().values())) == (["b", "a"], asked)
            assert (store.study, store.meta("versions")) == (study(), {"hintree": "1"})
            tables.add(as_csv(store))
    assert len(tables) == 1


def test_a_result_is_there_once_and_done_beats_failed(tmp_path):
    asked = cases(["p"])
    key = key_of("p", "question 0")
    with Store.create(tmp_path, study(), asked) as store:
        store.add([(result("a", key, status="failed", answer=None), None)])
        store.add([(result("a", key), pack_tree(grown("first")))])
        store.add([(result("a", key, answer="9"), pack_tree(grown("second")))])
        store.add([(result("a", key, status="failed", answer=None), None)])
        assert [(r.status, r.answer) for r in store.results()] == [("done", "7")]
        assert store.tree("a", key, 0).problem.id == "first"
        with pytest.raises(UsageError, match="no tree"):
            store.tree("b", key, 0)
        store.add([(result("b", key, status="failed", answer=None), None)])
        store.forget_failed()
        assert store.keys() == {("a", key, 0): "done"}


def test_results_of_which_one_cannot_be_written_are_not_written_at_all(tmp_path):
    key = key_of("p", "question 0")
    with Store.create(tmp_path, study(), cases(["p"])) as store:
        with pytest.raises(KeyError):
            store.add([(result("a", key), None), (result("nobody", key), None)])
        assert not store.keys()


def test_a_store_is_not_made_twice_and_not_mixed_with_another_study(tmp_path):
    Store.create(tmp_path, study(), cases(["p"])).close()
    with pytest.raises(UsageError, match="--resume"):
        Store.create(tmp_path, study(), cases(["p"]))
    Store.create(tmp_path, study(), cases(["p"]), exist_ok=True).close()
    other = study()
    other["arms"]["a"]["of"] = "c"
    with pytest.raises(UsageError, match=r"arms\.a\.of is 'a' there and 'c' here"):
        Store.create(tmp_path, other, cases(["p"]), exist_ok=True)
    with pytest.raises(UsageError, match="problems that are there and not here: 1"):
        Store.create(tmp_path, study(), cases(["q"]), exist_ok=True)
    with pytest.raises(UsageError, match="seed 1 is there"):
        Store.create(tmp_path, study() | {"seeds": [0, 2]}, cases(["p"]), exist_ok=True)
    with pytest.raises(UsageError, match=r"arms\.a\.of is 'a' there and None here"):
        Store.create(tmp_path, study(("b", "c")), cases(["p"]), exist_ok=True)
    with Store.open(tmp_path) as store:
        assert store.study == study() and [case.id for case in store.problems().values()] == ["p"]


def test_a_study_may_grow(tmp_path):
    few, many = cases(["p0", "p1"]), cases(["p0", "p1", "p2"])
    keys = [key_of(case.id, case.question) for case in many]
    with Store.create(tmp_path, study(), few) as store:
        store.add([(result("a", key), pack_tree(grown(key))) for key in keys[:2]])
        there = store.keys()
    larger = study(("c", "b", "a")) | {"seeds": [0, 1, 2], "baseline": "c", "problems": "all.jsonl"}
    with Store.create(tmp_path, larger, [many[2], *few], exist_ok=True) as store:
        assert store.study == larger and list(store.arms()) == ["c", "b", "a"] and store.keys() == there
        assert [case.id for case in store.problems().values()] == ["p2", "p0", "p1"]
        store.add([(result("c", keys[2], seed=2), pack_tree(grown(keys[2])))])
    with Store.open(tmp_path) as store:
        assert len(store.keys()) == 3 and store.tree("a", keys[1], 0).problem.id == keys[1]
    with pytest.raises(UsageError, match=r"arms\.c"):
        Store.create(tmp_path, study(), few, exist_ok=True)


def test_odd_ids_stay_inside_the_folder_and_come_back_as_they_were(tmp_path):
    folder = tmp_path / "deep" / "run"
    keys = [key_of(case.id, case.question) for case in cases(ODD)]
    with Store.create(folder, study(), cases(ODD)) as store:
        store.add([(result("a", key), pack_tree(grown(name))) for key, name in zip(keys, ODD, strict=True)])
        assert [case.id for case in store.problems().values()] == ODD
        assert [store.tree("a", key, 0).problem.id for key in keys] == ODD
        assert [row["problem"].lstrip("'") for row in csv.DictReader(io.StringIO(as_csv(store)))] == ODD
    assert {path.name for path in folder.iterdir()} == {FILE}
    assert [path.name for path in tmp_path.rglob("*")] == ["deep", "run", FILE]


@pytest.mark.parametrize("text", ["=1+1", "+1+1", "-1+cmd", "@SUM(A1)", "\t=1", "\r=1", "  =1", "-²"])
def test_no_cell_starts_a_formula(text):
    assert str(cell(text)).startswith("'")


@pytest.mark.parametrize("value", [-3, "-3", "-3.5", 0.1, "7", "x-1", None, ""])
def test_numbers_and_harmless_texts_stay_as_they_are(value):
    assert cell(value) == value


WRITER = """
import sys
from pathlib import Path
from hintree.experiments.study.store import Store
from hintree.experiments.study.store_rows import pack_tree
from tests.experiments.test_store import cases, grown, result, study
number, asked = int(sys.argv[2]), cases([f"p{i}" for i in range(100)])
with Store.create(Path(sys.argv[1]), study(), asked, exist_ok=True) as store:
    for key in list(store.problems())[number::4]:
        store.add([(result("a", key), pack_tree(grown(key)))])
"""


def test_four_processes_that_make_and_fill_one_store_lose_nothing_and_lock_nobody_out(tmp_path):
    command = [sys.executable, "-c", WRITER, str(tmp_path / "run")]
    writers = [subprocess.Popen([*command, str(i)], cwd=ROOT, stderr=subprocess.PIPE) for i in range(4)]
    for writer in writers:
        _, error = writer.communicate(timeout=100)
        assert writer.returncode == 0, error.decode()
    with Store.open(tmp_path / "run") as store:
        assert len(list(store.results())) == 100
        assert len({store.tree("a", key, 0).problem.id for key in store.problems()}) == 100


def test_a_missing_a_foreign_an_older_and_a_newer_store_are_refused_with_what_to_do(tmp_path, filled):
    folder, _ = filled
    with pytest.raises(UsageError, match="hintree run"):
        Store.open(tmp_path / "nowhere")
    (tmp_path / FILE).write_text("this is no database at all, but quite a long text" * 100)
    with pytest.raises(UsageError, match="damaged"):
        Store.open(tmp_path)
    for version, words in ((2, "newer hintree.*update"), (0, "older hintree.*another --out")):
        with sqlite3.connect(folder / FILE) as connection:
            connection.execute(f"PRAGMA user_version={version}")
        connection.close()
        with pytest.raises(UsageError, match=words):
            Store.open(folder)


def test_a_folder_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        Store.create(tmp_path / "file" / "run", study(), cases(["p"]))


def test_on_a_full_disk_what_was_acknowledged_is_kept(filled):
    folder, rows = filled
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
        assert "nothing can be saved" in str(error) or "schema" in str(error) or "damaged" in str(error)
        return []
    with Store.open(out) as store:
        return list(store.results())


def test_of_a_truncated_store_the_good_rows_are_saved(tmp_path, filled):
    folder, rows = filled
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


def test_a_flipped_bit_is_never_taken_for_a_result(tmp_path, filled):
    folder, rows = filled
    whole = (folder / FILE).read_bytes()
    seen = refused = 0
    for i, place in enumerate(random.Random(0).sample(range(100, len(whole)), 60)):
        (folder / FILE).write_bytes(whole[:place] + bytes([whole[place] ^ 64]) + whole[place + 1 :])
        try:
            with Store.open(folder) as store:
                assert list(store.results()) == rows_in_order(store, rows)
                for row in rows:
                    assert to_dict(store.tree(row.arm, row.problem, row.seed)) == to_dict(grown(row.problem, row.seed))
            seen += 1
        except UsageError as error:
            refused += 1
            assert len(str(error).splitlines()) == 1
            good = good_of(folder, tmp_path / f"saved {i}")
            assert all(row in rows for row in good)
    assert refused > 20, f"{seen} flips harmed nothing, {refused} were found"


def rows_in_order(store, rows):
    arms, problems = list(store.arms()), list(store.problems())
    return sorted(rows, key=lambda r: (arms.index(r.arm), problems.index(r.problem), r.seed))


def test_merging_takes_all_batches_of_a_store(tmp_path, monkeypatch):
    monkeypatch.setattr("hintree.experiments.study.merge.BATCH", 2)
    asked = cases([f"p{i}" for i in range(7)])
    with Store.create(tmp_path / "x", study(), asked, versions={}, hardware={}) as store:
        store.add([(result("a", key_of(case.id, case.question)), None) for case in asked])
    assert "7 of 28 results, 7 of them new" in merge([tmp_path / "x"], tmp_path / "all")


def test_merging_is_idempotent_and_independent_of_order(tmp_path):
    asked = cases([f"p{i}" for i in range(6)])
    keys = [key_of(case.id, case.question) for case in asked]
    for name, part in (("x", keys[:4]), ("y", keys[3:])):
        with Store.create(tmp_path / name, study(), asked, versions={}, hardware={}) as store:
            store.add([(result("a", key), pack_tree(grown(key))) for key in part])
    assert "6 of 24 results, 6 of them new" in merge([tmp_path / "x", tmp_path / "y"], tmp_path / "xy")
    first = (tmp_path / "xy" / "results.csv").read_bytes()
    assert "6 of 24 results, 0 of them new" in merge([tmp_path / "y", tmp_path / "x"], tmp_path / "xy")
    merge([tmp_path / "y", tmp_path / "x", tmp_path / "x"], tmp_path / "yx")
    assert first == (tmp_path / "xy" / "results.csv").read_bytes() == (tmp_path / "yx" / "results.csv").read_bytes()
    with Store.create(tmp_path / "other", study(("a",)) | {"name": "other"}, asked, versions={}, hardware={}):
        pass
    with pytest.raises(UsageError, match="another study"):
        merge([tmp_path / "x", tmp_path / "other"], tmp_path / "z")
