"""The store keeps what it has acknowledged."""

import csv
import io
import random
import subprocess
import sys
from pathlib import Path

import pytest

from hintree.errors import UsageError
from hintree.experiments.study.result_table import as_csv
from hintree.experiments.study.store import FILE, Store
from hintree.experiments.study.store_rows import pack_tree
from hintree.experiments.study.store_study import key_of
from hintree.search import to_dict
from hintree.view.text import visible
from tests.support.stores import cases, grown, result, study

ROOT = Path(__file__).parents[3]
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


def test_what_is_written_is_read_in_the_studys_order_whatever_the_order_of_writing(tmp_path):
    stored = cases(["p", "q"])
    p, q = (key_of(case.id, case.question) for case in stored)
    wanted = [result(arm, key, seed) for arm in ("b", "a") for key in (p, q) for seed in (0, 1)]
    tables = set()
    for i in range(3):
        mixed = random.Random(i).sample(wanted, len(wanted))
        with Store.create(tmp_path / str(i), study(), stored, versions={"hintree": "1"}) as store:
            for row in mixed:
                store.add([(row, pack_tree(grown(row.problem, row.seed)))])
        with Store.open(tmp_path / str(i)) as store:
            assert list(store.results()) == wanted
            assert to_dict(store.tree("a", q, 1)) == to_dict(grown(q, 1))
            assert (list(store.arms()), list(store.problems().values())) == (["b", "a"], stored)
            assert (store.study, store.meta("versions")) == (study(), {"hintree": "1"})
            tables.add(as_csv(store))
    assert len(tables) == 1


def test_a_result_is_there_once_and_done_beats_failed(tmp_path):
    stored = cases(["p"])
    key = key_of("p", "question 0")
    with Store.create(tmp_path, study(), stored) as store:
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
        assert store.tree("a", keys[1], 0).events == grown(keys[1]).events != []
    with pytest.raises(UsageError, match=r"arms\.c"):
        Store.create(tmp_path, study(), few, exist_ok=True)


def test_odd_ids_stay_inside_the_folder_and_come_back_as_they_were(tmp_path):
    folder = tmp_path / "deep" / "run"
    keys = [key_of(case.id, case.question) for case in cases(ODD)]
    with Store.create(folder, study(), cases(ODD)) as store:
        store.add([(result("a", key), pack_tree(grown(name))) for key, name in zip(keys, ODD, strict=True)])
        assert [case.id for case in store.problems().values()] == ODD
        assert [store.tree("a", key, 0).problem.id for key in keys] == ODD
        table = [row["problem"].lstrip("'") for row in csv.DictReader(io.StringIO(as_csv(store)))]
    assert table == list(map(visible, ODD))
    assert {path.name for path in folder.iterdir()} == {FILE}
    assert [path.name for path in tmp_path.rglob("*")] == ["deep", "run", FILE]


WRITER = """
import sys
from pathlib import Path
from hintree.experiments.study.store import Store
from hintree.experiments.study.store_rows import pack_tree
from tests.support.stores import cases, grown, result, study
number, stored = int(sys.argv[2]), cases([f"p{i}" for i in range(100)])
with Store.create(Path(sys.argv[1]), study(), stored, exist_ok=True) as store:
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
