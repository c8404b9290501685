"""A report says what it lacks before it reads the trees."""

import sys

import pytest

from hintree.cli import main
from hintree.data import read_cases
from hintree.errors import UsageError
from hintree.experiments.report.write import make, say_missing
from hintree.experiments.study.store import Store
from tests.support.report_study import ARMS, failed, stored, study


def test_missing_and_failed_attempts_are_named_first(tmp_path, caplog):
    source = "lab:test?n=3&steps=2&seed=6"
    cases = read_cases(source)
    with Store.create(tmp_path, study(ARMS, source, (0, 1)), stored(cases), versions={}) as store:
        store.add([failed("beam", case, 0) for case in cases[:2]])
        say_missing(store)
    wanted = len(ARMS) * 3 * 2
    assert [record.message for record in caplog.records] == [
        f"of {wanted} attempts {wanted - 2} are not made, 2 are failed; the report is on the others"
    ]


def test_a_lack_of_matplotlib_is_told_before_the_store_is_opened(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(UsageError, match="need matplotlib: pip install"):
        make(tmp_path / "no study")
    assert main(["report", str(tmp_path)]) == 2
    assert "need matplotlib" in capsys.readouterr().err
