"""A store written before the packages moved is still read, reported and resumed."""

import shutil
from pathlib import Path

import pytest

from hintree.experiments.report.write import make, write
from hintree.experiments.study.store import Store

OLD = Path(__file__).parents[1] / "golden" / "store"


@pytest.fixture
def folder(tmp_path):
    shutil.copy(OLD / "run.sqlite", tmp_path)
    return tmp_path


def test_every_result_and_tree_of_an_old_store_loads(folder):
    with Store.open(folder) as store:
        results = list(store.results())
        assert len(results) == 60
        assert sum(result.right for result in results) == 39
        assert all(len(store.tree(r.arm, r.problem, r.seed)) > 1 for r in results)


def test_an_old_store_gives_the_report_that_it_gave(folder):
    write(make(folder), folder / "report")
    tables = sorted(OLD.glob("*.csv"))
    assert len(tables) == 10
    for table in tables:
        assert (folder / "report" / table.name).read_text() == table.read_text(), table.name
