"""Half a minute of ``make chaos``: the disturbed studies end with the table of an undisturbed one."""

import pytest

from tests.support.chaos import run


@pytest.mark.slow
def test_half_a_minute_of_chaos_changes_nothing():
    report = run(seconds=30, seed=0, problems=4)
    assert report["equal"] and report["studies"] >= 1 and sum(report["events"].values()) > 3, report
