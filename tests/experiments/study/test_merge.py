import pytest

from hintree.errors import UsageError
from hintree.experiments.study.merge import merge
from hintree.experiments.study.store import Store
from hintree.experiments.study.store_rows import pack_tree
from hintree.experiments.study.store_study import key_of
from tests.support.stores import cases, grown, result, study


def test_merging_takes_all_batches_of_a_store(tmp_path, monkeypatch):
    monkeypatch.setattr("hintree.experiments.study.merge.BATCH", 2)
    stored = cases([f"p{i}" for i in range(7)])
    with Store.create(tmp_path / "x", study(), stored, versions={}, hardware={}) as store:
        store.add([(result("a", key_of(case.id, case.question)), None) for case in stored])
    assert "7 of 28 results, 7 of them new" in merge([tmp_path / "x"], tmp_path / "all")


def test_merging_is_idempotent_and_independent_of_order(tmp_path):
    stored = cases([f"p{i}" for i in range(6)])
    keys = [key_of(case.id, case.question) for case in stored]
    for name, part in (("x", keys[:4]), ("y", keys[3:])):
        with Store.create(tmp_path / name, study(), stored, versions={}, hardware={}) as store:
            store.add([(result("a", key), pack_tree(grown(key))) for key in part])
    assert "6 of 24 results, 6 of them new" in merge([tmp_path / "x", tmp_path / "y"], tmp_path / "xy")
    first = (tmp_path / "xy" / "results.csv").read_bytes()
    assert "6 of 24 results, 0 of them new" in merge([tmp_path / "y", tmp_path / "x"], tmp_path / "xy")
    merge([tmp_path / "y", tmp_path / "x", tmp_path / "x"], tmp_path / "yx")
    assert first == (tmp_path / "xy" / "results.csv").read_bytes() == (tmp_path / "yx" / "results.csv").read_bytes()
    with Store.create(tmp_path / "other", study(("a",)) | {"name": "other"}, stored, versions={}, hardware={}):
        pass
    with pytest.raises(UsageError, match="another study"):
        merge([tmp_path / "x", tmp_path / "other"], tmp_path / "z")
