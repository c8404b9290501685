"""An arm's accuracy and its interval are the same on every screen: run's table, the pages, the report."""

import pytest

from hintree.experiments.report.accuracy import accuracy_table
from hintree.experiments.report.load import load
from hintree.experiments.study.pages import arm_row
from hintree.experiments.study.result_table import summary
from hintree.experiments.study.store import Store
from tests.support.report_study import ARMS, make_study


@pytest.mark.parametrize("seeds", [(0,), (0, 1)])
def test_run_pages_and_report_show_the_same_accuracy_and_interval(tmp_path, seeds):
    make_study(tmp_path, seeds=seeds, arms={name: ARMS[name] for name in ("student", "beam")})
    with Store.open(tmp_path) as store:
        run = list(summary(store).columns[1].cells)
        pages = [arm_row(0, arm, [r for r in store.results() if r.arm == arm])["right"] for arm in store.arms()]
        table = accuracy_table(load(store, trees=False, progress=False))
    place = [column.head for column in table.columns].index("right")
    report = [table.columns[place].show(row[place]).replace(" [", " % [") for row in table.rows]
    assert len(run) == 2
    assert run == pages == report
